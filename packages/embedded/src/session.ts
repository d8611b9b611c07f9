import type { EventEmitter } from "node:events";
import { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

export const HOST = "127.0.0.1";
export const SUPERUSER = "postgres";

/** What every wait for one answer of the server is bounded by: a stopped process on the port never answers. */
const ANSWER_TIMEOUT_MS = 10_000;

/** One connection to the server's `postgres` database. Its loss is told, never thrown. */
export interface Session {
  /** Runs one statement and returns its rows. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Settles once the connection is gone, from whichever side. */
  lost: Promise<void>;
  /** Lets the process end although this connection is open. */
  unref(): void;
  /** Ends the connection; idempotent. */
  end(): Promise<void>;
}

/**
 * Connects as the superuser.
 *
 * Not to `trans_hub`: an idle session there would be in the way of `drop database`, and the advisory locks of keeper
 * and clients, which belong to a database, among those of the application.
 */
export async function openSession(address: { port: number; password: string }, name: string): Promise<Session> {
  const socket = new Socket();
  const client = new pg.Client({
    host: HOST,
    port: address.port,
    user: SUPERUSER,
    password: address.password,
    database: "postgres",
    application_name: name,
    ssl: false, // else PGSSLMODE is heard
    connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    stream: () => socket,
  });
  const lost = new Promise<void>((resolve) => client.once("end", resolve));
  client.on("error", () => undefined); // `lost` tells it
  refuseClearText(client, socket);
  try {
    await client.connect();
  } catch (error) {
    socket.destroy();
    throw error;
  }
  let ending: Promise<void> | undefined;
  return {
    query: async (text, values) => (await client.query(text, values)).rows,
    lost,
    unref: () => socket.unref(),
    end: () => {
      socket.ref(); // an unreferenced socket would let the process end in the middle of this
      ending ??= Promise.race([client.end(), delay(1_000, undefined, { ref: false })]).then(() => {
        socket.destroy();
      });
      return ending;
    },
  };
}

/**
 * Our server proves that it knows the password without being told it (SCRAM). Whoever else sits on the port may ask for
 * the password itself, and pg would hand it over.
 */
function refuseClearText(client: pg.Client, socket: Socket): void {
  const { connection } = client as unknown as { connection: EventEmitter };
  connection.prependListener("authenticationCleartextPassword", () => {
    socket.destroy(new Error("the server asked for the password in clear text"));
  });
}
