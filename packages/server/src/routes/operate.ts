/** The state of the store and the fleet, and an operator's acts on them. */
import type { StoreStatus } from "@trans-hub/core";
import { z } from "zod";
import { Budget, budgetOf } from "../budget.ts";
import { Counts, concerns, EngineLimit, isoOrNull, limitForProject, limitOf, Pause, pauseOf } from "../fleet-state.ts";
import { defineRoute } from "../route.ts";
import { BusinessId, FORMATS, Instant, Locale, present } from "../schema.ts";

const Paused = z.strictObject({ paused: z.array(Pause).describe("Every pause in force.") }).meta({ id: "Pauses" });

const Status = z
  .strictObject({
    translations: Counts,
    locales: z.record(z.string(), Counts).describe("By target locale."),
    flagged: z
      .record(z.string(), z.int())
      .describe("Texts that were stored with a warning, by its name, since the beginning."),
    jobs: z.strictObject({ ready: z.int(), running: z.int(), scheduled: z.int() }),
    inbox: z.int().describe("Items that wait to be registered."),
    refused: z
      .record(z.string(), z.int())
      .describe(
        "Items that cannot be registered, by the reason, over every project. Empty in the status of a project.",
      ),
    oldestReadySeconds: z.number().nullable().describe("The age of the oldest due work. Null: there is none."),
    workers: z.array(
      z.strictObject({
        id: z.string(),
        host: z.string().optional().describe("Left out in the status of a project."),
        pid: z.int().optional().describe("Likewise."),
        version: z.string(),
        locales: z.array(z.string()).nullable().describe("Null: every locale."),
        concurrency: z.int(),
        startedAt: Instant,
        beatSecondsAgo: z.number(),
        running: z.int(),
      }),
    ),
    paused: z.array(Pause),
    budgets: z.array(Budget),
    limits: z.array(EngineLimit),
    lastCollectionAt: Instant.nullable(),
  })
  .meta({ id: "Status" });

function statusOf(status: StoreStatus): z.input<typeof Status> {
  return {
    ...status,
    workers: status.workers.map((worker) => ({ ...worker, startedAt: worker.startedAt.toISOString() })),
    paused: status.paused.map(pauseOf),
    budgets: status.budgets.map(budgetOf),
    limits: status.limits.map(limitOf),
    lastCollectionAt: isoOrNull(status.lastCollectionAt),
  };
}

export const fleetStatus = defineRoute({
  method: "GET",
  path: "/v1/status",
  name: "fleetStatus",
  summary: "Count finished, waiting and running work of every project, and show the fleet.",
  scope: "read",
  wall: "fleet",
  answers: { 200: Status },
  handle: async ({ hub }) => statusOf(await hub.status({ project: null })),
});

export const projectStatus = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/status",
  name: "projectStatus",
  summary: "Count finished, waiting and running work of a project, and show the fleet.",
  scope: "read",
  wall: "project",
  answers: { 200: Status },
  async handle({ hub, params: { project } }) {
    const status = await hub.status({ project });
    // Behind the wall are the other projects, and the machines and accounts of the fleet.
    const { workers, ...shown } = statusOf({
      ...status,
      paused: status.paused.filter((each) => concerns(project, each)),
    });
    return {
      ...shown,
      refused: {},
      workers: workers.map(({ host: _host, pid: _pid, ...worker }) => worker),
      limits: status.limits.map(limitForProject),
    };
  },
});

export const listPauses = defineRoute({
  method: "GET",
  path: "/v1/pauses",
  name: "listPauses",
  summary: "List the pauses in force.",
  scope: "read",
  wall: "fleet",
  answers: { 200: Paused },
  async handle({ hub }) {
    const { paused } = await hub.status({ project: null });
    return { paused: paused.map(pauseOf) };
  },
});

const target = {
  engine: z.string().min(1).max(255).optional(),
  project: z.string().min(1).max(255).optional(),
  targetLocale: Locale.optional(),
};

export const pause = defineRoute({
  method: "POST",
  path: "/v1/pauses",
  name: "pause",
  summary: "Pause an engine, a project or a target locale for the whole fleet; with an empty body, everything.",
  description: "Within a heartbeat (2 s) no new work on it begins. Requests are still accepted.",
  scope: "operate",
  wall: "fleet",
  locale: ({ body }) => body.targetLocale,
  body: z.strictObject(target),
  answers: { 200: Paused },
  handle: async ({ hub, body }) => ({ paused: (await hub.pause(present(body))).map(pauseOf) }),
});

export const resume = defineRoute({
  method: "DELETE",
  path: "/v1/pauses",
  name: "resume",
  summary: "End the pause of an engine, a project or a target locale; without a query, every pause.",
  scope: "operate",
  wall: "fleet",
  locale: ({ query }) => query.targetLocale,
  query: z.strictObject(target),
  answers: { 200: Paused },
  handle: async ({ hub, query }) => ({ paused: (await hub.resume(present(query))).map(pauseOf) }),
});

export const cancel = defineRoute({
  method: "POST",
  path: "/v1/projects/:project:cancel",
  name: "cancel",
  summary:
    "Cancel waiting translations: those into a locale, those of a prefix of business ids, or all of the project.",
  scope: "operate",
  wall: "project",
  locale: ({ body }) => body.targetLocale,
  body: z.strictObject({ targetLocale: Locale.optional(), businessIdPrefix: BusinessId.optional() }),
  answers: {
    200: z.strictObject({ cancelled: z.int().describe("Rows: texts × locales.") }).meta({ id: "CancelReport" }),
  },
  handle: async ({ hub, params: { project }, body }) => ({
    cancelled: await hub.cancel({ ...present(body), project }),
  }),
});

export const forget = defineRoute({
  method: "POST",
  path: "/v1/projects/:project:forget",
  name: "forget",
  summary: "Remove a text of the project from every table, with all of its translations.",
  description: "Name it by `text`, by `businessId`, or many by `businessIdPrefix`. `dryRun` counts.",
  scope: "admin",
  wall: "project",
  locale: () => undefined,
  body: z.strictObject({
    text: z.string().min(1).optional(),
    businessId: BusinessId.optional(),
    businessIdPrefix: BusinessId.optional(),
    sourceLocale: z.string().optional(),
    context: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
    format: z.enum(FORMATS).optional(),
    dryRun: z.boolean().optional(),
  }),
  answers: {
    200: z
      .strictObject({
        dryRun: z.boolean(),
        forgotten: z.int().describe("Texts removed, counted per context."),
        stillUsed: z.int().describe("Texts that stay, because another id, context or project uses them."),
      })
      .meta({ id: "ForgetReport" }),
  },
  async handle({ hub, params: { project }, body }) {
    return { dryRun: body.dryRun ?? false, ...(await hub.forget({ ...present(body), project })) };
  },
});
