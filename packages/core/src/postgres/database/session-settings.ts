/**
 * The settings of a session that change the meaning of our statements, or end the session in the middle of its work.
 *
 * A server, a database or a role may have its own defaults for them. Our connections set what they need, in the one round trip
 * that a new connection makes anyway. A pooler hands its connections to other clients too, so nothing may be set there: such
 * a connection is checked instead, and refused with the names of the settings. docs/operations.md has the table.
 */
import type pg from "pg";
import { DatabaseRefusedError } from "../../contract/errors.ts";

/**
 * Makes the server write dates in the driver's format. PgBouncer keeps this setting, and the next one, for each client,
 * also in transaction mode.
 */
const TRACKED = "set datestyle = iso; set standard_conforming_strings = on";

/**
 * For a connection past any pooler, as one simple query. The path comes first: each statement is bound after the one before it
 * has run, so no function or operator of a stranger stands in for PostgreSQL's.
 *
 * `default_transaction_read_only` is left alone: managed servers switch it on when their disk is full.
 * `session_replication_role` may be set by superusers only.
 */
export const SESSION_SETTINGS = [
  "set search_path = pg_catalog, pg_temp",
  TRACKED,
  "set default_transaction_isolation = 'read committed'",
  "set lock_timeout = 0",
  // A pool, and a listener above all, is idle for as long as nothing happens.
  "set idle_session_timeout = 0",
  // On, an error ends the session, and registering behind a lock is an error that is expected.
  "set exit_on_error = off",
  "set row_security = on",
  // Off, it turns a null in an array that a client sends into the text "NULL".
  "set array_nulls = on",
  "set intervalstyle = postgres",
  "set timezone = 'UTC'",
  "set bytea_output = hex",
  "set extra_float_digits = 1",
  // Other values than "off" are a choice between standbys, and the operator's.
  "select set_config(name, 'on', false) from (values ('synchronous_commit')) as s (name) where current_setting(name) = 'off'",
  // PostgreSQL 17 and later.
  "select set_config(name, '0', false) from (values ('transaction_timeout')) as s (name) where current_setting(name, true) <> '0'",
].join("; ");

/** For a connection that changes the schema or the roles: its statements take as long as the tables are large. */
export const UNLIMITED_SESSION = `${SESSION_SETTINGS}; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0`;

/** The settings of a pooler's connections that must have these values. */
const REQUIRED = {
  default_transaction_isolation: "read committed",
  row_security: "on",
  array_nulls: "on",
  synchronous_commit: "on, local, remote_write or remote_apply",
} as const;

const CHECK = `${TRACKED}; select ${Object.keys(REQUIRED)
  .map((name) => `pg_catalog.current_setting('${name}') as ${name}`)
  .join(", ")}, current_user as role`;

/**
 * Checks a new connection behind a pooler.
 *
 * @throws {DatabaseRefusedError} It names each setting that has a value under which work would be lost.
 */
export async function checkPooledSession(client: pg.ClientBase): Promise<void> {
  // One simple query of several statements, which the driver's types do not know.
  const results = (await client.query(CHECK)) as unknown as pg.QueryResult<Record<string, string>>[];
  const found = results.at(-1)?.rows[0] ?? {};
  const wrong = Object.entries(REQUIRED).filter(
    ([name, needed]) => !needed.split(/, | or /).includes(found[name] ?? ""),
  );
  if (wrong.length === 0) return;
  const facts = wrong.map(([name, needed]) => `${name} is ${found[name]} instead of ${needed}`).join("; ");
  throw new DatabaseRefusedError(`The database refused: behind the pooler, ${facts}`, {
    hint: `A pooler's connections keep the settings of the role: alter role ${found.role} reset ${wrong[0]?.[0]} (and alter database … reset …), then RECONNECT in the pooler.`,
  });
}
