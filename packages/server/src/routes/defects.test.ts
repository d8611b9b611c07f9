/** Requests that found a gap once, on a real socket and a real database. */
import { once } from "node:events";
import { connect } from "node:net";
import { WebhookDesk } from "@trans-hub/server";
import { test } from "@trans-hub/test-support/http-api";
import { drain } from "@trans-hub/test-support/store";
import { expect } from "vitest";
import type { Authenticator } from "../auth/authenticator.ts";
import { SCOPES } from "../auth/principal.ts";
import { encodeCursor } from "../cursor.ts";

const BEYOND = "9999999999999999999";

test("a cursor with a number that no row can have is refused, and no fault of the server", async ({ api }) => {
  const filter = { project: "shop", targetLocale: "fr" };
  const cursorOf = (list: string, place: string, given: object) =>
    encodeCursor(Buffer.from(place).toString("base64url"), { list, ...given });
  const list = (name: string, place: string) =>
    api.ask("POST", `/${name}:list`, { targetLocale: "fr", cursor: cursorOf(name, place, filter) });
  const letters = (place: string) =>
    api.ask("GET", `/dead-letters?cursor=${cursorOf("dead-letters", place, { project: "shop" })}`);
  for (const answer of [
    await list("translations", `${BEYOND},0,x`),
    await list("translations", `0,${BEYOND},x`),
    await list("catalog", `${BEYOND},0`),
    await list("catalog", `0,${BEYOND}`),
    await letters(BEYOND),
  ]) {
    expect(answer).toMatchObject({ status: 422, body: { code: "TH_ITEM_SHAPE", field: "cursor" } });
  }
  expect(await letters("9223372036854775807")).toMatchObject({ status: 200, body: { items: [] } });
});

test("a catalog is listed by any spelling of its locale, and no locale is a fault of the request", async ({ api }) => {
  await api.ask("POST", "/requests", { items: ["Pay"], targetLocales: ["pt-BR"] });
  await drain(api.store);
  const list = (targetLocale: string) => api.ask("POST", "/catalog:list", { targetLocale });
  const canonical = await list("pt-BR");
  expect(canonical.body).toMatchObject({ items: [{ sourceText: "Pay" }] });
  expect((await list("pt_br")).body).toEqual(canonical.body);
  expect(await list("x!")).toMatchObject({ status: 422, body: { code: "TH_LOCALE", field: "targetLocale" } });
});

test("a body that is nested deeper than the stack is a fault of the request, with an Idempotency-Key too", async ({
  api,
}) => {
  const context = `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
  const body = `{"items":[{"text":"Pay","targetLocales":["fr"],"context":${context}}]}`;
  expect(await api.ask("POST", "/requests", body, { "idempotency-key": "one" })).toMatchObject({
    status: 400,
    body: { code: "TH_HTTP_REQUEST", field: "body" },
  });
});

test("a client of a stream that went away while its token was looked up keeps no place", async ({ openApi }) => {
  const first = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const authenticator: Authenticator = {
    isConfigured: async () => true,
    async authenticate() {
      first.resolve();
      await answer.promise;
      return { subject: "ci", kind: "token", grants: [{ projects: "*", scopes: new Set(SCOPES) }] };
    },
  };
  const { server } = await openApi({ authenticator });
  const open = () => {
    const client = connect(server.port, "127.0.0.1");
    client.write("GET /v1/projects/shop/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return client;
  };
  const gone = open();
  await first.promise;
  gone.destroy();
  await once(gone, "close");
  // The server has seen that end when it answers a later connection.
  await fetch(`http://127.0.0.1:${server.port}/v1/openapi.json`);
  const staying = open();
  await fetch(`http://127.0.0.1:${server.port}/v1/openapi.json`);
  answer.resolve();
  await once(staying, "data");
  await expect.poll(() => server.waits).toBe(1);
  staying.destroy();
  await expect.poll(() => server.waits).toBe(0);
});

test("a token for some locales touches no webhook that hears of others, and sees none", async ({ openApi }) => {
  const api = await openApi({ webhooks: new WebhookDesk({ key: "k".repeat(48) }) });
  const make = async (locales?: string[]) => ({
    authorization: `Bearer ${(await api.hub.createToken({ projects: ["shop"], scopes: SCOPES, locales, label: "x" })).token}`,
  });
  const [every, french] = [await make(), await make(["fr"])];
  const create = async (targetLocales: string[] | null) =>
    (await api.ask("POST", "/webhooks", { url: "https://example.com/", targetLocales }, every)).body;
  for (const targetLocales of [null, ["fr", "de"]]) {
    const { id, secret: _, ...made } = await create(targetLocales);
    const path = `/webhooks/${id}`;
    for (const [method, of, body] of [
      ["GET", ""],
      ["PATCH", "", { targetLocales: ["fr"], url: "https://example.org/" }],
      ["PATCH", "", { disabled: true }],
      ["POST", ":rotate", {}],
      ["POST", ":redeliver", { after: made.cursor }],
      ["POST", ":test"],
      ["DELETE", ""],
    ] as const) {
      const answer = await api.ask(method, path + of, body, french);
      expect(answer, `${method} ${of}`).toMatchObject({ status: 403, body: { code: "TH_FORBIDDEN" } });
    }
    expect((await api.ask("GET", path, undefined, every)).body).toEqual({ id, ...made });
  }
  const { id } = await create(["fr"]);
  const { webhooks } = (await api.ask<{ webhooks: { id: string }[] }>("GET", "/webhooks", undefined, french)).body;
  expect(webhooks.map((webhook) => webhook.id)).toEqual([id]);
  const change = (body: object) => api.ask("PATCH", `/webhooks/${id}`, body, french);
  expect(await change({ url: "https://example.org/" })).toMatchObject({ status: 200 });
  expect(await change({ targetLocales: ["fr", "de"] })).toMatchObject({ status: 403 });
  expect(await change({ targetLocales: null })).toMatchObject({ status: 403 });
  // Its body may be left out.
  const rotated = await api.ask("POST", `/webhooks/${id}:rotate`, undefined, french);
  expect(rotated).toMatchObject({ status: 200, body: { secretVersion: 2 } });
  expect(await api.ask("DELETE", `/webhooks/${id}`, undefined, french)).toMatchObject({ status: 204 });
});
