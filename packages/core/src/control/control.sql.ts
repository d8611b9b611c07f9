/** Statements of control by operators. The work itself is in the SQL functions (migrations/0007). */
import { z } from "zod";
import { statement } from "../database/statement.ts";

const Count = z.coerce.number();

/** Project, business id; or project, source locale, text, and (null: every) context and format. */
export const forgetText = statement({
  name: "control.forget",
  row: z.object({ forgotten: Count, still_used: Count }),
  text: `
    select forgotten, still_used
    from trans_hub.forget($1::text, $2::text, $3::text, $4::text, $5::text, $6::text)`,
});

/**
 * The batches of a project (and locale; null: any) that were there at a time (null: now). Successors keep the time of what
 * they come from, so a later look finds what was handed over meanwhile, and no newer request.
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

export const cancelBatches = statement({
  name: "control.cancel_batches",
  row: z.object({ cancelled: Count }),
  text: `select trans_hub.cancel_batches($1::uuid[], $2::text) as cancelled`,
});
