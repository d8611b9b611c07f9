/** Each plain route on a real socket and a real database: its answer, and the state that it leaves. */
import { type Api, test } from "@trans-hub/test-support/http-api";
import { drain, failed, value, workOf } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";

async function registered(api: Api, ids: readonly string[], targetLocales = ["fr"]): Promise<void> {
  const items = ids.map((id) => ({ text: `Text of ${id}`, businessId: id }));
  await api.ask("POST", "/requests", { items, targetLocales });
}

const failing = workOf(() => failed());

interface Page {
  items: { id: string; revision: number; businessIds: string[]; text: string | null; reason?: string }[];
  nextCursor: string | null;
  lookedAt: number;
}

describe("translations", () => {
  test("one is read with its revision as the tag, weak while it waits", async ({ api }) => {
    await registered(api, ["cart.pay"]);
    const path = "/translations?businessId=cart.pay&locale=fr";
    const pending = await api.ask("GET", path);
    expect(pending).toMatchObject({ status: 200, body: { status: "pending", text: null } });
    const weak = pending.headers.get("etag") ?? "";
    expect(weak).toBe(`W/"${pending.body.revision}"`);
    await drain(api.store);
    // The revision is the same, and the text is another.
    const after = await api.ask("GET", path, undefined, { "if-none-match": weak });
    expect(after).toMatchObject({
      status: 200,
      body: { text: "[fr] Text of cart.pay", revision: pending.body.revision },
    });
    const tag = after.headers.get("etag") ?? "";
    expect(tag).toBe(`"${pending.body.revision}"`);
    expect(await api.ask("GET", path, undefined, { "if-none-match": `"1", ${tag}` })).toMatchObject({
      status: 304,
      body: undefined,
    });
    expect(await api.ask("GET", "/translations?businessId=no&locale=fr")).toMatchObject({
      status: 404,
      body: { code: "TH_NOT_FOUND" },
    });
    const spelled = await api.ask("GET", "/translations?businessId=cart.pay&locale=FR");
    expect(spelled).toMatchObject({ status: 200 });
    expect(spelled.headers.get("content-location")).toBe("?businessId=cart.pay&locale=fr");
  });

  test("are read up to 1,000, and a fault is named by its place", async ({ api }) => {
    const read = (items: unknown[], targetLocale = "fr") =>
      api.ask("POST", "/translations:read", { items, targetLocale });
    expect(await read(Array(1_001).fill("Pay"))).toMatchObject({ status: 413, body: { field: "items" } });
    expect(await read(["Pay", { text: "Back", sourceLocale: "x!" }])).toMatchObject({
      status: 422,
      body: { code: "TH_LOCALE", field: "items[1].sourceLocale" },
    });
    expect(await read(["Pay", { text: "Back", project: "other" }])).toMatchObject({
      status: 400,
      body: { field: "items[1].project" },
    });
    expect(await read(["Pay"], "x!")).toMatchObject({
      status: 422,
      body: { code: "TH_LOCALE", field: "targetLocale" },
    });
    const ca = { items: ["Pay"], targetLocale: "fr-CA", fallback: true };
    await api.ask("POST", "/requests", { items: ["Pay"], targetLocales: ["fr"] });
    await drain(api.store);
    expect((await api.ask("POST", "/translations:read", ca)).body).toMatchObject({
      items: [{ text: "[fr] Pay", targetLocale: "fr" }],
    });
  });

  test("are listed in the order of their ids, each once, by pages that are bound to their filter", async ({ api }) => {
    await registered(api, ["b", "a", "c,\n%", "d"]);
    // One text under two ids, and one without any.
    await api.ask("POST", "/requests", {
      items: [{ text: "Text of d", businessId: "e" }, "Plain"],
      targetLocales: ["fr", "de"],
    });
    await drain(api.store);
    const list = (filter: object) => api.ask<Page>("POST", "/translations:list", { targetLocale: "fr", ...filter });
    const seen: string[][] = [];
    let cursor: string | undefined;
    do {
      const { status, body } = await list({ limit: 2, ...(cursor && { cursor }) });
      expect(status).toBe(200);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map(({ businessIds }) => businessIds));
      cursor = body.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual([[], ["a"], ["b"], ["c,\n%"], ["d", "e"]]);
    const ids = async (filter: object) =>
      (await list(filter)).body.items.map(({ businessIds }) => businessIds[0] ?? "");
    expect(await ids({ businessIdPrefix: "e" })).toEqual(["d"]);
    expect(await ids({ businessIdPrefix: "c,\n%" })).toEqual(["c,\n%"]);
    expect(await ids({ search: "OF B" })).toEqual(["b"]);
    expect(await ids({ search: "%" })).toEqual(["c,\n%"]);
    expect(await ids({ search: "[FR] pl" })).toEqual([""]);
    expect(await ids({ engine: "test" })).toHaveLength(5);
    expect(await ids({ engine: "human" })).toEqual([]);
    expect(await ids({ status: "pending" })).toEqual([]);
    expect(await ids({ targetLocale: "de" })).toEqual(["", "d"]);
    expect(await ids({ check: "length" })).toEqual([]);
    expect(await ids({ changedSince: new Date(Date.now() - 3_600_000).toISOString() })).toHaveLength(5);
    expect(await ids({ changedSince: new Date(Date.now() + 3_600_000).toISOString() })).toEqual([]);
    const { nextCursor } = (await list({ limit: 2 })).body;
    for (const other of [{ status: "translated" }, { targetLocale: "de" }, { search: "x" }]) {
      expect(await list({ limit: 2, cursor: nextCursor, ...other })).toMatchObject({
        status: 400,
        body: { code: "TH_CURSOR" },
      });
    }
    expect(await list({ cursor: "x" })).toMatchObject({ status: 400, body: { code: "TH_CURSOR" } });
    expect(
      (await api.ask("POST", "/v1/projects/other/translations:list", { targetLocale: "fr", cursor: nextCursor }))
        .status,
    ).toBe(400);
  });

  test("are listed as a queue that ends by the acts of people", async ({ api }) => {
    await api.hub.request(["One", "Two"], { targetLocales: ["fr"], project: "shop" });
    await drain(api.store);
    const queue = async (more: object = {}) => {
      const asked = { targetLocale: "fr", queue: true, sample: 100, ...more };
      return (await api.ask<Page>("POST", "/translations:list", asked)).body;
    };
    const { items } = await queue();
    expect(items).toMatchObject([{ reason: "sample" }, { reason: "sample" }]);
    expect((await queue({ sample: 0 })).items).toEqual([]);
    for (const { id, revision } of items) {
      const act = { kind: "approve", id, targetLocale: "fr", revision };
      await api.ask("POST", "/translations:review", { items: [act] });
    }
    expect(await queue()).toMatchObject({ items: [], nextCursor: null });
    const alone = await api.ask("POST", "/translations:list", { targetLocale: "fr", sample: 5 });
    expect(alone).toMatchObject({ status: 422, body: { field: "sample" } });
  });

  test("are listed with bounded work, in a project of many uses and without a hit", async ({ api, db }) => {
    const items = Array.from({ length: 5_001 }, (_, at) => ({
      text: `Text ${at}`,
      businessId: `id.${String(at).padStart(4, "0")}`,
    }));
    await api.hub.request(items, { targetLocales: ["fr"], project: "shop" });
    const list = (cursor?: string | null) =>
      api.ask<Page>("POST", "/translations:list", {
        targetLocale: "fr",
        search: "Text 5000",
        ...(cursor && { cursor }),
      });
    const pages = [];
    let cursor: string | null = null;
    do {
      const { body } = await list(cursor);
      pages.push([body.items.length, body.lookedAt]);
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(pages).toEqual([
      [0, 5_000],
      [1, 1],
    ]);
    // A full page stops at its last hit.
    const full = await api.ask<Page>("POST", "/translations:list", { targetLocale: "fr", limit: 10 });
    expect(full.body).toMatchObject({ lookedAt: 10, nextCursor: expect.any(String) });
    expect(await value(db, "select count(*)::int from trans_hub.translation")).toBe(5_001);
  });

  test("are waited for until they are settled, or until the time is up", async ({ api, openApi }) => {
    await registered(api, ["a"]);
    const ask = (prefer: string) =>
      api.ask("POST", "/translations:wait", { items: [{ businessId: "a" }], targetLocale: "fr" }, { prefer });
    const early = await ask("wait=0");
    expect(early).toMatchObject({ status: 200, body: { settled: false, items: [{ status: "pending" }] } });
    expect(early.headers.get("preference-applied")).toBe("wait=0");
    const waiting = ask("respond-async, wait=50");
    await expect.poll(() => api.server.waits).toBe(1);
    await drain(api.store);
    expect(await waiting).toMatchObject({ status: 200, body: { settled: true, items: [{ status: "translated" }] } });
    expect((await ask("wait=100")).headers.get("preference-applied")).toBe("wait=60");
    const full = await openApi({ maxWaits: 0 });
    const refused = await full.ask("POST", "/translations:wait", { items: ["x"], targetLocale: "fr" });
    expect(refused).toMatchObject({ status: 503, body: { code: "TH_TOO_MANY_WAITS", retryable: true } });
    expect(refused.headers.get("retry-after")).toBe("5");
  });

  test("free the place of a wait whose caller is gone", async ({ api }) => {
    await registered(api, ["a"]);
    const leaving = new AbortController();
    const gone = fetch(`${api.url}/v1/projects/shop/translations:wait`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ items: [{ businessId: "a" }], targetLocale: "fr" }),
      signal: leaving.signal,
    });
    await expect.poll(() => api.server.waits).toBe(1);
    leaving.abort();
    await expect(gone).rejects.toThrow();
    await expect.poll(() => api.server.waits).toBe(0);
  });
});

