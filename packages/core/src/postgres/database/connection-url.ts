/** The URL of a database whose password may change while the process runs. */
import pg from "pg";
import { SettingsError } from "../../contract/errors.ts";
import { optionKinds } from "../../rules/options.ts";

/**
 * The URL, or a function that gives the URL of this moment. It is called for each new connection, and must not throw. What it
 * gives is checked then: no connection is made with anything but a PostgreSQL URL.
 */
export type ConnectionUrl = string | (() => string);

/**
 * The URL of this moment.
 *
 * @throws {SettingsError} The function gave something else.
 */
export function urlNow(url: ConnectionUrl): string {
  if (typeof url === "string") return url;
  const given: unknown = url();
  const [problem] = optionKinds.postgresUrl(given, "databaseUrl");
  if (problem !== undefined) {
    throw new SettingsError([problem], { hint: "The function that gives the database's URL gave another value." });
  }
  return given as string;
}

/** The options of a pool whose connections each ask for the URL when they are made. */
export function connectTo(url: ConnectionUrl): Pick<pg.PoolConfig, "connectionString" | "Client"> {
  if (typeof url === "string") return { connectionString: url };
  // Not the driver's function for the password alone: a rotation may also replace the user or the host.
  class Client extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      super({ ...config, connectionString: urlNow(url) });
    }
  }
  return { Client };
}
