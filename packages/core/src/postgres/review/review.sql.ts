/** Statements of review. */
import { z } from "zod";
import { statement } from "../database/statement.ts";
import { STATUS } from "../read/read.sql.ts";

/** The text and context that a reference names; see trans_hub.find_row. */
export const findRow = statement({
  name: "translation.find_row",
  row: z.object({ content_no: z.string().nullable(), context_no: z.coerce.number().nullable() }),
  text: `
    select f.content_no::text, f.context_no
    from trans_hub.find_row($1::text, $2::text, $3::text, $4::text, $5::text, $6::text) as f`,
});

/** Locks one row for a review. */
export const lockForReview = statement({
  name: "translation.lock_for_review",
  row: z.object({ status: STATUS, has_text: z.boolean(), revision: z.int() }),
  text: `
    select t.status::text, t.text is not null as has_text, t.revision
    from trans_hub.translation as t
    where t.content_no = $1 and t.target_locale = $2 and t.context_no = $3 and t.project = $4
    for update`,
});

/**
 * Approves the row, with its text or the given one. Raising the revision makes any batch that holds the row a no-op; an
 * open dead letter closes; the totals follow.
 */
export const approveTranslation = statement({
  name: "translation.approve",
  row: z.object({}),
  text: `
    with approved as (
      update trans_hub.translation as t
      set status = 'approved',
        revision = t.revision + 1,
        text = coalesce($5::text, t.text),
        engine = case when $5::text is null then t.engine else 'human' end,
        model = case when $5::text is null then t.model end,
        -- The person has looked, also where the text stays as it is.
        quality_flags = null,
        approved_by = $6::text,
        updated_at = now()
      where t.content_no = $1 and t.target_locale = $2 and t.context_no = $3 and t.project = $4
      returning t.project, t.target_locale, t.status
    ), closed as (
      update trans_hub.dead_letter as d set replayed_at = now()
      from (
        select d.ctid, d.replayed_at from trans_hub.dead_letter as d
        where d.content_no = $1 and d.target_locale = $2 and d.context_no = $3 and d.project = $4
        offset 0
      ) as letter
      where d.ctid = letter.ctid and letter.replayed_at is null
    )
    select trans_hub.count_changes(
      array_agg(a.project), array_agg(a.target_locale), array[$7::text]::trans_hub.translation_status[], array_agg(a.status)
    )
    from approved as a`,
});
