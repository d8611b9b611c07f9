import type { EventEmitter } from "node:events";
import { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

export const HOST = "127.0.0.1";
export const SUPERUSER = "postgres";

/** Bound of every wait for one answer of the server, in milliseconds: a stopped process on the port never answers. */
const ANSWER_TIMEOUT_MS = 10_000;

/** One connection to the server's `postgres` database. Its loss is reported by `lost`, never thrown. */
export interface Session {
  /** Runs one statement and returns its rows. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Settles once the connection is gone, closed by either side. */
  lost: Promise<void>;
  /** Lets the process end although this connection is open. */
  unref(): void;
  /** Ends the connection; idempotent. */
  end(): Promise<void>;
}

/**
 * Connects as the superuser.
 *
 * The session is not in `trans_hub`: an idle session there would block `drop database`, and the advisory locks of
 * keeper and clients, which belong to a database, would mix with those of the application.
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
    ssl: false, // otherwise PGSSLMODE would apply
    connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    stream: () => socket,
  });
  const lost = new Promise<void>((resolve) => client.once("end", resolve));
  client.on("error", () => undefined); // `lost` reports it
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
 * A genuine server proves that it knows the password without receiving it (SCRAM). Another program on the port may ask
 * for the password itself, and pg would send it.
 */
function refuseClearText(client: pg.Client, socket: Socket): void {
  const { connection } = client as unknown as { connection: EventEmitter };
  connection.prependListener("authenticationCleartextPassword", () => {
    socket.destroy(new Error("the server asked for the password in clear text"));
  });
}
