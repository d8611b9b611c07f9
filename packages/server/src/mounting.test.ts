/** The plugin and the handler, inside an application that has routes, parsers and hooks of its own. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Coordinator } from "@trans-hub/core";
import { test } from "@trans-hub/test-support/store";
import Fastify from "fastify";
import { expect } from "vitest";
import { createHandler, transHub } from "./server.ts";

const JSON_TYPE = { "content-type": "application/json" };

test("a Fastify application gets the routes under its prefix, and keeps its own manners", async ({ store }) => {
  await using hub = new Coordinator(store, { sourceLocale: "en" });
  const app = Fastify();
  app.post("/own", async (request) => ({ own: request.body }));
  await app.register(transHub, { prefix: "/texts", hub, store });
  try {
    const payload = JSON.stringify({ items: ["Pay"], targetLocales: ["fr"] });
    const url = "/texts/v1/projects/shop/requests";
    const headers = { ...JSON_TYPE, host: "localhost" };
    const receipt = await app.inject({ method: "POST", url, payload, headers });
    expect(receipt.json()).toMatchObject({ registered: 1 });
    expect((await app.inject({ url: "/texts/v1/openapi.json" })).json().servers).toEqual([{ url: "/texts" }]);
    const missing = await app.inject({ url: "/texts/v1/nothing", headers });
    expect([missing.statusCode, missing.json().code]).toEqual([404, "TH_NO_ROUTE"]);
    expect((await app.inject({ url: "/nothing" })).json()).toMatchObject({ error: "Not Found" });
    const own = await app.inject({
      method: "POST",
      url: "/own",
      payload: "words",
      headers: { "content-type": "text/plain" },
    });
    expect(own.json()).toEqual({ own: "words" });
    expect(own.headers["x-request-id"]).toBeUndefined();
  } finally {
    await app.close();
  }
});

test("a server of node:http gives a part of its paths to the handler", async ({ store }) => {
  await using hub = new Coordinator(store, { sourceLocale: "en" });
  const handler = await createHandler({ hub, store, prefix: "/texts" });
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/texts/")) handler(request, response);
    else response.end("own");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const body = JSON.stringify({ items: ["Pay"], targetLocales: ["fr"] });
    const receipt = await fetch(`${origin}/texts/v1/projects/shop/requests`, {
      method: "POST",
      body,
      headers: JSON_TYPE,
    });
    expect(await receipt.json()).toMatchObject({ registered: 1 });
    expect(await (await fetch(`${origin}/other`)).text()).toBe("own");
    // Closing the handler ends its waits, and leaves the application's server open.
    const waiting = fetch(`${origin}/texts/v1/projects/shop/translations:wait`, {
      method: "POST",
      body: JSON.stringify({ items: ["Pay"], targetLocale: "fr" }),
      headers: JSON_TYPE,
    });
    await expect.poll(() => handler.waits).toBe(1);
    await handler.close();
    expect(await (await waiting).json()).toMatchObject({ settled: false });
    expect(await (await fetch(`${origin}/other`)).text()).toBe("own");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
