/** Reading, listing and waiting for translations. */
import { type Coordinator, canonicalLocale, TranslationNotFoundError, type WaitOptions } from "@trans-hub/core";
import { isSettled } from "@trans-hub/core/store";
import { z } from "zod";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { MAX_NAMES, requireFewNames } from "../request-limits.ts";
import { type Call, defineRoute } from "../route.ts";
import { BusinessId, FORMATS, Locale, Name, Outdated, Preference, present, Translation } from "../schema.ts";
import { listsTag, notModified, tagOf } from "../tags.ts";

const MAX_WAIT_SECONDS = 60;
const DEFAULT_WAIT_SECONDS = 30;

const Names = z
  .array(z.union([z.string().min(1), Name]))
  .describe(`At most ${MAX_NAMES} texts or business ids. A string is short for \`{text}\`.`);

/** Fields that a name may leave out. */
const nameDefaults = {
  sourceLocale: z.string().optional().describe("Of texts that name none. Default: the server's."),
  format: z.enum(FORMATS).optional(),
};

const Found = z
  .strictObject({
    items: z.array(Translation.nullable()).describe("In the order of the request; null: never requested."),
  })
  .meta({ id: "FoundTranslations" });

export const readTranslations = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/translations:read",
  name: "readTranslations",
  summary: "Read translations into one locale, by their texts or business ids.",
  description: "The answer may come from the server's memory, and is then at most `TH_CACHE_TTL_SECONDS` old.",
  scope: "read",
  wall: "project",
  isRead: true,
  locale: ({ body }) => body.targetLocale,
  body: z.strictObject({
    items: Names,
    targetLocale: Locale,
    fallback: z
      .boolean()
      .optional()
      .describe("Answer a locale without a text by the locale that it falls back to: `fr-CA`, then `fr`."),
    prefer: Preference.optional(),
    outdated: Outdated.optional(),
    ...nameDefaults,
  }),
  answers: { 200: Found },
  async handle({ hub, params: { project }, body }) {
    const { items, ...options } = body;
    requireFewNames(items);
    const found = await hub.getTranslations(items, { ...present(options), project });
    return { items: found.map((translation) => translation ?? null) };
  },
});

export const getTranslation = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/translations",
  name: "getTranslation",
  summary: "Read one translation by its business id.",
  description:
    "`ETag` is the revision: pass it as `If-Match` to approve what was read. While the text waits to be translated, the tag is weak, and no 304 is answered.",
  scope: "read",
  wall: "project",
  locale: ({ query }) => query.locale,
  query: z.strictObject({
    businessId: BusinessId,
    locale: Locale,
    fallback: z.enum(["true", "false"]).optional(),
    prefer: Preference.optional(),
    outdated: Outdated.optional(),
  }),
  answers: { 200: Translation, 304: null },
  problems: [404],
  async handle({ hub, params: { project }, query, headers, reply }) {
    const { businessId, fallback, prefer, outdated } = query;
    const targetLocale = canonicalLocale(query.locale, "locale");
    if (targetLocale !== query.locale) {
      const canonical = new URLSearchParams({
        businessId,
        locale: targetLocale,
        ...(fallback && { fallback }),
        ...(prefer && { prefer }),
        ...(outdated && { outdated }),
      });
      reply.header("content-location", `?${canonical}`);
    }
    const found = await hub.getTranslation({
      businessId,
      targetLocale,
      project,
      fallback: fallback === "true",
      prefer,
      outdated,
    });
    if (found === undefined) throw new TranslationNotFoundError("there is no such translation");
    const tag = tagOf(found);
    reply.header("etag", tag).header("cache-control", "private, no-cache");
    if (isSettled(found) && listsTag(headers["if-none-match"], tag)) return notModified(reply);
    return found;
  },
});

const Waited = z
  .strictObject({
    items: z.array(Translation.nullable()).describe("In the order of the request; null: not requested yet."),
    settled: z.boolean().describe("Whether every text is translated, approved or failed for good. False: ask again."),
  })
  .meta({ id: "WaitedTranslations" });

