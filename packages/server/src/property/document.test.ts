/**
 * Random requests made from the OpenAPI document: each answer is one that the document admits, no answer is a 500, none takes
 * five seconds, and every documented status is reached.
 *
 * `TH_TEST_SEED` and `TH_TEST_PATH` repeat a failing run, `TH_TEST_RUNS` makes a run long.
 */
import { request as send } from "node:http";
import { Coordinator } from "@trans-hub/core";
import { holdKeys } from "@trans-hub/test-support/held-keys";
import { type Api, test } from "@trans-hub/test-support/http-api";
import { drain, failed, workOf } from "@trans-hub/test-support/store";
import fc from "fast-check";
import { expect } from "vitest";
import type { Authenticator } from "../auth/authenticator.ts";
import { type Principal, SCOPES } from "../auth/principal.ts";
import type { OpenApiDocument, Operation } from "../openapi.ts";
import { HttpError } from "../problem.ts";
import { WebhookDesk } from "../webhooks/desk.ts";
import { Oracle, type SeenAnswer } from "./oracle.ts";
import { requestsOf } from "./requests.ts";
import { IDS, TEXTS } from "./values.ts";
import { askWebhooks } from "./webhook-requests.ts";

const { TH_TEST_SEED: given, TH_TEST_PATH: path, TH_TEST_RUNS: runs = "500" } = process.env;
const seed = given === undefined ? Date.now() % 2 ** 31 : Number(given);

/** Longest time of an answer, on a busy machine too. Milliseconds. */
const LONGEST_MS = 5_000;

const ALL: Principal = { subject: "anna", projects: "*", scopes: new Set(SCOPES), kind: "token", tokenId: "t1" };

/** Knows the token `all`, and `some`: one for another project, without rights of an operator. */
const authenticator: Authenticator = {
  async authenticate({ headers: { authorization } }) {
    if (authorization === "Bearer some") return { ...ALL, projects: ["own"], scopes: new Set(["request"]) };
    if (authorization !== undefined && authorization !== "Bearer all") throw new HttpError("TH_UNAUTHORIZED");
    return ALL;
  },
  isConfigured: async () => true,
};

interface Sent {
  method: string;
  target: string;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer | undefined;
}

/** Plain node:http: a path, a header and a body go as they are. */
function ask(api: Api, { method, target, headers = {}, body }: Sent): Promise<SeenAnswer & { ms: number }> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = send({ host: "127.0.0.1", port: api.server.port, method, path: target, headers }, (response) => {
      const chunks: Buffer[] = [];
      const contentType = response.headers["content-type"] ?? null;
      const answered = () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, contentType, text, ms: performance.now() - startedAt });
      };
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        // A stream of events has no end: its first lines are the answer.
        if (contentType?.startsWith("text/event-stream")) {
          answered();
          response.destroy();
        }
      });
      response.on("end", answered);
    });
    // A refused body may end the connection before all of it is sent; the answer came first.
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

