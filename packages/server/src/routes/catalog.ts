/**
 * Catalogs without a database: the requests of `trans-hub translate`, `import`, `estimate` and `check --stored` with `--server`.
 *
 * They have a scope of their own, so that a token of continuous integration can do this and no more: register texts, read those
 * that it names, and store people's.
 */
import { canonicalLocale, InvalidItemError } from "@trans-hub/core";
import { chainFor } from "@trans-hub/core/engine";
import {
  type Contribution,
  estimateCalls,
  formatAmount,
  mayAsk,
  parseItem,
  priceTable,
  type TextToEstimate,
} from "@trans-hub/core/store";
import { z } from "zod";
import { Budget, budgetOf } from "../budget.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { FleetSettings } from "../fleet-settings.ts";
import { Counts, concerns, EngineLimit, limitForProject, Pause, pauseOf } from "../fleet-state.ts";
import { HttpError } from "../problem.ts";
import { MAX_BODY_BYTES, MAX_ITEMS, MAX_NAMES, requireFewItems } from "../request-limits.ts";
import { defineRoute } from "../route.ts";
import { checkedByCore, FORMATS, Instant, Item, Locale, Name, present } from "../schema.ts";
import { localesOf, requireOwnProject } from "./requests.ts";
import { waitAsPreferred } from "./translations.ts";

const MAX_TEXT_BYTES = 1_048_576;
/** Texts of a page: each may be long. */
const PAGE_SIZE = 500;

const guard = { scope: "catalog", wall: "project" } as const;

const Text = z.strictObject({
  status: z.enum(["pending", "translated", "failed", "approved", "queued"]).describe("A later release may add some."),
  text: z.string().nullable(),
  engine: z.string().nullable(),
  revision: z.int(),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
});
type Text = z.input<typeof Text>;

function textOf({ status, text, engine, revision, error }: Text): Text {
  return { status, text, engine, revision, ...(error !== undefined && { error }) };
}

const SourceLocale = z.string().describe("BCP 47, or `und`. Of texts that name none; default: the server's.");

export const catalogFacts = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/catalog",
  name: "catalogFacts",
  summary: "The engines, prices and limits that hold for the texts of a project.",
  ...guard,
  answers: {
    200: z
      .strictObject({
        engines: z
          .array(
            z.strictObject({
              name: z.string(),
              processor: z.enum(["local", "third-party"]),
              targetLocales: z
                .array(z.string())
                .optional()
                .describe("Left out: every locale that no other engine is for."),
            }),
          )
          .describe("As the server's own settings name them, the active one first. Empty: they are not known."),
        allowedEngines: z
          .array(z.string())
          .nullable()
          .describe("Names, `local` and `third-party`: the engines that may get the project's texts. Null: all."),
        prices: z.strictObject({ currency: z.string(), asOf: z.string() }).nullable(),
        maxTextBytes: z.int(),
        maxItems: z.int().describe("Of one request."),
        maxBodyBytes: z.int(),
      })
      .meta({ id: "CatalogFacts" }),
  },
  async handle({ services: { fleet }, params: { project } }) {
    const { projectEngines = {}, prices, maxTextBytes = MAX_TEXT_BYTES } = fleet;
    const engines = (await fleet.engines?.()) ?? [];
    return {
      engines: engines.map(({ name, processor, targetLocales }) => ({
        ...{ name, processor },
        ...(targetLocales !== undefined && { targetLocales: [...targetLocales] }),
      })),
      allowedEngines: Object.hasOwn(projectEngines, project) ? [...(projectEngines[project] ?? [])] : null,
      prices: prices === undefined ? null : { currency: prices.currency, asOf: prices.asOf },
      ...{ maxTextBytes, maxItems: MAX_ITEMS, maxBodyBytes: MAX_BODY_BYTES },
    };
  },
});

/** No default stands for its target locales: the keys of a catalog are missing in some, and not in others. */
const OwnItem = Item.extend({ targetLocales: z.array(Locale).min(1).max(500) });

