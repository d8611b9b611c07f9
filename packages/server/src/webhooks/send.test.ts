import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasOpenssl, makeAuthority } from "@trans-hub/test-support/tls";
import { afterEach, expect, test } from "vitest";
import { type Lookup, WebhookGuard } from "./guard.ts";
import { Sender } from "./send.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const LOCAL = { allow: ["127.0.0.1"] };
const never = new AbortController().signal;

function sender(guard = new WebhookGuard(LOCAL), options: { timeoutMs?: number; signal?: AbortSignal } = {}): Sender {
  const made = new Sender({ guard, signal: never, ...options });
  ends.push(() => made.close());
  return made;
}

async function listening(
  server: Server | ReturnType<typeof createTcpServer>,
  host = "127.0.0.1",
  port = 0,
): Promise<number> {
  server.listen(port, host);
  await once(server, "listening");
  ends.push(() => {
    server.close();
    if ("closeAllConnections" in server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** A receiver that answers by a function, and the requests that it got. */
async function receiver(listener: RequestListener, host?: string, port?: number) {
  const requests: { message: IncomingMessage; body: string }[] = [];
  const server = createServer(async (message, response) => {
    let body = "";
    for await (const chunk of message) body += chunk;
    requests.push({ message, body });
    listener(message, response);
  });
  const bound = await listening(server, host, port);
  return { server, requests, port: bound, url: `http://127.0.0.1:${bound}/hook` };
}

const message = (url: string) => ({
  url,
  headers: { "webhook-id": "evt_1_1", "content-type": "application/json" },
  body: '{"é":1}',
});

test("a message arrives as it is, and the connection serves the next one", async () => {
  const { url, requests, server } = await receiver((_request, response) => response.writeHead(204).end());
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  const to = sender();
  expect(await to.send(message(url))).toEqual({ status: 204 });
  expect(await to.send(message(url))).toEqual({ status: 204 });
  expect(connections).toBe(1);
  expect(requests.map(({ body }) => body)).toEqual(['{"é":1}', '{"é":1}']);
  expect(requests[0]?.message).toMatchObject({ method: "POST", url: "/hook", headers: { "webhook-id": "evt_1_1" } });
});

test.each([
  [200, {}, { status: 200 }],
  [299, {}, { status: 299 }],
  [301, { location: "/other" }, { status: 301, problem: "status" }],
  [400, {}, { status: 400, problem: "status" }],
  [410, {}, { status: 410, problem: "status" }],
  [429, { "retry-after": "7" }, { status: 429, problem: "status", retryAfterMs: 7_000 }],
  [503, { "retry-after": "100000000" }, { status: 503, problem: "status", retryAfterMs: 86_400_000 }],
  [503, { "retry-after": "soon" }, { status: 503, problem: "status" }],
  [503, { "retry-after": "-5" }, { status: 503, problem: "status" }],
  [503, { "retry-after": "Mon, 01 Jan 2024 00:00:00 GMT" }, { status: 503, problem: "status" }],
])("an answer %i with %j is judged by its status alone", async (status, headers, attempt) => {
  const { url, requests } = await receiver((_request, response) => response.writeHead(status, headers).end("inside"));
  expect(await sender().send(message(url))).toEqual(attempt);
  expect(requests).toHaveLength(1);
});

test("an answer whose body has no end costs neither memory nor the next message", async () => {
  let sent = 0;
  const { url } = await receiver((_request, response) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384))) sent += 16_384;
    };
    response.on("drain", more);
    more();
  });
  const to = sender();
  expect(await to.send(message(url))).toEqual({ status: 200 });
  expect(await to.send(message(url))).toEqual({ status: 200 });
  expect(sent).toBeLessThan(30_000_000);
});

