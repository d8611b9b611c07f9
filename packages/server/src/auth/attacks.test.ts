/** Attempts to come past the guards, over a real socket: each was tried against the design, and stays. */
import { once } from "node:events";
import { connect } from "node:net";
import { startGuarded } from "@trans-hub/test-support/guarded-server";
import { askRaw } from "@trans-hub/test-support/raw-http";
import { test as base } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";
import { SCOPES } from "./principal.ts";

const STATUS = "/v1/projects/shop/status";
const REQUESTS = "/v1/projects/shop/requests";
type Header = readonly [string, string];

const test = base.extend("site", async ({ store }, { onCleanup }) => {
  const groups = { "*": { projects: ["blog"], scopes: SCOPES }, ops: { projects: "*", scopes: SCOPES } } as const;
  const { server, hub, close } = await startGuarded(store, groups);
  onCleanup(close);
  const make = async (locales?: string[]) =>
    (await hub.createToken({ projects: ["shop"], scopes: SCOPES, locales, label: "program" })).token;
  const { port } = server;
  const get = async (path: string, headers: readonly Header[], from?: string) =>
    (await askRaw({ port, path, headers, from })).status;
  return {
    hub,
    port,
    make,
    get,
    bearer: (token: string, scheme = "Bearer"): Header => ["Authorization", `${scheme} ${token}`],
  };
});

