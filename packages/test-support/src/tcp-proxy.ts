/** A proxy between a client and PostgreSQL that a test can cut: for the server, the client is then gone. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  /** The given URL, routed through the proxy. */
  readonly url: string;
  /** Drops every connection, and refuses new ones until `mend`. */
  cut(): void;
  /** Stops all traffic in both directions without closing anything, for old and new connections, until `mend`. */
  hang(): void;
  /** Restores new connections; cut or hanging ones stay so. */
  mend(): void;
  /** Routes new connections to another server. */
  pointAt(databaseUrl: string): void;
  close(): Promise<void>;
}

export async function startTcpProxy(databaseUrl: string): Promise<TcpProxy> {
  let target = new URL(databaseUrl);
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
    pointAt(other) {
      target = new URL(other);
    },
    async close() {
      drop();
      server.close();
      await once(server, "close");
    },
  };
}
