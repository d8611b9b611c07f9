/** Texts past their last attempt. */
import type { DeadLetter as CoreDeadLetter, DeadLetterFilter } from "@trans-hub/core";
import { z } from "zod";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { defineRoute } from "../route.ts";
import { Instant, Locale, limitQuery, present } from "../schema.ts";

const Attempt = z.strictObject({
  at: Instant,
  engine: z.string().nullable(),
  code: z.string(),
  message: z.string(),
});

const DeadLetter = z
  .strictObject({
    id: z.string(),
    project: z.string(),
    sourceLocale: z.string(),
    targetLocale: z.string(),
    sourceText: z.string(),
    context: z.record(z.string(), z.unknown()).nullable(),
    code: z.string(),
    message: z.string(),
    engine: z.string().nullable(),
    failedAt: Instant,
    attempts: z.array(Attempt).describe("Oldest first."),
    bestTry: z
      .strictObject({ text: z.string(), failedChecks: z.array(z.string()) })
      .nullable()
      .describe("The best translation of the last attempt, which failed a blocking check."),
  })
  .meta({ id: "DeadLetter" });

const filter = {
  targetLocale: Locale.optional(),
  engine: z.string().min(1).max(255).optional(),
  code: z.string().min(1).max(64).optional(),
  since: z.iso.datetime({ offset: true }).optional().describe("Failed at this time or later."),
};

type Given = { [Name in keyof typeof filter]?: string | undefined } & { id?: string | undefined };

function filterOf({ since, ...given }: Given, project: string): DeadLetterFilter {
  return { ...present(given), project, ...(since !== undefined && { since: new Date(since) }) };
}

export const listDeadLetters = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/dead-letters",
  name: "listDeadLetters",
  summary: "List open dead letters, oldest first.",
  scope: "read",
  wall: "project",
  locale: ({ query }) => query.targetLocale,
  query: z.strictObject({ ...filter, cursor: z.string().max(1_024).optional(), limit: limitQuery.optional() }),
  answers: {
    200: z
      .strictObject({ items: z.array(DeadLetter), nextCursor: z.string().nullable() })
      .meta({ id: "DeadLetterPage" }),
  },
  async handle({ hub, params: { project }, query }) {
    const { cursor, limit, ...given } = query;
    const bound = { list: "dead-letters", project, ...given };
    const page = await hub.listDeadLetters({
      ...filterOf(given, project),
      withBestTry: true,
      ...(cursor !== undefined && { cursor: decodeCursor(cursor, bound) }),
      ...(limit !== undefined && { limit }),
    });
    return {
      items: page.items.map(letterOf),
      nextCursor: page.nextCursor === null ? null : encodeCursor(page.nextCursor, bound),
    };
  },
});

function letterOf({ failedAt, bestTry = null, ...letter }: CoreDeadLetter): z.input<typeof DeadLetter> {
  return { ...letter, failedAt: failedAt.toISOString(), bestTry };
}

const Selection = z.strictObject({
  id: z.string().max(18).optional(),
  ...filter,
  dryRun: z.boolean().optional().describe("Count, and change nothing. Default: false."),
});

export const replayDeadLetters = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/dead-letters:replay",
  name: "replayDeadLetters",
  summary:
    "Put dead letters back to work: those of a filter, or all of the project. Each goes once, however often it is asked.",
  scope: "operate",
  wall: "project",
  locale: ({ body }) => body.targetLocale,
  body: Selection,
  answers: {
    200: z.strictObject({ dryRun: z.boolean(), replayed: z.int() }).meta({ id: "ReplayReport" }),
  },
  async handle({ hub, params: { project }, body: { dryRun = false, ...given } }) {
    const letters = filterOf(given, project);
    return { dryRun, replayed: dryRun ? await hub.countDeadLetters(letters) : await hub.replayDeadLetters(letters) };
  },
});

export const purgeDeadLetters = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/dead-letters:purge",
  name: "purgeDeadLetters",
  summary: "Remove dead letters and their failed translations: those of a filter, or all of the project.",
  scope: "operate",
  wall: "project",
  locale: ({ body }) => body.targetLocale,
  body: Selection,
  answers: {
    200: z.strictObject({ dryRun: z.boolean(), purged: z.int() }).meta({ id: "PurgeReport" }),
  },
  async handle({ hub, params: { project }, body: { dryRun = false, ...given } }) {
    const letters = filterOf(given, project);
    return { dryRun, purged: dryRun ? await hub.countDeadLetters(letters) : await hub.purgeDeadLetters(letters) };
  },
});
