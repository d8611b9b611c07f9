import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { SettingsError } from "@trans-hub/core";
import { holdKeys } from "@trans-hub/test-support/held-keys";
import { test } from "@trans-hub/test-support/http-api";
import { expectWithin } from "@trans-hub/test-support/load";
import { drain } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";
import { HttpError } from "./problem.ts";
import { startServer } from "./server.ts";

const PROBLEM = "application/problem+json";

describe("a server", () => {
  test("registers texts, and reads what was translated", async ({ api }) => {
    const items = [{ text: "Pay", businessId: "pay" }, "Back"];
    const receipt = await api.ask("POST", "/requests", { items, targetLocales: ["fr", "de"] });
    expect(receipt).toMatchObject({
      status: 200,
      body: { registered: 4, existing: 0, queued: 0, failed: 0, rejected: [] },
    });
    expect(receipt.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    await drain(api.store);
    const read = await api.ask("POST", "/translations:read", {
      items: ["Pay", { businessId: "pay" }, "Nothing"],
      targetLocale: "fr",
    });
    expect(read).toMatchObject({ status: 200, body: { items: [{ text: "[fr] Pay" }, { text: "[fr] Pay" }, null] } });
  });

  test("refuses an item alone in an array, by its place and field, and answers 422 for one item", async ({ api }) => {
    const targetLocales = ["fr"];
    const items = ["Pay", { text: "" }, { text: "Back", tpo: 1 }, { text: "x", targetLocales: ["xx-yy-zz"] }];
    expect((await api.ask("POST", "/requests", { items, targetLocales })).body).toMatchObject({
      registered: 1,
      rejected: [
        { at: 1, code: "TH_TEXT_EMPTY", field: "text" },
        { at: 2, code: "TH_ITEM_SHAPE", field: "tpo" },
        { at: 3, code: "TH_LOCALE", field: "targetLocales[0]" },
      ],
    });
    const alone = await api.ask("POST", "/requests", { items: { text: "" }, targetLocales });
    expect(alone).toMatchObject({ status: 422, body: { code: "TH_TEXT_EMPTY", field: "text", retryable: false } });
    expect(alone.headers.get("content-type")).toContain(PROBLEM);
  });

  test("lets no item stand in another project than the path's", async ({ api, db }) => {
    const items = [{ text: "Pay", targetLocales: ["fr"], project: "other" }];
    expect(await api.ask("POST", "/requests", { items })).toMatchObject({
      status: 400,
      body: { code: "TH_HTTP_REQUEST", field: "items[0].project" },
    });
    expect((await db.query("select from trans_hub.source")).rowCount).toBe(0);
  });

  test("takes JSON in UTF-8 alone, names unknown fields, and knows its methods", async ({ api }) => {
    const post = (body: unknown, headers = {}) => api.ask("POST", "/requests", body, headers);
    expect(await post("{", {})).toMatchObject({ status: 400, body: { field: "body" } });
    expect(await post("<a/>", { "content-type": "text/xml" })).toMatchObject({
      status: 415,
      body: { code: "TH_MEDIA_TYPE" },
    });
    expect(await post({ items: [], taget: 1 })).toMatchObject({ status: 400, body: { field: "taget" } });
    expect(await api.ask("GET", "/requests")).toMatchObject({ status: 405, body: { code: "TH_METHOD" } });
    expect((await api.ask("DELETE", "/translations")).headers.get("allow")).toBe("GET, HEAD");
    expect(await api.ask("GET", "/v1/nothing")).toMatchObject({ status: 404, body: { code: "TH_NO_ROUTE" } });
    expect(await api.ask("GET", "/v1/projects/%ff/status")).toMatchObject({ status: 400 });
    const latin = await fetch(`${api.url}/v1/projects/shop/requests`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: Buffer.from('{"items":["Gr\xfc\xdfe"],"targetLocales":["fr"]}', "latin1"),
    });
    expect(await latin.json()).toMatchObject({ status: 400, field: "body", hint: "The body is not UTF-8." });
  });

  test("takes bodies of 4 MiB and 10,000 items at most", async ({ api }) => {
    const many = { items: Array.from({ length: 10_001 }, (_, at) => `Text ${at}`), targetLocales: ["fr"] };
    expect(await api.ask("POST", "/requests", many)).toMatchObject({ status: 413, body: { field: "items" } });
    const large = { items: ["x".repeat(4 * 2 ** 20)], targetLocales: ["fr"] };
    expect(await api.ask("POST", "/requests", large)).toMatchObject({ status: 413, body: { code: "TH_TOO_LARGE" } });
  });

  test("answers nobody but this machine while no token exists, and no page of another site", async ({ api }) => {
    const hostOf = (host: string) =>
      new Promise<number>((resolve, reject) => {
        const { port } = api.server;
        httpRequest({ port, host: "127.0.0.1", path: "/v1/status", headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        })
          .on("error", reject)
          .end();
      });
    expect(await hostOf("evil.example")).toBe(403);
    expect(await hostOf("localhost:1")).toBe(200);
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
    ]) {
      expect(await api.ask("GET", "/v1/status", undefined, headers as never)).toMatchObject({ status: 403 });
    }
    await expect(startServer({ hub: api.hub, store: api.store }, { host: "0.0.0.0", port: 0 })).rejects.toThrow(
      SettingsError,
    );
  });

  test("runs a forced request once for an idempotency key, also beside another server", async ({ api, openApi }) => {
    await api.ask("POST", "/requests", { items: ["Pay"], targetLocales: ["fr"] });
    await drain(api.store);
    const other = await openApi();
    const body = { items: ["Pay"], targetLocales: ["fr"], force: true };
    const headers = { "idempotency-key": "7d3f" };
    const first = await api.ask("POST", "/requests", body, headers);
    expect(first.body).toMatchObject({ registered: 1, existing: 0 });
    expect((await other.ask("POST", "/requests", body, headers)).body).toEqual(first.body);
    expect(await other.ask("POST", "/requests", { ...body, items: ["Back"] }, headers)).toMatchObject({
      status: 422,
      body: { code: "TH_IDEMPOTENCY_KEY" },
    });
    await drain(api.store);
    expect((await api.ask("POST", "/requests", body)).body).toMatchObject({ registered: 1 });
  });

  test("gives an idempotency key free when its request was refused, and 409 while it runs", async ({ api, db }) => {
    const headers = { "idempotency-key": "k" };
    const ask = (body: object) => api.ask("POST", "/requests", { targetLocales: ["fr"], ...body }, headers);
    expect(await ask({ items: { text: "" } })).toMatchObject({ status: 422 });
    const keys = await holdKeys(db);
    const first = ask({ items: { text: "Pay" } });
    await keys.running();
    const running = await ask({ items: { text: "Pay" } });
    expect(running).toMatchObject({ status: 409, body: { code: "TH_IN_PROGRESS", retryable: true } });
    expect(running.headers.get("retry-after")).toBe("1");
    await keys.release();
    expect(await first).toMatchObject({ status: 200, body: { registered: 1 } });
    expect(await ask({ items: { text: "Pay" } })).toMatchObject({ status: 200, body: { registered: 1 } });
  });

  test("ends a request with an idempotency key although its client is gone, so that its repetition does nothing more", async ({
    api,
    db,
  }) => {
    const headers = { "idempotency-key": "k", "content-type": "application/json" };
    const body = { items: ["Pay"], targetLocales: ["fr"], force: true };
    const keys = await holdKeys(db);
    const leaving = httpRequest(`${api.url}/v1/projects/shop/requests`, { method: "POST", headers });
    leaving.on("error", () => undefined).end(JSON.stringify(body));
    const again = () => api.ask("POST", "/requests", body, headers);
    await keys.running();
    expect(await again()).toMatchObject({ status: 409 });
    leaving.destroy();
    // The server has heard of it once it answers another request that was sent later.
    await api.ask("GET", "/v1/status");
    await keys.release();
    await expect.poll(again).toMatchObject({ status: 200, body: { registered: 1 } });
    const { rows } = await db.query("select sum(cardinality(content_nos))::int as texts from trans_hub.batch");
    expect(rows).toEqual([{ texts: 1 }]);
  });

  test("waits for no body that nobody reads, and three seconds for one that does not come", async ({ openApi }) => {
    const api = await openApi({
      authenticator: {
        authenticate: async () => Promise.reject(new HttpError("TH_UNAUTHORIZED")),
        isConfigured: async () => true,
      },
    });
    const known = await openApi();
    const head = "POST /v1/projects/shop/requests HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    const begin = (port: number) => {
      const socket = connect(port, "127.0.0.1");
      let said = "";
      socket.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
      socket.on("error", () => undefined).write(`${head}Content-Length: 1000\r\n\r\n{`);
      return { said: () => said };
    };
    const refused = begin(api.server.port);
    await expect.poll(refused.said).toMatch(/^HTTP\/1\.1 401 /);
    let stoppedAt = performance.now();
    await api.server.close();
    expectWithin(performance.now() - stoppedAt, 1_000);
    const slow = begin(known.server.port);
    await known.ask("GET", "/v1/status");
    stoppedAt = performance.now();
    await known.server.close();
    expectWithin(performance.now() - stoppedAt, 4_500);
    expect(slow.said()).toBe("");
    expect((await known.store.status()).translations.pending).toBe(0);
  });

  test("ends waits and cuts no open request when it stops", async ({ api }) => {
    await api.ask("POST", "/requests", { items: ["Pay"], targetLocales: ["fr"] });
    const waiting = api.ask(
      "POST",
      "/translations:wait",
      { items: ["Pay"], targetLocale: "fr" },
      { prefer: "wait=60" },
    );
    await expect.poll(() => api.server.waits).toBe(1);
    const { port } = api.server;
    // A request whose body is under way when the server stops.
    const slow = connect(port, "127.0.0.1");
    const body = JSON.stringify({ items: ["Back"], targetLocales: ["fr"] });
    slow.write(
      `POST /v1/projects/shop/requests HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    );
    await expect
      .poll(async () => new Promise((resolve) => setImmediate(() => resolve(slow.bytesWritten))))
      .toBeGreaterThan(100);
    const heard = new Promise<string>((resolve) => {
      let said = "";
      slow.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
      slow.on("close", () => resolve(said));
    });
    // The server has the head of the request once it answers another one that was sent later.
    await api.ask("GET", "/v1/status");
    const closing = api.server.close();
    expect(await waiting).toMatchObject({ status: 200, body: { settled: false, items: [{ status: "pending" }] } });
    slow.write(body.slice(5));
    expect(await heard).toMatch(/^HTTP\/1\.1 200 .*connection: close.*"registered":1/is);
    await closing;
    await expect(fetch(`http://127.0.0.1:${port}/v1/status`)).rejects.toThrow();
  });
});