test("an answer whose body stops in the middle holds up the next message for a second", async () => {
  const { url } = await receiver((_request, response) =>
    response.writeHead(200, { "content-length": "10" }).write("half"),
  );
  const to = sender();
  const startedAt = performance.now();
  expect(await to.send(message(url))).toEqual({ status: 200 });
  expect(await to.send(message(url))).toEqual({ status: 200 });
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test.each<[string, (socket: Socket) => void]>([
  ["connection", (socket) => socket.resetAndDestroy()],
  ["connection", (socket) => socket.end("220 mail.example ESMTP\r\n")],
  ["connection", (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n\r\n`)],
  [
    "connection",
    (socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
  ],
  ["timeout", () => undefined],
])("a receiver without an answer of HTTP is a problem: %s", async (problem, act) => {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => act(socket));
    ends.push(() => socket.destroy());
  });
  const port = await listening(server);
  const to = sender(new WebhookGuard(LOCAL), { timeoutMs: problem === "timeout" ? 200 : 10_000 });
  expect(await to.send(message(`http://127.0.0.1:${port}/`))).toEqual({ status: null, problem });
});

test("nobody listens, a name that is none, and a name server without an answer are problems", async () => {
  const server = createTcpServer();
  const port = await listening(server);
  server.close();
  await once(server, "close");
  expect(await sender().send(message(`http://127.0.0.1:${port}/`))).toEqual({ status: null, problem: "connection" });
  const unknown: Lookup = async () => {
    throw Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
  };
  const nameless = sender(new WebhookGuard({ lookup: unknown }));
  expect(await nameless.send(message("https://example.com/"))).toEqual({ status: null, problem: "name" });
  const silent = sender(new WebhookGuard({ lookup: () => new Promise(() => undefined) }), { timeoutMs: 100 });
  expect(await silent.send(message("https://example.com/"))).toEqual({ status: null, problem: "timeout" });
});

test("a name that resolves to another address with each question reaches no address that was not checked", async () => {
  const good = await receiver((_request, response) => response.writeHead(200).end());
  const trap = await receiver((_request, response) => response.writeHead(200).end(), "127.0.0.3", good.port);
  let questions = 0;
  const lookup: Lookup = async () => {
    questions += 1;
    return [{ address: questions % 2 === 1 ? "127.0.0.1" : "127.0.0.3", family: 4 }];
  };
  const guard = new WebhookGuard({ ...LOCAL, lookup });
  const attempts: unknown[] = [];
  for (let at = 0; at < 10; at += 1) {
    // A connection of its own each time, so that each asks for the address.
    attempts.push(await sender(guard).send(message(`http://rebind.example:${good.port}/`)));
  }
  const alternating = Array.from({ length: 10 }, (_, at) =>
    at % 2 === 0 ? { status: 200 } : { status: null, problem: "url" },
  );
  expect(attempts).toEqual(alternating);
  expect(questions).toBe(10);
  expect(good.requests).toHaveLength(5);
  expect(trap.requests).toHaveLength(0);
  expect(good.requests[0]?.message.headers.host).toBe(`rebind.example:${good.port}`);
});

test("a redirect to an inner address is not followed", async () => {
  const trap = await receiver((_request, response) => response.writeHead(200).end(), "127.0.0.3");
  const location = `http://127.0.0.3:${trap.port}/`;
  for (const status of [301, 302, 303, 307, 308]) {
    const { url } = await receiver((_request, response) => response.writeHead(status, { location }).end());
    expect(await sender().send(message(url))).toEqual({ status, problem: "status" });
  }
  expect(trap.requests).toHaveLength(0);
});

test("no proxy of the environment is used", async () => {
  const proxy = await receiver((_request, response) => response.writeHead(200).end());
  const before = { ...process.env };
  Object.assign(process.env, {
    NODE_USE_ENV_PROXY: "1",
    HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
    http_proxy: proxy.url,
  });
  try {
    const { url, requests } = await receiver((_request, response) => response.writeHead(202).end());
    expect(await sender().send(message(url))).toEqual({ status: 202 });
    expect(requests[0]?.message.url).toBe("/hook");
    expect(proxy.requests).toHaveLength(0);
  } finally {
    process.env = before;
  }
});

test("a sender that stops gives its reason at once", async () => {
  const { url, requests } = await receiver(() => undefined);
  const stop = new AbortController();
  const sending = sender(new WebhookGuard(LOCAL), { signal: stop.signal }).send(message(url));
  await expect.poll(() => requests.length).toBe(1);
  stop.abort(new Error("stopping"));
  await expect(sending).rejects.toThrow("stopping");
});

test.skipIf(!hasOpenssl())(
  "a certificate that nobody vouches for is refused, and asked for by the name of the URL",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "trans-hub-hook-"));
    ends.push(() => rm(folder, { recursive: true }));
    const { certificate, key } = makeAuthority(folder, "nobody").issue("hooks.example");
    const names: string[] = [];
    const requests: unknown[] = [];
    const server = createTlsServer(
      {
        cert: readFileSync(certificate),
        key: readFileSync(key),
        SNICallback: (name, done) => {
          names.push(name);
          done(null);
        },
      },
      (request) => requests.push(request),
    );
    const port = await listening(server);
    const guard = new WebhookGuard({ ...LOCAL, lookup: async () => [{ address: "127.0.0.1", family: 4 }] });
    const attempt = await sender(guard).send(message(`https://hooks.example:${port}/`));
    expect(attempt).toEqual({ status: null, problem: "tls" });
    expect(names).toEqual(["hooks.example"]);
    expect(requests).toEqual([]);
  },
);