test("a translation is judged", async ({ api }) => {
  const judged = await api.ask("POST", "/checks", { source: "Pay {n}", translation: "Payer" });
  expect(judged).toMatchObject({ status: 200, body: { blocked: [{ check: "placeholders" }] } });
});

describe("dead letters", () => {
  test("are listed by pages, counted before an act, replayed once, and purged", async ({ api }) => {
    await registered(api, ["a", "b", "c"], ["fr", "de"]);
    await drain(api.store, failing);
    const first = await api.ask<{ items: { id: string }[]; nextCursor: string }>(
      "GET",
      "/dead-letters?targetLocale=fr&limit=2",
    );
    expect(first).toMatchObject({
      status: 200,
      body: { items: [{ code: "TH_ENGINE_REFUSED", project: "shop", bestTry: null }, { targetLocale: "fr" }] },
    });
    const cursor = encodeURIComponent(first.body.nextCursor);
    expect((await api.ask("GET", `/dead-letters?targetLocale=fr&cursor=${cursor}`)).body.items).toHaveLength(1);
    expect(await api.ask("GET", `/dead-letters?targetLocale=de&cursor=${cursor}`)).toMatchObject({
      status: 400,
      body: { code: "TH_CURSOR" },
    });
    expect(await api.ask("GET", "/dead-letters?limit=0")).toMatchObject({
      status: 400,
      body: { field: "limit", hint: "It must be a whole number from 1 to 1000." },
    });
    const act = (verb: string, filter: object) => api.ask("POST", `/dead-letters:${verb}`, filter);
    expect((await act("replay", { targetLocale: "fr", dryRun: true })).body).toEqual({ dryRun: true, replayed: 3 });
    expect((await act("replay", { id: first.body.items[0]?.id })).body).toEqual({ dryRun: false, replayed: 1 });
    expect((await act("replay", { targetLocale: "fr" })).body).toMatchObject({ replayed: 2 });
    expect((await act("replay", { targetLocale: "fr" })).body).toMatchObject({ replayed: 0 });
    expect((await act("purge", { targetLocale: "fr", dryRun: true })).body).toEqual({ dryRun: true, purged: 0 });
    expect((await act("purge", {})).body).toEqual({ dryRun: false, purged: 3 });
    expect(await act("purge", { locale: "fr" })).toMatchObject({ status: 400, body: { field: "locale" } });
    expect((await api.ask("POST", "/v1/projects/other/dead-letters:replay", { dryRun: true })).body).toMatchObject({
      replayed: 0,
    });
  });
});

