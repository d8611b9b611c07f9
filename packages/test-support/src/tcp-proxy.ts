/** A wire between a client and PostgreSQL that a test can cut: for the server, what is behind it is gone. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  /** The given URL, by way of the proxy. */
  readonly url: string;
  /** Drops every connection, and refuses new ones until `mend`. */
  cut(): void;
  /** Lets nothing through any more, either way, and tells nobody: old connections and new ones, until `mend`. */
  hang(): void;
  /** For new connections; those that were cut or hang stay so. */
  mend(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(databaseUrl: string): Promise<TcpProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isCut = false;
  let isHanging = false;
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    if (isHanging) {
      sockets.add(client);
      client.on("error", () => undefined).on("close", () => sockets.delete(client));
      return;
    }
    const upstream = connect(Number(target.port || 5432), target.hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut() {
      isCut = true;
      drop();
    },
    hang() {
      isHanging = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    mend() {
      isCut = false;
      isHanging = false;
    },
    async close() {
      drop();
      server.close();
      await once(server, "close");
    },
  };
}
