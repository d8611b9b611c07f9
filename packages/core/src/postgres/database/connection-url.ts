/** The URL of a database whose password may change while the process runs. */
import pg from "pg";

/** The URL, or a function that gives the URL of this moment. It is called for each new connection, and must not throw. */
export type ConnectionUrl = string | (() => string);

/** The URL of this moment. */
export function urlNow(url: ConnectionUrl): string {
  return typeof url === "function" ? url() : url;
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