test("every answer to a request made from the document is one that the document admits", async ({ openApi, db }) => {
  const api = await openApi({ authenticator });
  const document = JSON.parse((await ask(api, { method: "GET", target: "/v1/openapi.json" })).text) as OpenApiDocument;
  const oracle = new Oracle(document);
  await furnish(api);
  console.info(`requests from the document: TH_TEST_SEED=${seed} TH_TEST_RUNS=${runs}`);
  await fc.assert(
    fc.asyncProperty(requestsOf(document), async ({ path: place, method, operation, ...request }) => {
      const answer = await ask(api, { method, ...request });
      const faults = oracle.faults(place, method, operation, answer);
      if (answer.status === 404 && request.fault === "a parameter is hostile") return;
      expect(faults, `${method} ${request.target.slice(0, 200)}: ${answer.text.slice(0, 300)}`).toEqual([]);
      expect(answer.ms).toBeLessThan(LONGEST_MS);
    }),
    { numRuns: Number(runs), seed, ...(path !== undefined && { path }), endOnFailure: true },
  );

  // Statuses that chance seldom reaches.
  const directed = async (on: Api, operationId: string, request: Partial<Sent> & { json?: unknown }) => {
    const [place, method, operation] = operationOf(document, operationId);
    const { json, headers, ...own } = request;
    const target = place.replace("{project}", "shop").replace("{per}", "day");
    const type: Record<string, string> = json === undefined ? {} : { "content-type": "application/json" };
    const sent = {
      method,
      target,
      headers: { ...type, ...headers },
      ...(json !== undefined && { body: Buffer.from(JSON.stringify(json)) }),
      ...own,
    };
    const answer = await ask(on, sent);
    expect(oracle.faults(place, method, operation, answer), `${operationId}: ${answer.text}`).toEqual([]);
    return answer;
  };
  const pay = { items: ["Pay"], targetLocales: ["fr"] };
  // Whatever the random acts have paused or cancelled.
  await api.hub.resume({});
  await api.hub.request({ text: "Settled", businessId: "settled" }, { project: "shop", targetLocales: ["fr"] });
  await drain(api.store);
  const one = "/v1/projects/shop/translations?businessId=settled&locale=fr";
  const { revision } = JSON.parse((await directed(api, "getTranslation", { target: one })).text);
  await directed(api, "getTranslation", { target: one, headers: { "if-none-match": `"${revision}"` } });
  await directed(api, "getTranslation", { target: one.replace("settled", "none") });
  for (const [operationId, json] of Object.entries({
    request: pay,
    readTranslations: { items: ["Pay"], targetLocale: "fr" },
    listTranslations: { targetLocale: "fr" },
    checkText: { source: "a", translation: "b" },
    replayDeadLetters: { dryRun: true },
    purgeDeadLetters: { dryRun: true },
    cancel: { businessIdPrefix: "none" },
    forget: { businessId: "none" },
    setBudget: { amount: "1", currency: "USD" },
    pause: { engine: "none" },
  })) {
    await directed(api, operationId, { json });
  }
  const { revision: glossary } = JSON.parse((await directed(api, "getGlossary", {})).text);
  await directed(api, "getGlossary", { headers: { "if-none-match": "*" } });
  const terms = { terms: [{ term: "board", sourceLocale: "en", targets: { fr: { as: "plateau" } } }] };
  for (const tag of [undefined, `"${glossary + 1}"`, `"${glossary}"`])
    await directed(api, "putGlossary", { json: terms, ...(tag !== undefined && { headers: { "if-match": tag } }) });
  for (const [operationId, place] of [
    ["listEvents", "events"],
    ["streamEvents", "events/stream"],
  ] as const) {
    for (const after of ["now", "0.1"]) {
      await directed(api, operationId, { target: `/v1/projects/shop/${place}?after=${after}` });
    }
  }
  await directed(api, "waitForTranslations", {
    json: { items: ["Pay"], targetLocale: "fr" },
    headers: { prefer: "wait=0" },
  });
  const locale = { targetLocale: "fr", sourceLocale: "en" };
  for (const [operationId, json] of Object.entries({
    registerCatalog: { items: [{ text: "Pay", targetLocales: ["fr"] }] },
    readCatalog: { items: [{ text: "Pay" }], ...locale },
    waitForCatalog: { items: [{ text: "Pay" }], ...locale },
    contributeCatalog: { items: [], sourceLocale: "en" },
    approveCatalog: { text: "Pay", approvedText: "Payer", ...locale },
    listCatalog: { targetLocale: "fr" },
    estimateCatalog: { items: [], ...locale },
    catalogFacts: undefined,
    catalogFleet: undefined,
  })) {
    await directed(api, operationId, { ...(json && { json }), headers: { prefer: "wait=0" } });
  }
  await directed(api, "approveCatalog", { json: { text: "Never requested", approvedText: "x", ...locale } });
  for (const operationId of ["listDeadLetters", "projectStatus", "projectUsage", "listBudgets", "removeBudget"])
    await directed(api, operationId, {});
  for (const operationId of ["fleetStatus", "listPauses", "resume", "fleetUsage", "fleetBudgets", "openApi"])
    await directed(api, operationId, {});
  const webhooks = new WebhookDesk({ key: "k".repeat(43), allow: ["127.0.0.1"] });
  const hooked = await openApi({ authenticator, webhooks });
  await askWebhooks(async (operationId, target, json) => {
    const { text } = await directed(hooked, operationId, { target, json });
    return text === "" ? {} : JSON.parse(text);
  }, `${api.url}/none`);
  await directed(api, "request", { json: pay, headers: { authorization: "Bearer x" } });
  await directed(api, "request", { json: pay, headers: { authorization: "Bearer some" } });
  await directed(api, "request", { json: pay, headers: { "content-type": "text/plain" } });
  await directed(api, "request", { json: { ...pay, items: Array(10_001).fill("x") } });
  await directed(api, "request", { json: { items: {} } });
  await directed(api, "request", { json: { ...pay, unknown: 1 } });
  const keys = await holdKeys(db);
  const first = directed(api, "request", { json: pay, headers: { "idempotency-key": "busy" } });
  await keys.running();
  expect(await directed(api, "request", { json: pay, headers: { "idempotency-key": "busy" } })).toMatchObject({
    status: 409,
  });
  await keys.release();
  await first;
  // Exports, and acts by id. The ids of Danish want one place.
  const project = "/v1/projects/shop";
  const clash = ["k.json#a", "k.json#a.b"].map((businessId) => ({ text: businessId, businessId }));
  await directed(api, "request", { json: { items: clash, targetLocales: ["da"] } });
  for (const [operationId, target] of [
    ["exportLocale", "da.json"],
    ["exportNamespace", "da/k.json"],
    ["exportNamespace", "da/none.json"],
    ["exportNamespace", "da/k.json?shape=flat"],
    ["exportLocale", "da.json?shape=flat&prefer=approved"],
  ] as const) {
    const { status } = await directed(api, operationId, { target: `${project}/locales/${target}` });
    const headers = { "if-none-match": "*" };
    if (status === 200) await directed(api, operationId, { target: `${project}/locales/${target}`, headers });
  }
  const { id } = JSON.parse((await directed(api, "getTranslation", { target: one })).text);
  const own = `${project}/translations/fr/${id}`;
  await directed(api, "getTranslationById", { target: own });
  await directed(api, "getTranslationById", { target: own, headers: { "if-none-match": "*" } });
  await directed(api, "getTranslationById", { target: `${project}/translations/fr/999999-0` });
  const approve = (tag: string | undefined, target = own) =>
    directed(api, "approveTranslation", {
      target: `${target}:approve`,
      json: {},
      ...(tag !== undefined && { headers: { "if-match": tag } }),
    });
  await approve(undefined);
  await approve('"1"');
  await approve('"1"', `${project}/translations/fr/999999-0`);
  const current = JSON.parse((await directed(api, "getTranslation", { target: one })).text);
  await approve(`"${current.revision}"`);
  await askReviews(
    (operationId, target, tag) =>
      directed(api, operationId, { target, json: {}, ...(tag !== undefined && { headers: { "if-match": tag } }) }),
    own,
  );
  await directed(api, "getHistory", { target: `${own}/history` });
  await directed(api, "whyTranslation", { target: `${own}/why` });
  await directed(api, "whyTranslation", { target: `${project}/translations/fr/999999-0/why` });
  for (const kind of ["approve", "undo"]) {
    await directed(api, "reviewTranslations", { json: { items: [{ kind, id, targetLocale: "fr", revision: 1 }] } });
  }
  // A backlog that is full, no room for waits, and a database that is gone.
  const hub = new Coordinator(api.store, { maxBacklog: 1 });
  const full = await openApi({ authenticator, hub, maxWaits: 0 });
  const backlog = { items: { text: `A new text ${seed}`, targetLocales: ["fr", "de"] } };
  expect(await directed(full, "request", { json: backlog })).toMatchObject({ status: 429 });
  expect(await directed(full, "waitForTranslations", { json: { items: ["x"], targetLocale: "fr" } })).toMatchObject({
    status: 503,
  });
  await hub.close();
  expect(await directed(full, "request", { json: backlog })).toMatchObject({ status: 503 });
  expect(oracle.missing).toEqual([]);
  expect((await db.query("select from trans_hub.translation where text is not null limit 1")).rowCount).toBe(1);
});