describe("an operator", () => {
  test("sees the state of a project without the names of others, and of the fleet", async ({ api }) => {
    await registered(api, ["a", "b"]);
    await api.ask("POST", "/v1/projects/other/requests", { items: ["x"], targetLocales: ["de"] });
    for (const project of ["other", "shop"]) await api.ask("POST", "/v1/pauses", { project });
    const own = await api.ask("GET", "/status");
    expect(own.body).toMatchObject({
      translations: { pending: 2 },
      locales: { fr: { pending: 2 } },
      paused: [{ name: "shop" }],
    });
    expect(JSON.stringify(own.body)).not.toContain("other");
    expect((await api.ask("GET", "/v1/status")).body).toMatchObject({ translations: { pending: 3 } });
  });

  test("pauses and resumes one thing after another", async ({ api }) => {
    const names = (answer: { body: Record<string, unknown> }) =>
      (answer.body.paused as { name: string }[]).map(({ name }) => name);
    expect(names(await api.ask("POST", "/v1/pauses", { engine: "openai" }))).toEqual(["openai"]);
    expect(names(await api.ask("POST", "/v1/pauses", { targetLocale: "pt_br" }))).toEqual(["openai", "pt-BR"]);
    expect(names(await api.ask("POST", "/v1/pauses", {}))).toEqual(["openai", null, "pt-BR"]);
    expect(await api.ask("POST", "/v1/pauses", { engine: "a", project: "b" })).toMatchObject({
      status: 422,
      body: { code: "TH_ITEM_SHAPE" },
    });
    expect(names(await api.ask("DELETE", "/v1/pauses?engine=openai"))).toEqual([null, "pt-BR"]);
    expect(names(await api.ask("GET", "/v1/pauses"))).toEqual([null, "pt-BR"]);
    expect(names(await api.ask("DELETE", "/v1/pauses"))).toEqual([]);
  });

  test("cancels the waiting work of a project, and forgets a text", async ({ api, db }) => {
    await registered(api, ["a", "b"], ["fr", "de"]);
    await api.ask("POST", "/v1/projects/a:b/requests", { items: ["x"], targetLocales: ["fr"] });
    expect((await api.ask("POST", "/v1/projects/shop:cancel", { targetLocale: "de" })).body).toEqual({ cancelled: 2 });
    expect((await api.ask("POST", "/v1/projects/a%3Ab:cancel", {})).body).toEqual({ cancelled: 1 });
    const forget = (given: object) => api.ask("POST", "/v1/projects/shop:forget", given);
    expect((await forget({ text: "Text of a", dryRun: true })).body).toEqual({
      dryRun: true,
      forgotten: 1,
      stillUsed: 0,
    });
    expect((await forget({ text: "Text of a" })).body).toEqual({ dryRun: false, forgotten: 1, stillUsed: 0 });
    expect(await forget({})).toMatchObject({ status: 422, body: { code: "TH_ITEM_SHAPE" } });
    expect(await value(db, "select count(*)::int from trans_hub.content where text = 'Text of a'")).toBe(0);
    expect(await value(db, "select count(*)::int from trans_hub.content where text = 'Text of b'")).toBe(1);
  });
});

