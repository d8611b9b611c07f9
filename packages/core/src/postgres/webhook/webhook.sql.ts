/** Statements over webhooks. The turns of servers are in the functions of migrations/functions/webhook. */
import { z } from "zod";
import { statement } from "../database/statement.ts";

/** A webhook as its table has it. */
export const WebhookRow = z.object({
  webhook_id: z.string(),
  project: z.string(),
  url: z.string(),
  type: z.enum(["translations.settled", "export.changed"]),
  kinds: z.array(z.string()).nullable(),
  target_locales: z.array(z.string()).nullable(),
  secret_version: z.number(),
  previous_secret_until: z.date().nullable(),
  epoch: z.string(),
  position: z.string(),
  page_to: z.string().nullable(),
  sent_to: z.string().nullable(),
  is_reset: z.boolean(),
  next_at: z.date(),
  lease: z.string().nullable(),
  delivered_at: z.date().nullable(),
  failures: z.number(),
  failing_since: z.date().nullable(),
  last_status: z.number().nullable(),
  last_problem: z.string().nullable(),
  disabled_because: z.enum(["failing", "gone", "person"]).nullable(),
  disabled_at: z.date().nullable(),
  created_by: z.string().nullable(),
  created_at: z.date(),
});

const COLUMNS = Object.keys(WebhookRow.shape)
  .map((column) => `w.${column}`)
  .join(", ");

/** Takes id, project, URL, type, kinds, locales, person, epoch and position, and the most webhooks of a project. No row: it has them. */
export const createWebhook = statement({
  name: "webhook.create",
  row: WebhookRow,
  text: `
    insert into trans_hub.webhook as w (webhook_id, project, url, type, kinds, target_locales, created_by, epoch, position)
    select $1::text, $2::text, $3::text, $4::text, $5::text[], $6::text[], $7::text, $8::text, $9::bigint
    where (select count(*) from trans_hub.webhook as o where o.project = $2::text) < $10::bigint
    returning ${COLUMNS}`,
});

/** Of a project, or of each (null). */
export const listWebhooks = statement({
  name: "webhook.list",
  row: WebhookRow,
  text: `
    select ${COLUMNS}
    from trans_hub.webhook as w
    where $1::text is null or w.project = $1
    order by w.project, w.created_at, w.webhook_id`,
});

/**
 * Takes project and id; URL; whether the kinds change and to what; the same of the locales; whether it is disabled (null: as it was);
 * and the place in the feed to begin at (null: as it was).
 *
 * The turn of a server ends: its lease is gone. So no message is sent by the rules of before once this is committed, but for the one
 * that is under way.
 */
export const changeWebhook = statement({
  name: "webhook.change",
  row: WebhookRow,
  text: `
    update trans_hub.webhook as w
    set
      url = coalesce($3::text, w.url),
      kinds = case when $4::boolean then $5::text[] else w.kinds end,
      target_locales = case when $6::boolean then $7::text[] else w.target_locales end,
      disabled_because = case $8::boolean when true then coalesce(w.disabled_because, 'person') when false then null else w.disabled_because end,
      disabled_at = case $8::boolean when true then coalesce(w.disabled_at, now()) when false then null else w.disabled_at end,
      failures = case when $8::boolean then w.failures else 0 end,
      failing_since = case when $8::boolean then w.failing_since end,
      last_status = case when $8::boolean then w.last_status end,
      last_problem = case when $8::boolean then w.last_problem end,
      epoch = coalesce($9::text, w.epoch),
      position = coalesce($10::bigint, w.position),
      page_to = case when $10::bigint is null then w.page_to end,
      sent_to = case when $10::bigint is null then w.sent_to end,
      is_reset = w.is_reset and $10::bigint is null,
      next_at = now(), lease = null, lease_until = null
    where w.project = $1 and w.webhook_id = $2
    returning ${COLUMNS}`,
});

/** Takes project, id, and the seconds for which the secret of before signs too. */
export const rotateWebhook = statement({
  name: "webhook.rotate",
  row: WebhookRow,
  text: `
    update trans_hub.webhook as w
    set secret_version = w.secret_version + 1, previous_secret_until = now() + make_interval(secs => $3::double precision)
    where w.project = $1 and w.webhook_id = $2
    returning ${COLUMNS}`,
});

export const removeWebhook = statement({
  name: "webhook.remove",
  row: z.object({}),
  text: "delete from trans_hub.webhook as w where w.project = $1 and w.webhook_id = $2",
});

/** Takes the most webhooks, the most failing ones, three times in milliseconds (lease, debounce, delay of exports), and the events of a page. */
export const claimWebhooks = statement({
  name: "webhook.claim",
  row: WebhookRow,
  text: `
    select ${COLUMNS}
    from trans_hub.claim_webhooks($1::integer, $2::integer, $3::float8, $4::float8, $5::float8, $6::integer) as w`,
});

/** Takes the columns of `trans_hub.note_webhook`. */
export const noteWebhook = statement({
  name: "webhook.note",
  row: WebhookRow,
  text: `
    select ${COLUMNS}
    from trans_hub.note_webhook(
      $1::text, $2::uuid, $3::text, $4::bigint, $5::float8, $6::boolean, $7::float8, $8::integer, $9::text, $10::float8
    ) as w`,
});

/** Gives positions to events that have none, for those that look for work. Null: there is no webhook. */
export const sequenceForWebhooks = statement({
  name: "webhook.sequence",
  row: z.object({ sequenced: z.number().nullable() }),
  text: `
    select case when exists (select from trans_hub.webhook as w where w.disabled_at is null) then trans_hub.sequence_events(1000) end
      as sequenced`,
});