/** Every answer of the acts on an approved text. */
async function askReviews(
  ask: (operationId: string, target: string, tag?: string) => Promise<SeenAnswer>,
  own: string,
): Promise<void> {
  const missing = own.replace(/[^/]+$/, "999999-0");
  for (const [operationId, kind] of [
    ["reopenTranslation", "reopen"],
    ["rejectTranslation", "reject"],
    ["undoReview", "undo"],
  ] as const) {
    await ask(operationId, `${own}:${kind}`);
    await ask(operationId, `${missing}:${kind}`, '"1"');
    let answer = await ask(operationId, `${own}:${kind}`, '"999999"');
    let { revision } = JSON.parse(answer.text).current;
    do {
      answer = await ask(operationId, `${own}:${kind}`, `"${revision}"`);
      ({ revision } = JSON.parse(answer.text));
    } while (kind !== "reject" && answer.status === 200);
  }
}

/** Texts in each state. */
async function furnish({ hub, store }: Api): Promise<void> {
  const items = TEXTS.map((text, at) => ({ text, ...(IDS[at] !== undefined && { businessId: IDS[at] }) }));
  await hub.request(items.slice(0, 3), { project: "shop", targetLocales: ["fr", "de"] });
  await drain(store);
  await hub.request(items, { project: "shop", targetLocales: ["zh-Hans"] });
  await drain(
    store,
    workOf(() => failed()),
  );
  await hub.request(items, { project: "shop", targetLocales: ["pt-BR"] });
}

function operationOf(
  document: OpenApiDocument,
  operationId: string,
): [path: string, method: string, operation: Operation] {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (operation.operationId === operationId) return [path, method.toUpperCase(), operation];
    }
  }
  throw new Error(`the document has no operation ${operationId}`);
}
