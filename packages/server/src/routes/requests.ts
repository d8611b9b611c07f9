/** Registering texts. */
import type { Item as CoreItem, OnceReceipt } from "@trans-hub/core";
import { z } from "zod";
import { HttpError } from "../problem.ts";
import { MAX_ITEMS, requireFewItems } from "../request-limits.ts";
import { defineRoute } from "../route.ts";
import { checkedByCore, Item, itemDefaults, present } from "../schema.ts";

const MAX_KEY_LENGTH = 255;

const Rejected = z
  .strictObject({
    at: z.int().describe("The item's place in `items`, from 0."),
    code: z.string(),
    field: z.string().optional(),
  })
  .meta({ id: "RejectedItem" });

export const Receipt = z
  .strictObject({
    registered: z.int().describe("Rows (texts × locales) that this request made, or put back to work."),
    existing: z.int().describe("Rows that existed before, or occur twice in the request."),
    queued: z
      .int()
      .describe("Rows that a worker registers as soon as another session's lock is gone. They are durable."),
    failed: z.int().describe("Of `existing`: those with an open dead letter."),
    rejected: z.array(Rejected).describe("Items that were refused. The others are registered."),
  })
  .meta({ id: "Receipt", description: "Counted in rows: texts × target locales." });

const OneItem = z.union([z.string().min(1), Item]);

const Body = z.strictObject({
  items: checkedByCore(
    z
      .union([z.array(OneItem).max(MAX_ITEMS), OneItem])
      .describe(
        "The texts. A string is short for `{text}`. One item that is not in an array is refused by the status 422.",
      ),
  ),
  ...itemDefaults,
});

export const request = defineRoute({
  method: "POST",
  path: "/v1/projects/:project/requests",
  name: "request",
  summary: "Register texts, each for each of its target locales.",
  description:
    "The work is durable when the answer is there. The identity of a text makes the request idempotent: repeat it as you like. Only `force` is not; give it an `Idempotency-Key`.",
  scope: "request",
  wall: "project",
  locale: ({ body: { items, targetLocales } }) => localesOf(items, targetLocales),
  body: Body,
  answers: { 200: Receipt },
  problems: [409],
  async handle({ hub, principal, params: { project }, body, headers, signal }) {
    const { items, ...defaults } = body;
    if (Array.isArray(items)) {
      requireFewItems(items);
      requireOwnProject(items, project, (at) => `items[${at}]`);
    } else requireOwnProject([items], project, () => "items");
    const own = { ...present(defaults), project };
    const key = headers["idempotency-key"];
    if (key === undefined) return receiptOf(await hub.request(items as CoreItem[], { ...own, signal }));
    // It runs to its end also when its client is gone, who sends it again.
    const once = { owner: JSON.stringify([project, principal.subject]), key: keyOf(key), body: jsonOf(body) };
    const end = await hub.requestOnce(once, items as CoreItem[], own);
    if (end.kind === "running") throw new HttpError("TH_IN_PROGRESS");
    if (end.kind === "other") {
      throw new HttpError("TH_IDEMPOTENCY_KEY", { field: "Idempotency-Key", hint: "Take a new key." });
    }
    return receiptOf(end.answer);
  },
});

function keyOf(header: string | string[]): string {
  const key = String(header);
  if (key.length > MAX_KEY_LENGTH || key === "") {
    throw new HttpError("TH_HTTP_REQUEST", { field: "Idempotency-Key", hint: "It has 1 to 255 characters." });
  }
  return key;
}

/** @throws {HttpError} `TH_HTTP_REQUEST`: the body is nested deeper than the stack is. No context may be that long. */
function jsonOf(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new HttpError("TH_HTTP_REQUEST", { field: "body", hint: "It is nested too deeply." });
  }
}

function receiptOf({ registered, existing, queued, failed, rejected }: OnceReceipt): z.input<typeof Receipt> {
  return {
    registered,
    existing,
    queued,
    failed,
    rejected: rejected.map(({ index, code, field }) => ({ at: index, code, ...(field !== undefined && { field }) })),
  };
}

/** Every locale that the items name, or the request for them. A value that is no locale is refused by core. */
export function localesOf(items: unknown, targetLocales?: unknown): string[] {
  const found = new Set<string>();
  const add = (locales: unknown) => {
    if (Array.isArray(locales)) for (const locale of locales) if (typeof locale === "string") found.add(locale);
  };
  add(targetLocales);
  for (const item of Array.isArray(items) ? items : [items])
    add((item as { targetLocales?: unknown } | null)?.targetLocales);
  return [...found];
}

/** The wall between projects is the path: an item that names a project of its own would stand on the other side. */
export function requireOwnProject(items: readonly unknown[], project: string, fieldOf: (at: number) => string): void {
  for (const [at, item] of items.entries()) {
    const own = typeof item === "object" && item !== null ? (item as { project?: unknown }).project : undefined;
    if (own !== undefined && own !== null && own !== project) {
      throw new HttpError("TH_HTTP_REQUEST", { field: `${fieldOf(at)}.project`, hint: "The project is the path's." });
    }
  }
}
