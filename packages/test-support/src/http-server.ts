/** A local HTTP server that speaks the protocol it is given, records its requests, and misbehaves on demand. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { GoodAnswer, HttpFault } from "./http-faults.ts";

export interface HttpRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** The answer to a request: a status and a body, which is sent as JSON. */
export type Protocol = (request: HttpRequest) => { status?: number; body: unknown };

export interface HttpServer {
  url: string;
  requests: HttpRequest[];
  /** Requests that wait for their answer. */
  readonly waiting: number;
  /** Strikes each further request whose path begins so. */
  misbehave(fault: HttpFault["respond"], path?: string): void;
  behave(): void;
  /** Never answers further requests whose path begins so; resolves when one has arrived. */
  hang(path?: string): Promise<void>;
  close(): Promise<void>;
}

export async function startHttpServer(protocol: Protocol): Promise<HttpServer> {
  const requests: HttpRequest[] = [];
  let fault: { respond: HttpFault["respond"]; path: string } | undefined;
  let waiting = 0;

  const server = createServer(async (incoming, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = "", url: path = "", headers } = incoming;
    const request = { method, path, headers, body: Buffer.concat(chunks).toString("utf8") };
    requests.push(request);
    waiting += 1;
    response.once("close", () => {
      waiting -= 1;
    });
    const { status = 200, body } = protocol(request);
    const good: GoodAnswer = {
      status,
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify(body),
    };
    if (fault !== undefined && path.startsWith(fault.path)) fault.respond(response, good);
    else response.writeHead(good.status, good.headers).end(good.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get waiting() {
      return waiting;
    },
    misbehave(respond, path = "/") {
      fault = { respond, path };
    },
    behave() {
      fault = undefined;
    },
    hang(path = "/") {
      const { promise, resolve } = Promise.withResolvers<void>();
      fault = { path, respond: () => resolve() };
      return promise;
    },
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