export const registerCatalog = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/catalog:request",
  name: "registerCatalog",
  summary: "Register the texts of a catalog, each for its own target locales.",
  description: "Repeat it as you like, unless an item says `force`: such an item is translated anew each time.",
  ...guard,
  locale: ({ body }) => localesOf(body.items),
  body: z.strictObject({
    items: checkedByCore(z.array(OwnItem).max(MAX_ITEMS)),
    sourceLocale: SourceLocale.optional(),
    tag: z.string().max(64).optional().describe("The name under which engine calls for the texts are booked."),
  }),
  answers: {
    200: z
      .strictObject({
        rejected: z
          .array(
            z.strictObject({
              at: z.int(),
              code: z.string(),
              message: z.string().describe("Without a word of any text."),
            }),
          )
          .describe("Items that were refused. The others are registered."),
      })
      .meta({ id: "CatalogReceipt" }),
  },
  async handle({ hub, params: { project }, body, signal }) {
    const { items, ...defaults } = body;
    requireList(items);
    requireOwnProject(items, project, (at) => `items[${at}]`);
    const { rejected } = await hub.request(items, { ...present(defaults), project, priority: "interactive", signal });
    return { rejected: rejected.map(({ index, code, message }) => ({ at: index, code, message })) };
  },
});

const Names = z.strictObject({
  items: z.array(Name).max(MAX_NAMES),
  targetLocale: Locale,
  sourceLocale: SourceLocale.optional(),
});

export const readCatalog = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/catalog:read",
  name: "readCatalog",
  summary: "Read the translations of a catalog's texts into one locale, as they are now.",
  ...guard,
  isRead: true,
  locale: ({ body }) => body.targetLocale,
  body: Names,
  answers: { 200: z.strictObject({ items: z.array(Text.nullable()) }).meta({ id: "CatalogTexts" }) },
  async handle({ hub, params: { project }, body }) {
    const { items, ...options } = body;
    // Never of the server's memory: a run after an approval writes the approved text.
    const { translations } = await hub.waitForTranslations(items, { ...present(options), project, timeoutMs: 0 });
    return { items: translations.map((found) => (found === undefined ? null : textOf(found))) };
  },
});

export const waitForCatalog = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/catalog:wait",
  name: "waitForCatalog",
  summary: "The same, once every text is translated, approved or failed for good, or the time is up.",
  description: "`Prefer: wait=30` says for how many seconds.",
  ...guard,
  isRead: true,
  isWait: true,
  locale: ({ body }) => body.targetLocale,
  body: Names,
  answers: {
    200: z.strictObject({ items: z.array(Text.nullable()), settled: z.boolean() }).meta({ id: "CatalogTextsWaited" }),
  },
  async handle({ params: { project }, body: { items, ...options }, ...call }) {
    const { translations, settled } = await waitAsPreferred(call, items, { ...present(options), project });
    return { items: translations.map((found) => (found === undefined ? null : textOf(found))), settled };
  },
});

const Translated = Item.extend({
  translation: z.string().min(1).describe("A person's translation into each of the target locales."),
  status: z
    .enum(["translated", "approved"])
    .describe("`translated`: a machine may replace it, if it is told to translate anew. `approved`: none does."),
});

export const contributeCatalog = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/catalog:contribute",
  name: "contributeCatalog",
  summary: "Store people's translations of a catalog's texts. No approved text is replaced.",
  description: "The person is the one that the token stands for. A repeated request changes nothing.",
  ...guard,
  locale: ({ body }) => localesOf(body.items),
  body: z.strictObject({
    items: z.array(Translated).max(MAX_ITEMS),
    sourceLocale: z.string().describe("BCP 47, or `und`. Of items that name none."),
  }),
  answers: {
    200: z
      .strictObject({
        outcomes: z
          .array(z.enum(["stored", "unchanged", "kept"]))
          .describe("In the order of the items. `kept`: a person approved another text, which stands."),
      })
      .meta({ id: "CatalogContributed" }),
  },
  async handle({ store, services: { fleet }, principal, params: { project }, body }) {
    const contributions = body.items.map((item, at) =>
      contributionOf(item, at, { project, fleet, body, by: principal.subject }),
    );
    return { outcomes: await store.contribute(contributions) };
  },
});

