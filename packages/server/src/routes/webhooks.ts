/** Webhooks of a project. A secret is shown when it is made; every other answer leaves it out. */
import { randomUUID } from "node:crypto";
import { SettingsError, WebhookNotFoundError } from "@trans-hub/core";
import { EVENT_KINDS, type PersistenceHandler, WEBHOOK_TYPES, type Webhook } from "@trans-hub/core/store";
import { z } from "zod";
import { requireLocales } from "../auth/grant.ts";
import type { Principal } from "../auth/principal.ts";
import { HttpError } from "../problem.ts";
import { defineRoute } from "../route.ts";
import { Instant, Locale } from "../schema.ts";
import type { WebhookDesk } from "../webhooks/desk.ts";

const Url = z
  .string()
  .max(2_048)
  .describe(
    "`https://…` of a public host, with neither a user name nor a password. Operators may allow others (`TH_WEBHOOK_ALLOW`).",
  );
const Kinds = z.array(z.enum(EVENT_KINDS)).min(1).nullable().describe("Kinds of events that it hears of. Null: all.");
const Locales = z.array(Locale).min(1).max(200).nullable().describe("Locales that it hears of. Null: all.");
const Cursor = z.string().max(64).describe("A cursor of the feed of events.");

const fields = {
  id: z.string().describe("Such as `wh_5f0c…`."),
  project: z.string(),
  url: z.string(),
  type: z.enum(WEBHOOK_TYPES),
  kinds: z.array(z.string()).nullable(),
  targetLocales: z.array(z.string()).nullable(),
  by: z.string().nullable().describe("Who made it."),
  secretVersion: z.int(),
  previousSecretUntil: Instant.nullable().describe("The secret of before signs too until then."),
  cursor: Cursor.describe("The receiver has taken everything up to this place in the feed."),
  state: z.enum(["ok", "failing", "disabled"]),
  disabledBecause: z
    .enum(["failing", "gone", "person"])
    .nullable()
    .describe("`failing`: five days of tries failed. `gone`: the receiver answered 410. `person`: somebody did it."),
  disabledAt: Instant.nullable(),
  failingSince: Instant.nullable(),
  failures: z.int().describe("Tries that failed since the last success."),
  nextTryAt: Instant.nullable(),
  deliveredAt: Instant.nullable().describe("The last success."),
  lastStatus: z.int().nullable().describe("HTTP status of the last try, if that failed. Null: there was no answer."),
  lastProblem: z
    .string()
    .nullable()
    .describe(
      "Why it failed: `status`, `timeout`, `connection`, `tls`, `name` (it does not resolve), `url` (it is refused).",
    ),
  createdAt: Instant,
};

const ShownWebhook = z.strictObject(fields).meta({ id: "Webhook" });
const WithSecret = z
  .strictObject({
    ...fields,
    secret: z.string().describe("`whsec_…`, for libraries of Standard Webhooks. Keep it as a password."),
  })
  .meta({ id: "WebhookWithSecret" });

const at = (date: Date | null) => date?.toISOString() ?? null;

function shown({ kinds, targetLocales, ...webhook }: Webhook): z.input<typeof ShownWebhook> {
  return {
    ...webhook,
    kinds: kinds && [...kinds],
    targetLocales: targetLocales && [...targetLocales],
    previousSecretUntil: at(webhook.previousSecretUntil),
    disabledAt: at(webhook.disabledAt),
    failingSince: at(webhook.failingSince),
    nextTryAt: at(webhook.nextTryAt),
    deliveredAt: at(webhook.deliveredAt),
    createdAt: webhook.createdAt.toISOString(),
  };
}

/** Says why a URL is refused, which names no part of it. */
function requireUrl(desk: WebhookDesk, url: string): void {
  try {
    desk.requireUrl(url);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const [reason = { problem: "it is refused" }] = error.problems;
    throw new HttpError("TH_HTTP_REQUEST", { field: "url", hint: sentence(reason.problem) });
  }
}

const sentence = (clause: string) => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;

/** The webhook of the path, which a principal of some locales may touch if it hears of no other one. */
async function named({
  store,
  principal,
  params: { project, id },
}: {
  store: PersistenceHandler;
  principal: Principal;
  params: { project: string; id: string };
}): Promise<Webhook> {
  const webhook = (await store.listWebhooks(project)).find((each) => each.id === id);
  if (webhook === undefined) throw new WebhookNotFoundError();
  requireLocales(principal, () => webhook.targetLocales ?? undefined);
  return webhook;
}

/** Whether the principal may see a webhook: its URL may hold a secret. */
function reaches({ locales }: Principal, { targetLocales }: Webhook): boolean {
  return locales === undefined || (targetLocales?.every((locale) => locales.has(locale)) ?? false);
}

const list = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/webhooks",
  name: "listWebhooks",
  summary: "Lists the webhooks of the project, with their state.",
  description: "A token for some locales sees and changes those that hear of these alone.",
  scope: "admin",
  wall: "project",
  answers: { 200: z.strictObject({ webhooks: z.array(ShownWebhook) }) },
  async handle({ store, principal, params }) {
    const webhooks = await store.listWebhooks(params.project);
    return { webhooks: webhooks.filter((webhook) => reaches(principal, webhook)).map(shown) };
  },
});