test("budgets are set under the caller's name, listed and removed; usage is accounted", async ({ api }) => {
  const set = await api.ask("PUT", "/budgets/day", { amount: "2.50", currency: "USD" });
  expect(set.body).toMatchObject({
    budgets: [{ project: "shop", per: "day", amount: "2.5", setBy: "local", state: "ok" }],
  });
  expect(await api.ask("PUT", "/budgets/day", { amount: "-1", currency: "USD" })).toMatchObject({
    status: 422,
    body: { field: "amount" },
  });
  expect(await api.ask("PUT", "/budgets/year", { amount: "1", currency: "USD" })).toMatchObject({
    status: 400,
    body: { field: "per" },
  });
  expect(await api.ask("PUT", "/budgets/day", { amount: "1", currency: "USD", by: "boss" })).toMatchObject({
    status: 400,
  });
  expect((await api.ask("GET", "/budgets")).body.budgets).toHaveLength(1);
  expect((await api.ask("GET", "/v1/budgets")).body.budgets).toHaveLength(1);
  expect((await api.ask("GET", "/v1/projects/other/budgets")).body).toEqual({ budgets: [] });
  expect((await api.ask("DELETE", "/budgets/day")).body).toEqual({ removed: true });
  expect((await api.ask("DELETE", "/budgets/day")).body).toEqual({ removed: false });
  await registered(api, ["a"]);
  await drain(api.store);
  expect(await api.ask("GET", "/usage?by=engine,day&from=2020-01-01T00:00:00Z")).toMatchObject({
    status: 200,
    body: { rows: [], total: "0" },
  });
  expect(await api.ask("GET", "/v1/usage?by=nothing")).toMatchObject({ status: 400, body: { field: "by" } });
});
