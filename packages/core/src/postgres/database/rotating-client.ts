/**
 * Connections that each ask for the URL when they are made. Apart from the type of the URL, which the published types name:
 * those must not need the driver's.
 */
import type pg from "pg";
import { type ConnectionUrl, urlNow } from "./connection-url.ts";
import { driver } from "./driver.ts";

/** The options of a pool whose connections each ask for the URL when they are made. */
export function connectTo(url: ConnectionUrl): Pick<pg.PoolConfig, "connectionString" | "Client"> {
  if (typeof url === "string") return { connectionString: url };
  // Not the driver's function for the password alone: a rotation may also replace the user or the host.
  class Client extends driver().Client {
    constructor(config?: pg.ClientConfig) {
      super({ ...config, connectionString: urlNow(url) });
    }
  }
  return { Client };
}