function contributionOf(
  { translation, status, ...item }: z.output<typeof Translated>,
  at: number,
  {
    project,
    fleet: { maxTextBytes = MAX_TEXT_BYTES },
    body: { sourceLocale },
    by,
  }: { project: string; fleet: FleetSettings; body: { sourceLocale: string }; by: string },
): Contribution {
  try {
    const defaults = { project, sourceLocale };
    const parsed = parseItem({ ...item, priority: "bulk" }, defaults, { maxTextBytes });
    // The same limits hold for a translation as for a text.
    parseItem({ text: translation, targetLocales: parsed.targetLocales }, defaults, { maxTextBytes });
    return { item: parsed, translation, status, by };
  } catch (error) {
    if (!(error instanceof InvalidItemError)) throw error;
    throw new InvalidItemError(error.code, `items[${at}].${error.field}`, "is not valid", { cause: error });
  }
}

export const approveCatalog = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/catalog:approve",
  name: "approveCatalog",
  summary: "Approve a person's translation of one text of a catalog, in the place of another approved text too.",
  ...guard,
  locale: ({ body }) => body.targetLocale,
  body: Name.extend({ targetLocale: Locale, approvedText: z.string().min(1) }),
  answers: {
    200: z
      .strictObject({
        warnings: z.array(
          z.strictObject({ check: z.string(), message: z.string().describe("Without a word of any text.") }),
        ),
      })
      .meta({ id: "CatalogApproved" }),
  },
  problems: [404],
  async handle({ hub, principal, params: { project }, body }) {
    const { warnings } = await hub.approve({ ...present(body), project, by: principal.subject });
    return { warnings: warnings.map(({ check, message }) => ({ check, message })) };
  },
});

export const listCatalog = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/catalog:list",
  name: "listCatalog",
  summary: "List the texts of a project with their translations into one locale.",
  ...guard,
  isRead: true,
  locale: ({ body }) => body.targetLocale,
  body: z.strictObject({
    targetLocale: Locale,
    status: z.enum(["pending", "translated", "failed", "approved"]).optional(),
    cursor: z.string().max(4_096).optional().describe("`nextCursor` of the page before, with the same filter."),
  }),
  answers: {
    200: z
      .strictObject({
        items: z.array(
          Text.extend({
            sourceLocale: z.string(),
            sourceText: z.string(),
            context: z.record(z.string(), z.unknown()).nullable(),
            businessIds: z.array(z.string()),
          }),
        ),
        nextCursor: z.string().nullable().describe("The cursor of the next page; null: this is the last one."),
      })
      .meta({ id: "CatalogPage" }),
  },
  async handle({ store, params: { project }, body }) {
    const { cursor, ...given } = body;
    const targetLocale = canonicalLocale(given.targetLocale, "targetLocale");
    const filter = { ...present(given), targetLocale, project };
    const bound = { list: "catalog", ...filter };
    const page = await store.list(filter, {
      limit: PAGE_SIZE,
      ...(cursor !== undefined && { cursor: decodeCursor(cursor, bound) }),
    });
    return {
      items: page.items.map(({ sourceLocale, sourceText, context, businessIds, ...found }) => ({
        ...textOf(found),
        ...{ sourceLocale, sourceText, context, businessIds },
      })),
      nextCursor: page.nextCursor === null ? null : encodeCursor(page.nextCursor, bound),
    };
  },
});