const create = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/webhooks",
  name: "createWebhook",
  summary: "Makes a webhook, which hears of every event after this call.",
  description: "The answer has its secret. The first webhook switches the feed of events on.",
  scope: "admin",
  wall: "project",
  locale: ({ body }) => body.targetLocales ?? undefined,
  body: z.strictObject({
    url: Url,
    type: z
      .enum(WEBHOOK_TYPES)
      .optional()
      .describe(
        "`translations.settled` (default): which translations changed. `export.changed`: that the export of a locale did.",
      ),
    kinds: Kinds.optional(),
    targetLocales: Locales.optional(),
  }),
  answers: { 201: WithSecret },
  async handle({ hub, services, params, body, principal, reply }) {
    requireUrl(services.webhooks, body.url);
    const webhook = await hub.createWebhook({ ...body, project: params.project, by: principal.subject });
    reply.code(201);
    return { ...shown(webhook), secret: services.webhooks.secretOf(webhook) };
  },
});

const get = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/webhooks/:id",
  name: "getWebhook",
  summary: "One webhook, with its state.",
  scope: "admin",
  wall: "project",
  answers: { 200: ShownWebhook },
  problems: [404],
  async handle(call) {
    return shown(await named(call));
  },
});

const change = defineRoute({
  method: "PATCH",
  path: "/v1/projects/:project/webhooks/:id",
  name: "changeWebhook",
  summary: "Changes a webhook, disables it, or enables it again.",
  description: "A webhook that is enabled goes on where it stopped. What is left out stays.",
  scope: "admin",
  wall: "project",
  // Those that it hears of at present are looked at by the handler.
  locale: ({ body: { targetLocales } }) => (targetLocales === undefined ? [] : (targetLocales ?? undefined)),
  body: z.strictObject({
    url: Url.optional(),
    kinds: Kinds.optional(),
    targetLocales: Locales.optional(),
    disabled: z.boolean().optional(),
  }),
  answers: { 200: ShownWebhook },
  problems: [404],
  async handle(call) {
    const { hub, services, params } = call;
    const { disabled, ...changes } = call.body;
    await named(call);
    if (changes.url !== undefined) requireUrl(services.webhooks, changes.url);
    return shown(await hub.changeWebhook(params, { ...changes, isDisabled: disabled }));
  },
});

const remove = defineRoute({
  method: "DELETE",
  path: "/v1/projects/:project/webhooks/:id",
  name: "removeWebhook",
  summary: "Removes a webhook.",
  scope: "admin",
  wall: "project",
  answers: { 204: null },
  problems: [404],
  async handle(call) {
    const { hub, params, reply } = call;
    await named(call);
    if (!(await hub.removeWebhook(params))) throw new WebhookNotFoundError();
    reply.code(204);
    return undefined;
  },
});

const test = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/webhooks/:id:test",
  name: "testWebhook",
  summary: "Sends a message of the type `webhook.test` at once, and answers how that ended.",
  scope: "admin",
  wall: "project",
  isWait: true,
  answers: {
    200: z
      .strictObject({
        delivered: z.boolean(),
        status: z.int().nullable().describe("Of the receiver's answer. Null: there was none."),
        problem: fields.lastProblem,
      })
      .meta({ id: "WebhookTest" }),
  },
  problems: [404],
  async handle(call) {
    const { services, signal } = call;
    const webhook = await named(call);
    const either = AbortSignal.any([signal, services.stopping]);
    const { status, problem } = await services.waits.hold(() => services.webhooks.test(webhook, randomUUID(), either));
    return { delivered: problem === undefined, status, problem: problem ?? null };
  },
});

const redeliver = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/webhooks/:id:redeliver",
  name: "redeliverWebhook",
  summary: "Delivers every event after a place in the feed once more.",
  scope: "admin",
  wall: "project",
  body: z.strictObject({ after: Cursor }),
  answers: { 200: ShownWebhook },
  problems: [404, 410],
  async handle(call) {
    const { hub, store, params } = call;
    const { after } = call.body;
    await named(call);
    // Tells a cursor that is none, or that is too old, to who gave it.
    await store.events({ after, limit: 1, project: params.project });
    return shown(await hub.changeWebhook(params, { after }));
  },
});

const rotate = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/webhooks/:id:rotate",
  name: "rotateWebhook",
  summary: "Makes the next secret. The one before signs too, for a day unless the body says otherwise.",
  scope: "admin",
  wall: "project",
  body: z.strictObject({ overlapSeconds: z.int().min(0).max(2_592_000).optional() }).optional(),
  answers: { 200: WithSecret },
  problems: [404],
  async handle(call) {
    const { hub, services, params, body } = call;
    await named(call);
    // Before anything is changed.
    services.webhooks.secretOf({ id: params.id, secretVersion: 1 });
    const webhook = await hub.rotateWebhook({ ...params, overlapSeconds: body?.overlapSeconds });
    return { ...shown(webhook), secret: services.webhooks.secretOf(webhook) };
  },
});

export const WEBHOOK_ROUTES = [list, create, get, change, remove, test, redeliver, rotate];
