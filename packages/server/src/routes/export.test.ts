/** Exports over a real socket, on a real database. */
import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { gunzipSync } from "node:zlib";
import { type Api, test } from "@trans-hub/test-support/http-api";
import { expectWithin } from "@trans-hub/test-support/load";
import { seeded } from "@trans-hub/test-support/random";
import { drain, reference } from "@trans-hub/test-support/store";
import { describe, expect, vi } from "vitest";

/** Registers texts by business id, and translates them. */
async function fill(api: Api, texts: Record<string, string>, targetLocales = ["fr"]): Promise<void> {
  const items = Object.entries(texts).map(([businessId, text]) => ({ businessId, text }));
  for (let at = 0; at < items.length; at += 1_000) {
    await api.ask("POST", "/requests", { items: items.slice(at, at + 1_000), targetLocales });
  }
  await drain(api.store);
}

interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** Without the client's own decompression, and with the method as it is. */
function raw(
  api: Api,
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {},
) {
  return new Promise<RawAnswer>((resolve, reject) => {
    httpRequest(`${api.url}/v1/projects/shop${path}`, { method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    })
      .on("error", reject)
      .end();
  });
}

const hashOf = (bytes: Buffer) => `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 27)}"`;

describe("an export", () => {
  test("has the texts of a locale nested, or flat, by a prefix, and by a file", async ({ api }) => {
    await fill(api, {
      "en.json#cart.title": "Cart",
      "en.json#cart.pay": "Pay",
      "menu.json#title": "Menu",
      "shop.back": "Back",
    });
    await api.ask("POST", "/requests", {
      items: [{ text: "Later", businessId: "en.json#later" }],
      targetLocales: ["fr"],
    });
    const get = async (path: string) => (await api.ask("GET", `/locales/${path}`)).body;
    const cart = { title: "[fr] Cart", pay: "[fr] Pay" };
    expect(await get("fr.json")).toEqual({ cart, title: "[fr] Menu", shop: { back: "[fr] Back" } });
    expect(await get("fr.json?shape=flat")).toEqual({
      "cart.pay": "[fr] Pay",
      "cart.title": "[fr] Cart",
      title: "[fr] Menu",
      "shop.back": "[fr] Back",
    });
    expect(await get("fr.json?prefix=en.json%23")).toEqual({ cart });
    expect(await get("fr/en.json")).toEqual({ cart });
    expect(await get("fr/menu.json.json")).toEqual({ title: "[fr] Menu" });
    expect(await get("de.json")).toEqual({});
    expect(await api.ask("GET", "/locales/fr/none.json")).toMatchObject({
      status: 404,
      body: { code: "TH_NO_NAMESPACE" },
    });
  });

  test("falls back, prefers approved texts, and has the source texts in their own locale", async ({ api }) => {
    await fill(api, { pay: "Pay", buy: "Buy" }, ["fr", "fr-CA"]);
    await api.store.approve({ reference: reference("Pay", "fr", "shop"), text: "Payer" });
    const get = async (path: string) => (await api.ask("GET", `/locales/${path}`)).body;
    expect(await get("fr-CA.json")).toEqual({ buy: "[fr-CA] Buy", pay: "[fr-CA] Pay" });
    expect(await get("fr-CA.json?prefer=approved")).toEqual({});
    expect(await get("fr-CA.json?prefer=approved&fallback=true")).toEqual({ pay: "Payer" });
    expect(await get("en.json")).toEqual({ buy: "Buy", pay: "Pay" });
    const other = await api.ask("GET", "/locales/fr_ca.json?prefer=approved-or-translated");
    expect(other.headers.get("content-location")).toBe("fr-CA.json");
    expect(other.body).toEqual({ buy: "[fr-CA] Buy", pay: "[fr-CA] Pay" });
  });

  test("refuses what it does not know by its name", async ({ api }) => {
    for (const [path, status, field] of [
      ["fr.json?shap=flat", 400, "shap"],
      ["fr.json?shape=deep", 400, "shape"],
      ["fr.json?prefer=any", 400, "prefer"],
      ["fr.json?fallback=1", 400, "fallback"],
      ["x!.json", 422, "locale"],
    ] as const) {
      expect(await api.ask("GET", `/locales/${path}`)).toMatchObject({ status, body: { field } });
    }
    expect(await api.ask("GET", "/locales/fr")).toMatchObject({ status: 404, body: { code: "TH_NO_ROUTE" } });
    expect(await api.ask("POST", "/locales/fr.json", {})).toMatchObject({ status: 405 });
  });

  test("answers two ids with one place by a conflict that names both and the cure", async ({ api }) => {
    await api.ask("POST", "/requests", {
      items: [
        { text: "Menu", businessId: "a.json#menu" },
        { text: "File", businessId: "a.json#menu.file" },
        { text: "Title", businessId: "b.json#title" },
        { text: "Name", businessId: "c.json#title" },
      ],
      targetLocales: ["fr"],
    });
    expect(await api.ask("GET", "/locales/fr/a.json")).toMatchObject({
      status: 409,
      body: {
        code: "TH_EXPORT_CONFLICT",
        ids: ["a.json#menu", "a.json#menu.file"],
        hint: expect.stringContaining("Rename"),
      },
    });
    expect(await api.ask("GET", "/locales/fr.json?shape=flat")).toMatchObject({
      status: 409,
      body: { ids: ["b.json#title", "c.json#title"], hint: expect.stringContaining("{namespace}.json") },
    });
    expect(await api.ask("GET", "/locales/fr/b.json")).toMatchObject({ status: 200 });
    expect(await api.ask("GET", "/locales/fr/a.json?shape=flat")).toMatchObject({ status: 200 });
  });

  test("has a strong tag for the bytes that are sent, compressed or not, and answers 304 to it alone", async ({
    api,
  }) => {
    await fill(api, Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`key.${at}`, `Text number ${at}`])));
    const plain = await raw(api, "/locales/fr.json");
    const packed = await raw(api, "/locales/fr.json", { headers: { "accept-encoding": "br;q=1, gzip;q=0.5" } });
    expect(plain.headers).toMatchObject({ etag: hashOf(plain.body), vary: "Accept-Encoding" });
    expect(packed.headers).toMatchObject({
      etag: hashOf(packed.body),
      "content-encoding": "gzip",
      vary: "Accept-Encoding",
    });
    expect(packed.headers.etag).not.toBe(plain.headers.etag);
    expect(gunzipSync(packed.body)).toEqual(plain.body);
    expect(plain.headers["cache-control"]).toBe(
      "private, max-age=60, stale-while-revalidate=600, stale-if-error=86400",
    );

    const ask = (tag: string, encoding?: string) =>
      raw(api, "/locales/fr.json", {
        headers: { "if-none-match": tag, ...(encoding !== undefined && { "accept-encoding": encoding }) },
      });
    const etag = String(plain.headers.etag);
    for (const tag of [etag, `"old", ${etag}`, `W/${etag}`, "*"]) {
      const unchanged = await ask(tag);
      expect(unchanged).toMatchObject({ status: 304, headers: { etag } });
      expect(unchanged.headers["cache-control"]).toContain("max-age=60");
      expect(unchanged.body.length).toBe(0);
    }
    expect(await ask(String(packed.headers.etag), "gzip")).toMatchObject({ status: 304 });
    for (const [tag, encoding] of [
      ['"old"'],
      [etag, "gzip"],
      [String(packed.headers.etag)],
      [etag.slice(1, -1)],
    ] as const) {
      expect((await ask(tag, encoding)).status).toBe(200);
    }
    expect((await ask('"old"', "gzip;q=0")).headers["content-encoding"]).toBeUndefined();

    const head = await raw(api, "/locales/fr.json", { method: "HEAD" });
    expect(head).toMatchObject({ status: 200, headers: { etag, "content-length": String(plain.body.length) } });
    expect(head.body.length).toBe(0);
  });

  test("is computed once for a hundred clients at once", async ({ api }) => {
    await fill(api, Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`key.${at}`, `Text ${at}`])));
    const reads = vi.spyOn(api.store, "exportTexts");
    const answers = await Promise.all(Array.from({ length: 100 }, () => raw(api, "/locales/fr.json")));
    expect(new Set(answers.map(({ headers }) => headers.etag)).size).toBe(1);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(reads).toHaveBeenCalledTimes(1);
  });

  test("shows a change within six seconds, and a forgotten text is gone from memory by then", {
    timeout: 60_000,
  }, async ({ api, openApi }) => {
    await fill(api, { pay: "Pay", secret: "A secret" });
    const other = await openApi();
    const get = async (server: Api) => (await server.ask<Record<string, string>>("GET", "/locales/fr.json")).body;
    for (const server of [api, other]) expect(await get(server)).toEqual({ pay: "[fr] Pay", secret: "[fr] A secret" });
    const changedAt = performance.now();
    await api.store.approve({ reference: reference("Pay", "fr", "shop"), text: "Payer" });
    await api.store.forget({ project: "shop", businessId: "secret" });
    for (const server of [api, other]) {
      await expect.poll(() => get(server), { timeout: 20_000, interval: 50 }).toEqual({ pay: "Payer" });
      expectWithin(performance.now() - changedAt, 6_000);
    }
  });

  test("that is open to all has a rate for each address, and pages of every origin see that it is used up", async ({
    openApi,
  }) => {
    const api = await openApi({ publicExports: ["shop"], limits: { publicPerSecond: 0.01 } });
    await fill(api, { pay: "Pay" });
    expect(await raw(api, "/locales/fr.json", {})).toMatchObject({
      status: 200,
      headers: { ratelimit: expect.stringContaining("r=0") },
    });
    expect(await raw(api, "/locales/fr.json", {})).toMatchObject({
      status: 429,
      headers: { "access-control-allow-origin": "*", "retry-after": expect.stringMatching(/^\d+$/) },
    });
    // Requests that need a caller have another rate.
    expect(await raw(api, "/translations?businessId=pay&locale=fr", {})).toMatchObject({ status: 200 });
  });

  test("is open to all, and to pages of every origin without cookies, where the project is public", async ({
    openApi,
  }) => {
    const nobody = { authenticate: async () => Promise.reject(new Error("nobody")), isConfigured: async () => true };
    const api = await openApi({ publicExports: ["shop"], authenticator: nobody });
    const closed = await openApi();
    await fill(closed, { pay: "Pay" });
    const origin = { origin: "https://app.example", cookie: "session=1" };
    const open = await raw(api, "/locales/fr.json", { headers: origin });
    expect(open.status).toBe(200);
    expect(open.headers).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "ETag",
      "cache-control": expect.stringMatching(/^public, max-age=60/),
    });
    expect(open.headers["access-control-allow-credentials"]).toBeUndefined();
    const unchanged = await raw(api, "/locales/fr.json", {
      headers: { ...origin, "if-none-match": String(open.headers.etag) },
    });
    expect(unchanged).toMatchObject({ status: 304, headers: { "access-control-allow-origin": "*" } });
    const preflight = { method: "OPTIONS", headers: { ...origin, "access-control-request-method": "GET" } };
    expect(await raw(api, "/locales/fr/pay.json", preflight)).toMatchObject({
      status: 204,
      headers: { "access-control-allow-origin": "*", "access-control-allow-methods": "GET, HEAD" },
    });
    expect(await raw(api, "/locales/fr/none.json", { headers: origin })).toMatchObject({
      status: 404,
      headers: { "access-control-allow-origin": "*" },
    });
    // Nothing else is: no other project, and no other route of this one.
    const others = await fetch(`${api.url}/v1/projects/other/locales/fr.json`);
    expect(others.status).toBe(500);
    expect(others.headers.get("access-control-allow-origin")).toBeNull();
    expect((await raw(api, "/translations?businessId=pay&locale=fr", {})).status).toBe(500);

    const hidden = await raw(closed, "/locales/fr.json", { headers: { cookie: "session=1" } });
    expect(hidden).toMatchObject({ status: 200, headers: { "cache-control": expect.stringMatching(/^private, /) } });
    expect(hidden.headers["access-control-allow-origin"]).toBeUndefined();
    expect(await raw(closed, "/locales/fr.json", preflight)).toMatchObject({ status: 405 });
    expect(await raw(closed, "/locales/fr.json", { headers: origin })).toMatchObject({ status: 403 });
  });

  test("counts as a use, so that a collection leaves its texts", async ({ api, db }) => {
    await fill(api, { pay: "Pay", back: "Back" });
    await api.ask("GET", "/locales/fr.json?prefix=pay");
    await db.query("update trans_hub.source set last_seen_at = now() - interval '100 days'");
    // Another key of the memory, made anew.
    await api.ask("GET", "/locales/fr.json?prefix=pay&shape=flat");
    await api.hub.runGarbageCollection({ retentionDays: 90 });
    expect((await api.ask("GET", "/locales/fr.json?prefix=p")).body).toEqual({ pay: "[fr] Pay" });
    expect((await api.ask("GET", "/locales/fr.json?prefix=b")).body).toEqual({});
  });

  test("over a thousand random changes, the tag differs exactly where the body does", { timeout: 120_000 }, async ({
    api,
  }) => {
    const random = seeded(Number(process.env.TH_TEST_SEED ?? 17));
    const ids = Array.from({ length: 12 }, (_, at) => `key.${at}`);
    await fill(api, Object.fromEntries(ids.map((id) => [id, `Text of ${id}`])), ["fr", "de"]);
    const { ExportCache } = await import("../export/export-cache.ts");
    const { shaped } = await import("../export/shape.ts");
    const seen = new Map<string, string>();
    const bodies = new Set<string>();
    for (let change = 0; change < 1_000; change += 1) {
      const id = ids[Math.floor(random() * ids.length)] ?? "";
      const kind = random();
      const named = { project: "shop", targetLocale: random() < 0.8 ? "fr" : "de", businessId: id };
      const text = `Text ${Math.floor(random() * 3)}`;
      const items = [{ businessId: id, text, force: random() < 0.3 }];
      if (kind < 0.5) await api.store.approve({ reference: named, text: `Approved ${text}` }).catch(ignoreMissing);
      else if (kind < 0.6) await api.store.forget({ project: "shop", businessId: id });
      else if (kind < 0.97) await api.hub.request(items, { project: "shop", targetLocales: ["fr"] });
      else await drain(api.store);
      // The path of the route without the five seconds of its memory.
      const texts = await Array.fromAsync(api.hub.exportTexts({ project: "shop", targetLocale: "fr" }));
      const made = await new ExportCache().get("fr", async () => shaped(texts, { shape: "nested" }) ?? "");
      const body = made.plain.bytes.toString();
      expect(seen.get(made.plain.etag) ?? body, `change ${change}`).toBe(body);
      expect(bodies.has(body), `change ${change}`).toBe(seen.has(made.plain.etag));
      seen.set(made.plain.etag, body);
      bodies.add(body);
    }
    expect(bodies.size).toBeGreaterThan(100);
  });
});

function ignoreMissing(error: { code?: string }): void {
  if (error.code !== "TH_NOT_FOUND") throw error;
}
