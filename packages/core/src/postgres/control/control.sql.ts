/** Statements of control by operators. The work itself is in the functions of migrations/functions/control and queue. */
import { z } from "zod";
import { PATIENT, statement } from "../database/statement.ts";

const Count = z.coerce.number();

/** Takes project and business id, or project, source locale, text, and context and format (null: every context). */
export const forgetText = statement({
  name: "control.forget",
  row: z.object({ forgotten: Count, still_used: Count }),
  text: `
    select forgotten, still_used
    from trans_hub.forget($1::text, $2::text, $3::text, $4::text, $5::text, $6::text)`,
});

/** One step. Takes project, prefix, the last use that was looked at (id and content), and the most uses of the step. */
export const forgetByPrefix = statement({
  name: "control.forget_by_prefix",
  answerTimeoutMs: PATIENT,
  row: z.object({
    reached_id: z.string().nullable(),
    reached_content_no: z.string().nullable(),
    forgotten: Count,
    still_used: Count,
  }),
  text: `
    select reached_id, reached_content_no::text, forgotten, still_used
    from trans_hub.forget_by_prefix($1::text, $2::text, $3::text, $4::bigint, $5::integer)`,
});

/** One step. Takes project, prefix, and the most rows of the inbox of the step. None is left when it gives 0. */
export const forgetPrefixInInbox = statement({
  name: "control.forget_prefix_in_inbox",
  row: z.object({ forgotten: Count }),
  text: `
    select trans_hub.forget_in_inbox($1::text, null, $2::text, null, null, null, true, $3::integer) as forgotten`,
});

/** Takes project, business id, prefix of business ids, source locale, text, context and format: one of the three names. */
export const countToForget = statement({
  name: "control.count_to_forget",
  answerTimeoutMs: PATIENT,
  row: z.object({ forgotten: Count, still_used: Count }),
  text: `
    select forgotten, still_used
    from trans_hub.count_to_forget($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text)`,
});

/**
 * The batches of a project (and locale; null: any) that existed at a time (null: now). A successor keeps the time of the
 * batch it comes from, so a later look finds texts that were handed over meanwhile, and no newer request.
 */
export const listCancellable = statement({
  name: "control.list_cancellable",
  row: z.object({ batch_id: z.string(), at: z.string() }),
  text: `
    select b.batch_id::text, coalesce($3::timestamptz, now())::text as at
    from trans_hub.batch as b
    where b.project = $1 and ($2::text is null or b.target_locale = $2) and b.created_at <= coalesce($3::timestamptz, now())
    order by b.batch_id`,
});

/** Takes project, target locale (null: each) and prefix of business ids (null: every item). */
export const cancelInInbox = statement({
  name: "control.cancel_in_inbox",
  row: z.object({ cancelled: Count }),
  text: `select trans_hub.cancel_in_inbox($1::text, $2::text, $3::text) as cancelled`,
});

export const cancelBatches = statement({
  name: "control.cancel_batches",
  row: z.object({ cancelled: Count }),
  text: `select trans_hub.cancel_batches($1::uuid[], $2::text) as cancelled`,
});

export const addPause = statement({
  name: "control.pause",
  row: z.object({}),
  text: "insert into trans_hub.pause (kind, name) values ($1, $2) on conflict do nothing",
});

/** Waits for parkings that run at this moment. The kind `everything` ends every pause. */
export const endPause = statement({
  name: "control.resume",
  row: z.object({}),
  text: "delete from trans_hub.pause as p where $1 = 'everything' or (p.kind = $1 and p.name = $2)",
});

export const listPauses = statement({
  name: "control.list_pauses",
  row: z.object({ kind: z.enum(["everything", "engine", "project", "locale"]), name: z.string(), paused_at: z.date() }),
  text: "select p.kind, p.name, p.paused_at from trans_hub.pause as p order by p.kind, p.name",
});

/** Parks claimed batches. Gives the ids of those that were parked. */
export const parkBatches = statement({
  name: "control.park",
  row: z.object({ batch_id: z.string() }),
  text: "select p::text as batch_id from trans_hub.park_batches($1::uuid[]) as p",
});

export const parkWaiting = statement({
  name: "control.park_waiting",
  row: z.object({ reached: z.string().nullable(), parked: Count }),
  text: "select reached::text, parked from trans_hub.park_waiting($1::uuid, $2::integer)",
});

export const unparkBatches = statement({
  name: "control.unpark",
  row: z.object({ reached: z.string().nullable(), unparked: Count }),
  text: "select reached::text, unparked from trans_hub.unpark_batches($1::uuid, $2::integer, $3::boolean)",
});