export const waitForTranslations = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/translations:wait",
  name: "waitForTranslations",
  summary: "Wait until texts are translated, approved or failed for good.",
  description: `\`Prefer: wait=30\` says for how many seconds, ${MAX_WAIT_SECONDS} at most; the default is ${DEFAULT_WAIT_SECONDS}. When the time is up, the answer is 200 with \`settled: false\`.`,
  scope: "read",
  wall: "project",
  isRead: true,
  isWait: true,
  locale: ({ body }) => body.targetLocale,
  body: z.strictObject({ items: Names, targetLocale: Locale, ...nameDefaults }),
  answers: { 200: Waited },
  async handle({ params: { project }, body: { items, ...options }, ...call }) {
    requireFewNames(items);
    const { translations, settled } = await waitAsPreferred(call, items, { ...present(options), project });
    return { items: translations.map((translation) => translation ?? null), settled };
  },
});

/** Waits for as long as the caller prefers, in one of the places for requests that wait. */
export async function waitAsPreferred(
  {
    hub,
    services,
    headers,
    reply,
    signal,
  }: Pick<Call<unknown, unknown, unknown>, "hub" | "services" | "headers" | "reply" | "signal">,
  items: Parameters<Coordinator["waitForTranslations"]>[0],
  options: Omit<WaitOptions, "timeoutMs" | "signal">,
): ReturnType<Coordinator["waitForTranslations"]> {
  const seconds = waitSeconds(headers.prefer);
  const found = await services.waits.hold(() =>
    hub.waitForTranslations(items, {
      ...options,
      timeoutMs: seconds * 1_000,
      signal: AbortSignal.any([signal, services.stopping]),
    }),
  );
  reply.header("preference-applied", `wait=${seconds}`);
  return found;
}

/** RFC 7240. */
function waitSeconds(prefer: string | string[] | undefined): number {
  const [, seconds] = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(String(prefer ?? "")) ?? [];
  return seconds === undefined ? DEFAULT_WAIT_SECONDS : Math.min(MAX_WAIT_SECONDS, Number(seconds));
}

const ListedTranslation = Translation.extend({
  reason: z
    .string()
    .optional()
    .describe("In the queue: `flagged`, `changed` or `sample`. A later release may add some."),
}).meta({ id: "ListedTranslation" });

const Listed = z
  .strictObject({
    items: z.array(ListedTranslation),
    nextCursor: z.string().nullable().describe("Of the next page; null: this is the last one."),
    lookedAt: z
      .int()
      .describe("The rows that were looked at. A page ends after some thousands, also with few hits or none."),
  })
  .meta({ id: "TranslationPage" });

const Filter = z.strictObject({
  targetLocale: Locale,
  status: z.enum(["pending", "translated", "failed", "approved"]).optional(),
  check: z.string().min(1).max(64).optional().describe("Texts that were stored with this warning, such as `length`."),
  engine: z.string().min(1).max(255).optional(),
  businessIdPrefix: BusinessId.optional(),
  search: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe("Words in the source text or in the translation, whatever their case."),
  changedSince: z.iso.datetime({ offset: true }).optional(),
  queue: z
    .boolean()
    .optional()
    .describe(
      "Only texts that a person has to look at, each with its `reason`: with a warning first, then changed since a person decided, then a sample of the rest. A text leaves the queue by an act of a person.",
    ),
  sample: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe("With `queue`: the sample, in percent of the rest. Default 10."),
});

export const listTranslations = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/translations:list",
  name: "listTranslations",
  summary: "List translations into one locale, in the order of their business ids.",
  description:
    "A page costs a bounded number of looks. So it may have fewer items than `limit`, or none, and still a `nextCursor`.",
  scope: "read",
  wall: "project",
  isRead: true,
  locale: ({ body }) => body.targetLocale,
  body: Filter.extend({
    cursor: z.string().max(4_096).optional().describe("`nextCursor` of the page before, with the same filter."),
    limit: z.int().min(1).max(1_000).optional().describe("Default 100."),
  }),
  answers: { 200: Listed },
  async handle({ hub, params: { project }, body }) {
    const { cursor, limit, changedSince, check, ...given } = body;
    const targetLocale = canonicalLocale(given.targetLocale, "targetLocale");
    const filter = { ...present(given), targetLocale, project, ...(check !== undefined && { flag: check }) };
    const bound = { list: "translations", ...filter, changedSince };
    const page = await hub.listForReview({
      ...filter,
      ...(changedSince !== undefined && { changedSince: new Date(changedSince) }),
      ...(cursor !== undefined && { cursor: decodeCursor(cursor, bound) }),
      ...(limit !== undefined && { limit }),
    });
    return { ...page, nextCursor: page.nextCursor === null ? null : encodeCursor(page.nextCursor, bound) };
  },
});