/** Bytes as they are; gives the first line of the answer. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    heard += part;
  });
  socket.write(text);
  await once(socket, "close");
  return heard.split("\r\n")[0] ?? "";
}

describe("headers", () => {
  test("that stand twice, in another case, or beside each other give nobody another one's rights", async ({ site }) => {
    const { get, make, bearer } = site;
    const token = await make();
    const user: Header = ["X-Forwarded-User", "mia"];
    const ops: Header = ["X-Forwarded-Groups", "ops"];
    // The scheme has no case, and one kind of blank.
    expect(await get(STATUS, [bearer(token)])).toBe(200);
    expect(await get(STATUS, [bearer(token, "bEARER")])).toBe(200);
    expect(await get(STATUS, [bearer(token, "Bearer  ")])).toBe(200);
    expect(await get(STATUS, [bearer(token, "Bearer\t")])).toBe(401);
    expect(await get(STATUS, [bearer(`${token}, ${token}`)])).toBe(401);
    expect(await get(STATUS, [bearer(`"${token}"`)])).toBe(401);
    // One in front may read the first of two, and the server the second.
    expect(await get(STATUS, [bearer(token), bearer("garbage")])).toBe(400);
    expect(await get(STATUS, [bearer("garbage"), ["authorization", `Bearer ${token}`]])).toBe(400);
    expect(await get(STATUS, [user, ["x-forwarded-user", "admin"]])).toBe(400);
    expect(await get(STATUS, [user, ops, ["x-forwarded-groups", "none"]])).toBe(400);
    // A token wins over a login, whichever may do more, and a bad one is not replaced by it.
    expect(await get("/v1/status", [bearer(token), user, ops])).toBe(403);
    expect(await get("/v1/projects/blog/status", [bearer(token), user])).toBe(403);
    expect(await get("/v1/status", [bearer(`${token}x`), user, ops])).toBe(401);
    expect(await get("/v1/status", [bearer(`thk_ ${token}`), user, ops])).toBe(401);
    // A token of the proxy's own is nobody's business here.
    expect(await get("/v1/status", [bearer("eyJhbGciOi.eyJzdWIi.c2ln"), user, ops])).toBe(200);
    expect(await get("/v1/status", [bearer("eyJhbGciOi.eyJzdWIi.c2ln"), user, ops], "127.0.0.2")).toBe(401);
    // What a client says of its own address is not looked at.
    const claims: Header[] = [
      ["X-Forwarded-For", "127.0.0.1"],
      ["Forwarded", "for=127.0.0.1"],
      ["X-Real-IP", "127.0.0.1"],
    ];
    expect(await get("/v1/status", [user, ops, ...claims], "127.0.0.2")).toBe(401);
    expect(await get(STATUS, [["Proxy-Authorization", `Bearer ${token}`]], "127.0.0.2")).toBe(401);
    expect(await get(STATUS, [["Cookie", `Authorization=Bearer ${token}`]], "127.0.0.2")).toBe(401);
    expect(await get(`${STATUS}?access_token=${token}`, [], "127.0.0.2")).toBe(401);
  });

  test("that hide a second request in the first one are refused by their form", async ({ site: { port } }) => {
    const head = `POST ${REQUESTS} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n`;
    const hidden =
      "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-User: admin\r\nX-Forwarded-Groups: ops\r\n\r\n";
    for (const framing of [
      `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
      `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`,
      `Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
      `X-Forwarded-User : admin\r\n\r\n`,
      `X-A: 1\r\n X-Forwarded-User: admin\r\nContent-Length: 0\r\n\r\n`,
    ]) {
      expect(await raw(port, head + framing), framing.slice(0, 40)).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
  });
});

describe("paths", () => {
  test("in any notation reach the project that they name, and no other", async ({ site }) => {
    const { get, make, bearer } = site;
    const token = await make();
    const as = [bearer(token)];
    expect(await get("/v1/projects/%73hop/status", as)).toBe(200);
    for (const project of [
      "blog",
      "%62log",
      "shop%2F..%2Fblog",
      "..%2Fblog",
      "shop%00",
      "shop%20",
      "Shop",
      "*",
      "%2A",
      "shop;x=blog",
      "shop%2562",
      "%E2%80%8Bshop",
    ]) {
      expect(await get(`/v1/projects/${project}/status`, as), project).toBe(403);
    }
    // Not normalized: no proxy in front and this server can differ about it.
    for (const path of [
      "/v1/projects/shop/../blog/status",
      "/v1/projects/shop/./status",
      "//v1/projects/shop/status",
      "/v1/projects//status",
      "/V1/projects/shop/status",
      "/v1/projects/shop/status/",
      "/v1/projects/shop%2Fstatus",
      "http://localhost/v1/projects/blog/status",
      "/v1/projects/shop\\..\\blog/status",
    ]) {
      expect([400, 403, 404], path).toContain(await get(path, as));
    }
    expect(await get("/v1/projects/%ff/status", as)).toBe(400);
  });
});

describe("bodies", () => {
  test("name no other project and no other locale, in any form", async ({ site: { hub, port, make, bearer } }) => {
    const french = await make(["fr"]);
    const post = async (path: string, body: unknown) =>
      (
        await askRaw({
          port,
          method: "POST",
          path,
          headers: [bearer(french), ["Content-Type", "application/json"]],
          body,
        })
      ).status;
    expect(await post(REQUESTS, { items: ["Pay"], targetLocales: ["fr"] })).toBe(200);
    for (const body of [
      { items: ["Pay"], targetLocales: ["fr", "de"] },
      { items: [{ text: "Pay", targetLocales: ["de"] }], targetLocales: ["fr"] },
      { items: { text: "Pay", targetLocales: ["de"] }, targetLocales: ["fr"] },
      { items: ["Pay"], targetLocales: ["fr-CA"] },
      { items: ["Pay"], targetLocales: ["FR", "De"] },
    ]) {
      expect(await post(REQUESTS, body), JSON.stringify(body)).toBe(403);
    }
    // Lists that are none: nothing in them is registered.
    for (const body of [
      { items: ["Pay"], targetLocales: "de" },
      { items: ["Pay"], targetLocales: { 0: "de", length: 1 } },
      { items: { 0: { text: "Pay", targetLocales: ["de"] }, length: 1 }, targetLocales: ["fr"] },
      { items: ["Pay"], targetLocales: [["de"]] },
      { items: [{ text: "Pay", project: "blog" }], targetLocales: ["fr"] },
      { items: ["Pay"], targetLocales: ["fr"], project: "blog" },
      `{"items":["Pay"],"targetLocales":["fr"],"__proto__":{"targetLocales":["de"]}}`,
      `{"items":["Pay"],"targetLocales":["fr"],"constructor":{"prototype":{"project":"blog"}}}`,
    ]) {
      const status = await post(REQUESTS, body);
      expect(status === 400 || status === 422 || status === 200, `${JSON.stringify(body)}: ${status}`).toBe(true);
    }
    // The last of two keys counts everywhere: for the guard as for the store.
    expect(await post(REQUESTS, `{"items":["Pay"],"targetLocales":["fr"],"targetLocales":["de"]}`)).toBe(403);
    expect(await post("/v1/projects/shop/translations:read", { items: ["Pay"], targetLocale: "de" })).toBe(403);
    expect(await post("/v1/projects/shop:cancel", {})).toBe(403);
    expect(await post("/v1/projects/shop:forget", { text: "Pay" })).toBe(403);
    const { locales } = await hub.status({ project: null });
    expect(Object.keys(locales)).toEqual(["fr"]);
    expect((await hub.status({ project: "blog" })).translations.pending).toBe(0);
  });
});

test("an answer does not tell a revoked token from one that never was", async ({ site: { hub, port, bearer } }) => {
  // The same to the last byte, but for the id of the request.
  const made = await hub.createToken({ projects: ["shop"], scopes: ["read"] });
  await hub.revokeToken(made.id);
  const answers = await Promise.all(
    [bearer(made.token), bearer(made.token.slice(0, -1)), bearer("x")].map(async (header) => {
      const { status, text, headers } = await askRaw({ port, path: STATUS, headers: [header], from: "127.0.0.2" });
      return { status, text: text.replace(/"requestId":"[^"]*"/, ""), challenge: headers["www-authenticate"] };
    }),
  );
  expect(answers).toEqual([answers[0], answers[0], answers[0]]);
  expect(answers[0]).toMatchObject({ status: 401, challenge: 'Bearer realm="trans-hub", error="invalid_token"' });
});

test("a token for one project learns nothing of the machines and accounts behind the fleet", async ({ site, db }) => {
  const { port, make, hub } = site;
  await db.query(
    `insert into trans_hub.worker_node (node_id, host, pid, version, concurrency, beat_ms)
     values ('one', 'secret-host', 4711, '1', 1, (extract(epoch from clock_timestamp()) * 1000)::bigint)`,
  );
  const { token: all } = await hub.createToken({ projects: "*", scopes: SCOPES, label: "operator" });
  const ask = async (path: string, token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).json() as Promise<{ workers: object[] }>;
  };
  expect((await ask("/v1/status", all)).workers).toMatchObject([{ id: "one", host: "secret-host", pid: 4711 }]);
  const { workers } = await ask(STATUS, await make());
  expect(workers).toMatchObject([{ id: "one", concurrency: 1 }]);
  expect(workers[0]).not.toHaveProperty("host");
  expect(workers[0]).not.toHaveProperty("pid");
});