export const estimateCatalog = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/catalog:estimate",
  name: "estimateCatalog",
  summary: "Estimate the calls, tokens and cost of translating texts into one locale. Nothing is sent or stored.",
  ...guard,
  isRead: true,
  locale: ({ body }) => body.targetLocale,
  body: z.strictObject({
    items: z
      .array(
        z.strictObject({
          text: z.string(),
          context: z.record(z.string(), z.unknown()).nullable(),
          format: z.enum(FORMATS),
          hint: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
        }),
      )
      .max(MAX_ITEMS),
    targetLocale: Locale,
    sourceLocale: SourceLocale,
  }),
  answers: {
    200: z
      .strictObject({
        engine: z.string().nullable().describe("Null: no engine is known for the locale, and nothing was estimated."),
        calls: z.int(),
        inputTokens: z.number(),
        outputTokens: z.number(),
        characters: z.number().describe("Of source text, where the engine counts characters."),
        cost: z.string().nullable().describe("A decimal number in the currency of the prices. Null: it is not known."),
        promptBytes: z.number(),
        parts: z.strictObject({ texts: z.number(), instructions: z.number(), contexts: z.number() }),
      })
      .meta({ id: "CatalogEstimate" }),
  },
  async handle({ services: { fleet }, params: { project }, body }) {
    const { items, sourceLocale } = body;
    const targetLocale = canonicalLocale(body.targetLocale, "targetLocale");
    const { projectEngines = {}, prices, instructions, batchSize = 50 } = fleet;
    const engines = (await fleet.engines?.()) ?? [];
    const [engine] = chainFor(engines, targetLocale).filter((each) => mayAsk(projectEngines, project, each));
    if (engine === undefined) return { engine: null, ...NOTHING };
    const { cost, ...estimate } = estimateCalls(engine, items as readonly TextToEstimate[], {
      ...{ project, sourceLocale, targetLocale, batchSize, instructions },
      prices: prices && priceTable(prices),
    });
    return { engine: engine.name, ...estimate, cost: cost === undefined ? null : formatAmount(cost) };
  },
});

const NOTHING = {
  ...{ calls: 0, inputTokens: 0, outputTokens: 0, characters: 0, cost: null, promptBytes: 0 },
  parts: { texts: 0, instructions: 0, contexts: 0 },
};

export const catalogFleet = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/catalog/fleet",
  name: "catalogFleet",
  summary: "Why the texts of a project wait: counts, workers, pauses, budgets, and engines that get no calls.",
  description: "Of other projects it says nothing.",
  ...guard,
  answers: {
    200: z
      .strictObject({
        now: Instant.describe("By the clock of the server."),
        translations: Counts,
        locales: z.record(z.string(), Counts),
        jobs: z.strictObject({ ready: z.int(), running: z.int(), scheduled: z.int() }),
        inbox: z.int(),
        workers: z.array(z.strictObject({ locales: z.array(z.string()).nullable().describe("Null: all.") })),
        paused: z.array(Pause),
        limits: z.array(EngineLimit),
        budgets: z.array(Budget),
      })
      .meta({ id: "CatalogFleet" }),
  },
  async handle({ store, params: { project }, principal: { locales: own } }) {
    const status = await store.status(project);
    const mine = Object.entries(status.locales).filter(([locale]) => own === undefined || own.has(locale));
    return {
      now: new Date().toISOString(),
      translations: status.translations,
      locales: Object.fromEntries(mine),
      jobs: status.jobs,
      inbox: status.inbox,
      workers: status.workers.map(({ locales }) => ({ locales })),
      paused: status.paused.filter((pause) => concerns(project, pause)).map(pauseOf),
      limits: status.limits.map(limitForProject),
      budgets: status.budgets.filter((budget) => budget.project === project).map(budgetOf),
    };
  },
});

function requireList(items: unknown): asserts items is unknown[] {
  if (!Array.isArray(items))
    throw new HttpError("TH_HTTP_REQUEST", { field: "items", hint: "It must be of the type array." });
  requireFewItems(items);
}
