/** The routes with the scope `catalog`: their walls, their answers, and that no answer stands on another one's texts. */
import { Coordinator } from "@trans-hub/core";
import type { Engine } from "@trans-hub/core/engine";
import type { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { type Api, test as base, type OpenApi } from "@trans-hub/test-support/http-api";
import { drain } from "@trans-hub/test-support/store";
import { expect } from "vitest";
import type { Principal, Scope } from "../auth/principal.ts";
import { ROUTES } from "./index.ts";

const ENGINE: Engine = {
  ...{ name: "openai", version: "1", processor: "third-party", maxItemsPerCall: 50, maxBytesPerCall: 32_768 },
  ...{ detectsSource: true, takesContext: true },
  translate: async () => ({ results: new Map() }),
};

/** Grants by a header, so that one server has callers of every kind. */
const authenticator = {
  isConfigured: async () => true,
  authenticate: async ({ headers }: { headers: Record<string, unknown> }): Promise<Principal> => {
    const given = JSON.parse(String(headers["x-grants"] ?? "{}")) as {
      scopes?: Scope[];
      projects?: string[];
      locales?: string[];
    };
    const { scopes = ["catalog"], projects = ["shop"], locales } = given;
    return {
      ...{ subject: "ci@example.com", kind: "token", projects, scopes: new Set(scopes) },
      ...(locales !== undefined && { locales: new Set(locales) }),
    };
  },
};

interface Given {
  openApi: OpenApi;
  store: PostgresPersistenceHandler;
}

const test = base.extend("api", async ({ openApi, store }: Given, { onCleanup }): Promise<Api> => {
  // With a cache, as servers have it.
  const hub = new Coordinator(store, { sourceLocale: "en" });
  onCleanup(() => hub.close());
  const engines = { openai: { "*": { inputPerMillion: 1, outputPerMillion: 4 } } };
  const fleet = {
    engines: async () => [{ ...ENGINE, targetLocales: ["fr", "de"] }],
    prices: { currency: "USD", asOf: "2026-11-28", engines },
    projectEngines: { barred: ["local"] },
  };
  return openApi({ authenticator, hub, store, fleet });
});

const grants = (given: object) => ({ "x-grants": JSON.stringify(given) });
const item = (text: string, more: object = {}) => ({ text, targetLocales: ["fr"], ...more });
const names = (...texts: string[]) => ({ items: texts.map((text) => ({ text })), targetLocale: "fr" });

const FAULT = `
  insert into trans_hub.rate_limit (engine, circuit, reason, open_until, faults, faulty_since, fault)
  values ('openai', 'open', 'TH_ENGINE_TRANSIENT', now() + interval '1 hour', 9, now(), 'account org-secret is away')`;

/** A request for each route, which a caller with every right may make. */
const REQUESTS: Readonly<Record<string, object | undefined>> = {
  catalogFacts: undefined,
  registerCatalog: { items: [item("Pay")] },
  readCatalog: names("Pay"),
  waitForCatalog: names("Pay"),
  contributeCatalog: { sourceLocale: "en", items: [item("Pay", { translation: "Payer", status: "translated" })] },
  approveCatalog: { text: "Pay", targetLocale: "fr", approvedText: "Payer" },
  listCatalog: { targetLocale: "fr" },
  estimateCatalog: { items: [], targetLocale: "fr", sourceLocale: "en" },
  catalogFleet: undefined,
};

test("each route wants the scope, stands behind the wall of its project, and touches no other locale", async ({
  api,
}) => {
  const routes = ROUTES.filter(({ scope }) => scope === "catalog");
  expect(routes.map(({ name }) => name).sort()).toEqual(Object.keys(REQUESTS).sort());
  await api.ask("POST", "/catalog:request", { items: [item("Pay")] });
  for (const { name, method, path, locale } of routes) {
    const ask = (given: object) =>
      api.ask(method, path.replace(":project", "shop"), REQUESTS[name], { prefer: "wait=0", ...grants(given) });
    expect((await ask({})).status, name).toBe(200);
    const others = ["request", "read", "export", "feed", "review", "operate", "admin"];
    expect((await ask({ scopes: others })).status, name).toBe(403);
    expect((await ask({ projects: ["other"] })).status, name).toBe(403);
    expect((await ask({ locales: ["fr"] })).status, name).toBe(200);
    expect((await ask({ locales: ["de"] })).status, name).toBe(locale === undefined ? 200 : 403);
  }
  // One locale of another is enough, and the counts of others are not told.
  const mixed = { items: [item("Pay"), { text: "Pay", targetLocales: ["fr", "de"] }] };
  expect((await api.ask("POST", "/catalog:request", mixed, grants({ locales: ["fr"] }))).status).toBe(403);
  expect((await api.ask("GET", "/catalog/fleet", undefined, grants({ locales: ["de"] }))).body).toMatchObject({
    locales: {},
  });
});

test("texts are registered, waited for and read, with their revision and as they are now", async ({
  api,
  openStore,
}) => {
  const items = [item("Pay", { businessId: "pay", hint: { note: "a button" } }), { text: "" }, item("Back")];
  expect((await api.ask("POST", "/catalog:request", { items, tag: "ci" })).body).toMatchObject({
    rejected: [{ at: 1, code: "TH_TEXT_EMPTY", message: expect.any(String) }],
  });
  const waited = await api.ask("POST", "/catalog:wait", names("Pay", "None"), { prefer: "wait=0" });
  expect(waited.body).toMatchObject({ items: [{ status: "pending", text: null }, null], settled: false });
  const settled = api.ask("POST", "/catalog:wait", names("Pay", "Back"), { prefer: "wait=30" });
  await drain(await openStore());
  expect((await settled).body).toMatchObject({ items: [{ text: "[fr] Pay" }, { text: "[fr] Back" }], settled: true });
  const before = await api.ask("POST", "/catalog:read", names("Pay"));
  expect(before.body).toMatchObject({ items: [{ text: "[fr] Pay" }] });
  // Another process approves: the next read has it, whatever this process remembers.
  const other = await openStore();
  await other.approve({
    reference: { project: "shop", targetLocale: "fr", text: "Pay", sourceLocale: "en", context: null, format: "auto" },
    text: "Payer",
  });
  const read = await api.ask<{ items: { revision: number }[] }>("POST", "/catalog:read", names("Pay"));
  expect(read.body).toMatchObject({ items: [{ status: "approved", text: "Payer", engine: "human" }] });
  expect(read.body.items[0]?.revision).toBeGreaterThan(0);
  expect(Object.keys(read.body.items[0] ?? {}).sort()).toEqual(["engine", "revision", "status", "text"]);
});

test("people's texts are stored under the token's name, and a bad one is named by its place", async ({ api, db }) => {
  const own = (text: string, translation: string, status = "approved") => item(text, { translation, status });
  const items = [own("Pay", "Payer"), own("Back", "Retour", "translated")];
  const outcomes = async () => (await api.ask("POST", "/catalog:contribute", { sourceLocale: "en", items })).body;
  expect(await outcomes()).toEqual({ outcomes: ["stored", "stored"] });
  expect(await outcomes()).toEqual({ outcomes: ["unchanged", "unchanged"] });
  const other = { sourceLocale: "en", items: [own("Pay", "Régler")] };
  expect((await api.ask("POST", "/catalog:contribute", other)).body).toEqual({ outcomes: ["kept"] });
  const approval = { text: "Pay", targetLocale: "fr", approvedText: "Régler {x}" };
  expect((await api.ask("POST", "/catalog:approve", approval)).body).toMatchObject({
    warnings: [{ check: "placeholders" }],
  });
  const { rows } = await db.query("select distinct approved_by from trans_hub.translation where status = 'approved'");
  expect(rows).toEqual([{ approved_by: "ci@example.com" }]);
  const bad = { sourceLocale: "en", items: [own("Pay", "Payer"), own("Pay", "a\u0000b")] };
  const refused = await api.ask("POST", "/catalog:contribute", bad);
  expect(refused).toMatchObject({ status: 422, body: { code: "TH_TEXT_CHARACTERS", field: "items[1].text" } });
  expect(JSON.stringify(refused.body)).not.toContain("Payer");
  expect(
    await api.ask("POST", "/catalog:contribute", {
      sourceLocale: "en",
      items: [{ ...own("Pay", "Payer"), by: "mia" }],
    }),
  ).toMatchObject({
    ...{ status: 400, body: { field: "items[0].by" } },
  });
});

test("estimates are made by the engines, prices and rules of the server", async ({ api }) => {
  expect((await api.ask("GET", "/catalog")).body).toEqual({
    engines: [{ name: "openai", processor: "third-party", targetLocales: ["fr", "de"] }],
    ...{ allowedEngines: null, prices: { currency: "USD", asOf: "2026-11-28" } },
    ...{ maxTextBytes: 1_048_576, maxItems: 10_000, maxBodyBytes: 4_194_304 },
  });
  const texts = Array.from({ length: 60 }, (_, at) => ({ text: `Text number ${at}`, context: null, format: "auto" }));
  const ask = async (body: object, project = "shop") => {
    const answer = await api.ask(
      "POST",
      `/v1/projects/${project}/catalog:estimate`,
      body,
      grants({ projects: [project] }),
    );
    return answer.body;
  };
  const body = { items: texts, targetLocale: "fr", sourceLocale: "en" };
  const estimate = await ask(body);
  expect(estimate).toMatchObject({ engine: "openai", calls: 2, characters: 0 });
  expect(Number(estimate.cost)).toBeGreaterThan(0);
  expect(await ask({ ...body, targetLocale: "FR" })).toEqual(estimate);
  expect(await ask({ ...body, targetLocale: "x!" })).toMatchObject({ status: 422, code: "TH_LOCALE" });
  expect(await ask({ ...body, targetLocale: "it" })).toMatchObject({ engine: null, calls: 0, cost: null });
  expect(await ask(body, "barred")).toMatchObject({ engine: null });
  const { body: barred } = await api.ask(
    "GET",
    "/v1/projects/barred/catalog",
    undefined,
    grants({ projects: ["barred"] }),
  );
  expect(barred).toMatchObject({ allowedEngines: ["local"] });
});

test("a list has every text of the project once, page by page, and no text of another", async ({ api }) => {
  const texts = Array.from({ length: 1_100 }, (_, at) => `Text ${String(at).padStart(4, "0")}`);
  await api.ask("POST", "/catalog:request", { items: texts.map((text) => item(text, { businessId: `id.${text}` })) });
  await api.hub.request(item("Of another"), { project: "other" });
  const found: { sourceText: string; businessIds: string[] }[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await api.ask<{ items: typeof found; nextCursor: string | null }>("POST", "/catalog:list", {
      targetLocale: "fr",
      status: "pending",
      ...(cursor && { cursor }),
    });
    expect(page.status).toBe(200);
    found.push(...page.body.items);
    cursor = page.body.nextCursor;
  } while (cursor !== null);
  expect(found.map(({ sourceText }) => sourceText).sort()).toEqual(texts);
  expect(found[0]?.businessIds).toEqual([`id.${found[0]?.sourceText}`]);
});

test("the state of the fleet says nothing of other projects, nor of the account of an engine", async ({ api, db }) => {
  await db.query(FAULT);
  await api.hub.request(item("Of another"), { project: "other" });
  await api.store.pause({ project: "other" });
  await api.store.pause({ targetLocale: "fr" });
  for (const project of ["other", "shop"]) {
    await api.store.setBudget({ project, per: "day", amount: "1", currency: "USD" });
  }
  const { body } = await api.ask("GET", "/catalog/fleet");
  expect(body).toMatchObject({
    translations: { pending: 0 },
    paused: [{ kind: "locale", name: "fr" }],
    budgets: [{ project: "shop" }],
    limits: [{ engine: "openai", circuit: "open", reason: "TH_ENGINE_TRANSIENT" }],
    now: expect.stringMatching(/Z$/),
  });
  expect(JSON.stringify(body)).not.toMatch(/other|org-secret/);
  const status = await api.ask("GET", "/status", undefined, grants({ scopes: ["read"] }));
  expect(status.body).toMatchObject({ limits: [{ engine: "openai" }] });
  expect(JSON.stringify(status.body)).not.toContain("org-secret");
});
