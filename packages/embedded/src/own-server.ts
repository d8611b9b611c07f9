import { resolve } from "node:path";
import { readPassword } from "./endpoint.ts";
import type { Layout } from "./layout.ts";
import { postmasterState } from "./postmaster.ts";
import { openSession, type Session } from "./session.ts";

/** A connection to this data folder's own server, and to no other. */
export interface OwnServer {
  session: Session;
  port: number;
  password: string;
  systemIdentifier: string;
}

/**
 * Connects to the running server of this data folder.
 *
 * The port is held by a living postmaster of this folder, so no other program can listen there; and the server must
 * know the password and run from this folder. A copied folder has its original's password and identifier, and the
 * original's server may be running.
 *
 * @throws {Error} There is no server, or it accepts no sessions at the moment. The caller should try again.
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
