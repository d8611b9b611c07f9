import { resolve } from "node:path";
import { readPassword } from "./endpoint.ts";
import type { Layout } from "./layout.ts";
import { postmasterState } from "./postmaster.ts";
import { openSession, type Session } from "./session.ts";

/** A connection to the server of this data folder, and of no other. */
export interface OwnServer {
  session: Session;
  port: number;
  password: string;
  systemIdentifier: string;
}

/**
 * Connects to the running server of this data folder.
 *
 * The port is the one a living postmaster holds, so nobody else can be behind it; and the server must know our password
 * and run from our folder. A copied folder has password and identifier of its model, whose server may be running.
 *
 * @throws {Error} There is none, or it takes no sessions now. Trying again is the answer.
 */
export async function connectOwnServer(layout: Layout, name: string): Promise<OwnServer> {
  const state = await postmasterState(layout);
  const password = await readPassword(layout);
  if (state.is !== "alive" || state.port === undefined || password === undefined) {
    throw new Error(`no server runs in ${layout.dataDir}`);
  }
  const session = await openSession({ port: state.port, password }, name);
  try {
    const [server] = await session.query<{ system_identifier: string; data_directory: string }>(
      "select system_identifier::text, current_setting('data_directory') as data_directory from pg_control_system()",
    );
    if (server === undefined || resolve(server.data_directory) !== layout.pgData) {
      throw new Error(`the server on port ${state.port} runs from ${server?.data_directory}, not ${layout.pgData}`);
    }
    return { session, port: state.port, password, systemIdentifier: server.system_identifier };
  } catch (error) {
    await session.end();
    throw error;
  }
}
