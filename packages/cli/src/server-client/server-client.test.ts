/** The calls of a server, against real sockets that misbehave. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { refuseReadableToken } from "./readable-token.ts";
import { type Patience, ServerClient } from "./server-client.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that gives its answers one after another, and the last one from then on. */
async function serve(...answers: Answer[]) {
  const asked: { request: IncomingMessage; body: string; at: number }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    asked.push({ request, body, at: performance.now() });
    (answers[asked.length - 1] ?? answers.at(-1))?.(request, response, body);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const json =
  (value: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));

const problem = (code: string, status: number, more: object = {}, headers: Record<string, string> = {}) =>
  json({ type: "…", title: `Title of ${code}`, status, code, requestId: "r-1", ...more }, status, headers);

const reset: Answer = (request) => request.socket.resetAndDestroy();

const TOKEN = "thk_Marked_secret";
const Done = z.object({ done: z.boolean() });

function client(url: string, patience: Partial<Patience> = {}, signal = new AbortController().signal) {
  const told: string[] = [];
  const made = new ServerClient({
    ...{ url, token: TOKEN, version: "1.2.3", signal, patience },
    tell: (line) => told.push(line),
  });
  return { client: made, told };
}

const asked = { method: "POST", path: "/projects/shop/catalog:read", body: { a: 1 }, answer: Done } as const;

test("a request carries the token in its header alone, and the path below that of the address", async () => {
  const server = await serve(json({ done: true }));
  const { client: made } = client(`${server.url}/base/`);
  expect(await made.ask({ ...asked, waitSeconds: 5 })).toEqual({ done: true });
  const [first] = server.asked;
  expect(first?.request.url).toBe("/base/v1/projects/shop/catalog:read");
  expect(first?.request.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, prefer: "wait=5" });
  expect(first?.request.headers["user-agent"]).toBe("trans-hub/1.2.3");
  expect(first?.body).toBe('{"a":1}');
});

describe("a request is sent again", () => {
  test("after a lost connection and after answers of 429, 503 and 502, and says why once", async () => {
    const server = await serve(
      reset,
      problem("TH_TOO_MANY_REQUESTS", 429),
      problem("TH_CLOSED", 503, {}, { "retry-after": "0" }),
      (_, response) => response.writeHead(502).end("<html>bad gateway"),
      json({ done: true }),
    );
    const { client: made, told } = client(server.url);
    expect(await made.ask(asked)).toEqual({ done: true });
    expect(server.asked).toHaveLength(5);
    expect(told).toEqual([expect.stringContaining("trying again")]);
  });

  test("not before Retry-After is over", async () => {
    const server = await serve(problem("TH_BACKLOG_FULL", 429, {}, { "retry-after": "1" }), json({ done: true }));
    await client(server.url).client.ask(asked);
    const [first, second] = server.asked;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(700);
  });

  test("with another body, where the caller says so and the first may have been done", async () => {
    const server = await serve(reset, problem("TH_TOO_MANY_REQUESTS", 429), reset, json({ done: true }));
    let count = 0;
    await client(server.url).client.ask({ ...asked, again: async () => ({ again: ++count }) });
    expect(server.asked.map(({ body }) => body)).toEqual(['{"a":1}', '{"again":1}', '{"again":1}', '{"again":2}']);
  });

  test("until the time is over, and then the error has code and cure", async () => {
    const { url } = await serve();
    servers.at(-1)?.close();
    const { client: made } = client(url, { beforeFirstMs: 500 });
    const error = await made.ask(asked).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "TH_SERVER_UNAVAILABLE", retryable: true });
    expect(error.message).toBe(`The server at ${url} cannot be reached (ECONNREFUSED)`);
    expect(error.hint).toContain("--server");
  });

  test("where no answer comes in time", async () => {
    const server = await serve(() => undefined, json({ done: true }));
    expect(await client(server.url, { answerMs: 300 }).client.ask(asked)).toEqual({ done: true });
  });

  test("no more, where the server has asked for a long rest", async () => {
    const server = await serve(problem("TH_TOO_MANY_REQUESTS", 429, {}, { "retry-after": "3600" }));
    await expect(client(server.url).client.ask(asked)).rejects.toMatchObject({ code: "TH_TOO_MANY_REQUESTS" });
    expect(server.asked).toHaveLength(1);
  });
});

describe("a refusal is an error at once", () => {
  test.each([
    [401, "TH_UNAUTHORIZED", /TH_TOKEN.*tokens create --projects shop --scopes catalog/],
    [403, "TH_FORBIDDEN", /It needs the scope catalog\..*tokens create --projects shop --scopes catalog/],
  ])("%i names the setting, the scope and the way to a token", async (status, code, hint) => {
    const server = await serve(problem(code, status, status === 403 ? { hint: "It needs the scope catalog." } : {}));
    const error = await client(server.url)
      .client.ask({ ...asked, project: "shop" })
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ name: "ServerRefusedError", code, retryable: false });
    expect(error.hint).toMatch(hint);
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(TOKEN);
    expect(server.asked).toHaveLength(1);
  });

  test("a problem keeps its code, field and cure", async () => {
    const server = await serve(problem("TH_LOCALE", 422, { field: "items[3].targetLocales[0]", hint: "Use BCP 47." }));
    await expect(client(server.url).client.ask(asked)).rejects.toMatchObject({
      code: "TH_LOCALE",
      hint: "Use BCP 47.",
      message: expect.stringMatching(/answered 422: Title of TH_LOCALE \(items\[3\]\.targetLocales\[0\]\) \[r-1\]$/),
    });
  });

  test("an answer of another program is none, and nothing of its body is repeated", async () => {
    for (const answer of [
      json({ secret: "Marked" }),
      json("Marked", 404),
      json({ title: "Marked", code: "no" }, 500),
    ]) {
      const server = await serve(answer);
      const error = await client(server.url)
        .client.ask(asked)
        .catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "TH_SERVER_ANSWER", hint: expect.stringContaining("without /v1") });
      expect(error.message).not.toContain("Marked");
    }
  });

  test("a proxy that takes smaller requests is named as one", async () => {
    const server = await serve((_, response) => response.writeHead(413).end("<html>Request Entity Too Large"));
    const error = await client(server.url)
      .client.ask(asked)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "TH_SERVER_ANSWER", hint: expect.stringContaining("A proxy") });
  });

  test("a redirect is not followed with the token", async () => {
    const other = await serve(json({ done: true }));
    const server = await serve((_, response) => response.writeHead(307, { location: `${other.url}/x` }).end());
    const error = await client(server.url)
      .client.ask(asked)
      .catch((thrown) => thrown);
    expect(error.message).toContain(`redirects to ${other.url}`);
    expect(other.asked).toEqual([]);
  });
});

test("an interrupted command waits for nothing", async () => {
  const ending = new AbortController();
  const server = await serve(() => ending.abort());
  const { client: made } = client(server.url, {}, ending.signal);
  await expect(made.ask(asked)).rejects.toMatchObject({ code: "TH_CANCELLED" });
  expect(server.asked).toHaveLength(1);
});

test("a token does not go to another machine over http://, unless a person says so", () => {
  for (const url of [
    "http://translate.example.com",
    "http://10.0.0.7:8080",
    "http://127.0.0.1.example.com",
    "http://[::2]",
  ]) {
    expect(() => refuseReadableToken(url, { isInsecure: false })).toThrow(/readable/);
    expect(() => refuseReadableToken(url, { isInsecure: true })).not.toThrow();
  }
  for (const url of ["https://translate.example.com", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:80"]) {
    expect(() => refuseReadableToken(url, { isInsecure: false })).not.toThrow();
  }
});
