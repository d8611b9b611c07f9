/** The forms of a server's answers, as far as the commands read them. A later release may add fields. */
import { z } from "zod";

const Status = z.enum(["queued", "pending", "translated", "failed", "approved"]);
const StoredStatus = z.enum(["pending", "translated", "failed", "approved"]);
const Counts = z.record(StoredStatus, z.number());
const Fault = z.object({ code: z.string(), message: z.string() });
const Moment = z.iso.datetime().transform((text) => new Date(text));

const Text = z.object({
  status: Status,
  text: z.string().nullable(),
  engine: z.string().nullable(),
  revision: z.number(),
  error: Fault.optional(),
});

export const Facts = z.object({
  engines: z.array(
    z.object({
      name: z.string(),
      processor: z.enum(["local", "third-party"]),
      targetLocales: z.array(z.string()).optional(),
    }),
  ),
  allowedEngines: z.array(z.string()).nullable(),
  prices: z.object({ currency: z.string(), asOf: z.string() }).nullable(),
  maxTextBytes: z.number(),
  maxItems: z.number(),
  maxBodyBytes: z.number(),
});

export const Texts = z.object({ items: z.array(Text.nullable()) });

export const Registered = z.object({
  rejected: z.array(z.object({ at: z.number(), code: z.string(), message: z.string() })),
});

export const Contributed = z.object({ outcomes: z.array(z.enum(["stored", "unchanged", "kept"])) });

export const Approved = z.object({ warnings: z.array(z.object({ message: z.string() })) });

export const Listed = z.object({
  items: z.array(
    Text.extend({
      sourceLocale: z.string(),
      sourceText: z.string(),
      context: z.record(z.string(), z.unknown()).nullable(),
      businessIds: z.array(z.string()),
    }),
  ),
  nextCursor: z.string().nullable(),
});

export const Estimated = z.object({
  engine: z.string().nullable(),
  calls: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  characters: z.number(),
  cost: z.string().nullable(),
  promptBytes: z.number(),
  parts: z.object({ texts: z.number(), instructions: z.number(), contexts: z.number() }),
});

export const Fleet = z.object({
  now: Moment,
  translations: Counts,
  locales: z.record(z.string(), Counts),
  jobs: z.object({ ready: z.number(), running: z.number(), scheduled: z.number() }),
  inbox: z.number(),
  workers: z.array(z.object({ locales: z.array(z.string()).nullable() })),
  paused: z.array(
    z.object({
      kind: z.enum(["everything", "engine", "project", "locale"]),
      name: z.string().nullable(),
      since: Moment,
    }),
  ),
  limits: z.array(
    z.object({
      engine: z.string(),
      pausedUntil: Moment.nullable(),
      circuit: z.enum(["closed", "open", "half_open"]),
      openUntil: Moment.nullable(),
      reason: z.string().nullable(),
      faultySince: Moment.nullable(),
      // For the eyes of operators alone.
      fault: z.string().nullable().default(null),
      running: z.number(),
    }),
  ),
  budgets: z.array(
    z.object({
      project: z.string(),
      per: z.enum(["day", "month"]),
      amount: z.string(),
      currency: z.string(),
      spent: z.string(),
      unconfirmed: z.string(),
      held: z.string(),
      state: z.enum(["ok", "near", "paused"]),
      reason: z.enum(["spent", "price"]).nullable(),
      unpricedEngine: z.string().nullable(),
      waiting: z.number(),
      endsAt: Moment,
      setBy: z.string().nullable(),
      setAt: Moment,
    }),
  ),
});
