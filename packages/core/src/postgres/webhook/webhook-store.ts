/** Webhooks on PostgreSQL. */
import { randomBytes } from "node:crypto";
import type { z } from "zod";
import { WebhookNotFoundError } from "../../contract/errors.ts";
import type {
  Webhook,
  WebhookChanges,
  WebhookClaim,
  WebhookName,
  WebhookOutcome,
  WebhookToCreate,
  WebhookTurn,
} from "../../contract/webhook.ts";
import { formatEventCursor, parseEventCursor } from "../../rules/event-cursor.ts";
import { MOST_WEBHOOKS, tooManyWebhooks } from "../../rules/webhooks.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows, run } from "../database/statement.ts";
import {
  changeWebhook as changeStatement,
  claimWebhooks as claimStatement,
  createWebhook as createStatement,
  listWebhooks as listStatement,
  noteWebhook as noteStatement,
  removeWebhook as removeStatement,
  rotateWebhook as rotateStatement,
  sequenceForWebhooks,
  type WebhookRow,
} from "./webhook.sql.ts";

/** Events of one page. */
const PAGE_EVENTS = 1_000;

/**
 * @param after The place in the feed to begin at: the feed is on.
 * @throws {SettingsError} The project has as many webhooks as it may.
 */
export async function createWebhook(pool: ConnectionPool, webhook: WebhookToCreate, after: string): Promise<Webhook> {
  const { project, url, type, kinds, targetLocales, by } = webhook;
  const { epoch, position } = parseEventCursor(after);
  const id = `wh_${randomBytes(12).toString("hex")}`;
  const values = [id, project, url, type, kinds, targetLocales, by, epoch, position, MOST_WEBHOOKS];
  const [created] = await rows(pool, createStatement, values);
  if (created === undefined) throw tooManyWebhooks();
  return webhookOf(created);
}

export async function listWebhooks(pool: ConnectionPool, project?: string): Promise<Webhook[]> {
  return (await rows(pool, listStatement, [project ?? null])).map(webhookOf);
}

/** @throws {WebhookNotFoundError} */
export async function changeWebhook(
  pool: ConnectionPool,
  name: WebhookName,
  changes: WebhookChanges,
): Promise<Webhook> {
  const { url, kinds, targetLocales, isDisabled, after } = changes;
  const place = after === undefined ? undefined : parseEventCursor(after);
  const [changed] = await rows(pool, changeStatement, [
    ...[name.project, name.id, url ?? null],
    ...[kinds !== undefined, kinds ?? null, targetLocales !== undefined, targetLocales ?? null],
    ...[isDisabled ?? null, place?.epoch ?? null, place?.position ?? null],
  ]);
  if (changed === undefined) throw new WebhookNotFoundError();
  return webhookOf(changed);
}

/** @throws {WebhookNotFoundError} */
export async function rotateWebhook(
  pool: ConnectionPool,
  { project, id }: WebhookName,
  overlapSeconds: number,
): Promise<Webhook> {
  const [rotated] = await rows(pool, rotateStatement, [project, id, overlapSeconds]);
  if (rotated === undefined) throw new WebhookNotFoundError();
  return webhookOf(rotated);
}

export async function removeWebhook(pool: ConnectionPool, { project, id }: WebhookName): Promise<boolean> {
  return (await run(pool, removeStatement, [project, id])) > 0;
}

export async function claimWebhooks(pool: ConnectionPool, claim: WebhookClaim): Promise<WebhookTurn[]> {
  const { limit, failingLimit, leaseMs, debounceMs, exportDelayMs } = claim;
  // In a transaction of its own: a position is told only when it is durable.
  const [look] = await rows(pool, sequenceForWebhooks);
  if (look?.sequenced == null) return [];
  const values = [limit, failingLimit, leaseMs, debounceMs, exportDelayMs, PAGE_EVENTS];
  return (await rows(pool, claimStatement, values)).map((row) => ({
    webhook: webhookOf(row),
    lease: row.lease ?? "",
    after: cursorOf(row.epoch, row.position),
    to: cursorOf(row.epoch, row.page_to ?? row.position),
    sentTo: cursorOf(row.epoch, row.sent_to ?? row.position),
    isReset: row.is_reset,
  }));
}

export async function noteWebhook(
  pool: ConnectionPool,
  { webhook, lease }: WebhookTurn,
  outcome: WebhookOutcome,
  leaseMs: number,
): Promise<Webhook | undefined> {
  const { kind } = outcome;
  const hasSent = kind === "sent" || (kind === "done" && outcome.hasSent);
  const waitMs = kind === "failed" ? outcome.retryMs : kind === "done" ? outcome.pauseMs : 0;
  const [noted] = await rows(pool, noteStatement, [
    ...[
      webhook.id,
      lease,
      kind,
      kind === "sent" ? parseEventCursor(outcome.to).position : null,
      leaseMs,
      hasSent,
      waitMs,
    ],
    ...(kind === "failed" ? [outcome.status, outcome.problem, outcome.disableAfterMs] : [null, null, null]),
  ]);
  return noted && webhookOf(noted);
}

function webhookOf(row: z.infer<typeof WebhookRow>): Webhook {
  const { disabled_because: disabledBecause, failures } = row;
  return {
    id: row.webhook_id,
    project: row.project,
    url: row.url,
    type: row.type,
    kinds: row.kinds,
    targetLocales: row.target_locales,
    by: row.created_by,
    secretVersion: row.secret_version,
    previousSecretUntil: row.previous_secret_until,
    cursor: cursorOf(row.epoch, row.sent_to ?? row.position),
    state: disabledBecause !== null ? "disabled" : failures > 0 ? "failing" : "ok",
    disabledBecause,
    disabledAt: row.disabled_at,
    failingSince: row.failing_since,
    failures,
    nextTryAt: failures > 0 && disabledBecause === null ? row.next_at : null,
    deliveredAt: row.delivered_at,
    lastStatus: row.last_status,
    lastProblem: row.last_problem,
    createdAt: row.created_at,
  };
}

function cursorOf(epoch: string, position: string): string {
  return formatEventCursor({ epoch, position: Number(position) });
}
