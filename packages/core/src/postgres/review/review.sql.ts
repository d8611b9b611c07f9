/** Statements of review. */
import { z } from "zod";
import { ITEMS_IN_ORDER } from "../database/lock-in-key-order.ts";
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
      returning t.project, t.target_locale, t.status, t.content_no, t.context_no, t.revision
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
    ), trans_hub.write_events(
      'approved', array_agg(a.project), array_agg(a.target_locale), array_agg(a.content_no), array_agg(a.context_no),
      array_agg(a.revision)
    )
    from approved as a`,
});

/** Finds and locks, in key order, the rows of contributions. `ord` counts the contributions from 1. */
export const lockForContribution = statement({
  name: "translation.lock_for_contribution",
  row: z.object({
    ord: z.coerce.number(),
    content_no: z.string(),
    context_no: z.string(),
    status: STATUS,
    is_same: z.boolean(),
    engine: z.string().nullable(),
  }),
  text: `
    with item as materialized (
      select g.ord, f.content_no, g.target_locale, f.context_no, g.project, g.translation
      from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) with ordinality
        as g (project, source_locale, text, context, format, target_locale, translation, ord)
      cross join lateral trans_hub.find_row(g.project, null, g.source_locale, g.text, g.context, g.format) as f
    )
    select
      i.ord, i.content_no::text, i.context_no::text, t.status::text,
      coalesce(t.text = i.translation, false) as is_same, t.engine
    from ${ITEMS_IN_ORDER}
    cross join lateral (
      select t.status, t.text, t.engine
      from trans_hub.translation as t
      where t.content_no = i.content_no and t.target_locale = i.target_locale
        and t.context_no = i.context_no and t.project = i.project
      for update
    ) as t`,
});

/** Stores people's texts in rows that are locked. The revision, dead letters and totals are as in {@link approveTranslation}. */
export const storeContributions = statement({
  name: "translation.store_contributions",
  row: z.object({}),
  text: `
    with item as materialized (
      select * from unnest(
        $1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]
      ) as i (content_no, target_locale, context_no, project, text, status, person, old_status)
    ), place as materialized (
      select t.ctid as row, i.*
      from item as i
      cross join lateral (
        select t.ctid from trans_hub.translation as t
        where t.content_no = i.content_no and t.target_locale = i.target_locale
          and t.context_no = i.context_no and t.project = i.project
        offset 0
      ) as t
    ), stored as (
      update trans_hub.translation as t
      set status = p.status::trans_hub.translation_status, revision = t.revision + 1, text = p.text, engine = 'human', model = null,
        quality_flags = null, approved_by = case when p.status = 'approved' then p.person end, updated_at = now()
      from place as p
      where t.ctid = p.row
      returning t.project, t.target_locale, t.status, p.old_status, t.content_no, t.context_no, t.revision
    ), closed as (
      update trans_hub.dead_letter as d set replayed_at = now()
      from (
        select l.ctid from item as i
        cross join lateral (
          select d.ctid from trans_hub.dead_letter as d
          where d.content_no = i.content_no and d.target_locale = i.target_locale and d.context_no = i.context_no
            and d.project = i.project and d.replayed_at is null
          offset 0
        ) as l
      ) as letter
      where d.ctid = letter.ctid and d.replayed_at is null
    ), counted as materialized (
      select trans_hub.count_changes(
        array_agg(s.project), array_agg(s.target_locale), array_agg(s.old_status::trans_hub.translation_status),
        array_agg(s.status)
      )
      from stored as s
    ), told as materialized (
      -- The kind of an event is the status of its rows.
      select trans_hub.write_events(
        s.status::text, array_agg(s.project), array_agg(s.target_locale), array_agg(s.content_no), array_agg(s.context_no),
        array_agg(s.revision)
      )
      from stored as s
      group by s.status
    )
    select (select count(*) from counted) + (select count(*) from told) as done`,
});

/** Empties the batches that this transaction made of texts that have a translation by now: no worker need look at them. */
export const pruneOwnBatches = statement({
  name: "translation.prune_own_batches",
  row: z.object({}),
  text: `
    select trans_hub.prune_batches(coalesce(array_agg(b.batch_id), '{}'))
    from trans_hub.batch as b
    where b.project = any ($1::text[]) and b.created_at = now()`,
});
