/** Statements of review. */
import { z } from "zod";
import { MAX_STORED_TEXT_BYTES } from "../../contract/text-size.ts";
import { ITEMS_IN_ORDER } from "../database/lock-in-key-order.ts";
import { statement } from "../database/statement.ts";
import { PAGE_BYTES, STATUS } from "../read/read.sql.ts";

/** The texts and contexts that references name; see trans_hub.find_row. `ord` counts the references from 1. */
export const findRows = statement({
  name: "translation.find_rows",
  row: z.object({
    ord: z.coerce.number(),
    content_no: z.string().nullable(),
    context_no: z.coerce.number().nullable(),
  }),
  text: `
    select r.ord, f.content_no::text, f.context_no
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) with ordinality
      as r (project, business_id, source_locale, text, context, format, ord)
    cross join lateral trans_hub.find_row(r.project, r.business_id, r.source_locale, r.text, r.context, r.format) as f`,
});

/** Takes acts of people; see trans_hub.review. */
export const reviewRows = statement({
  name: "translation.review",
  row: z.object({
    problems: z.array(z.string().nullable()),
    present_revisions: z.array(z.int().nullable()).nullable(),
  }),
  text: `
    select problems, present_revisions
    from trans_hub.review(
      $1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::integer[], $7::text[], $8::text[], $9::text[],
      $10::boolean[], $11::integer, $12::integer
    )`,
});

/** A text of the history. Null: there was none, or it is over the greatest size. */
const shown = (text: string) => `case when octet_length(${text}) <= ${MAX_STORED_TEXT_BYTES} then ${text} end`;

/** A page of the history of the row $1 to $4, before the entry $5 (null: from the latest), by at most $6 entries. */
export const listHistory = statement({
  name: "translation.history",
  row: z.object({
    act_no: z.string(),
    acted_at: z.date(),
    action: z.enum(["approve", "edit", "reject", "reopen", "undo", "contribute", "replace"]),
    acted_by: z.string().nullable(),
    note: z.string().nullable(),
    revision_before: z.int(),
    revision_after: z.int(),
    status_before: STATUS,
    status_after: STATUS,
    text_before: z.string().nullable(),
    text_after: z.string().nullable(),
    engine_after: z.string().nullable(),
    model_after: z.string().nullable(),
    undoes: z.string().nullable(),
    undone_by: z.string().nullable(),
    page_rows: z.coerce.number(),
  }),
  text: `
    select p.*
    from (
      select
        a.act_no::text, a.acted_at, a.action, a.acted_by, a.note, a.revision_before, a.revision_after,
        a.status_before::text, a.status_after::text, ${shown("a.text_before")} as text_before,
        ${shown("a.text_after")} as text_after, a.engine_after, a.model_after, a.undoes::text, u.act_no::text as undone_by,
        count(*) over () as page_rows,
        sum(coalesce(octet_length(a.text_before), 0)::bigint + coalesce(octet_length(a.text_after), 0)) over page as bytes_so_far,
        row_number() over page as ord
      from (
        select a.* from trans_hub.review_act as a
        where a.content_no = $1 and a.target_locale = $2 and a.context_no = $3 and a.project = $4
          and ($5::bigint is null or a.act_no < $5)
        order by a.act_no desc
        limit $6
      ) as a
      left join lateral (
        select u.act_no from trans_hub.review_act as u
        where u.content_no = $1 and u.target_locale = $2 and u.context_no = $3 and u.project = $4 and u.undoes = a.act_no
        offset 0
      ) as u on true
      window page as (order by a.act_no desc rows unbounded preceding)
    ) as p
    where p.bytes_so_far <= ${PAGE_BYTES} or p.ord = 1
    order by p.ord`,
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

/**
 * Stores people's texts in rows that are locked, and writes them into the history. Raising the revision makes any batch that holds a
 * row a no-op; open dead letters close; the totals follow.
 */
export const storeContributions = statement({
  name: "translation.store_contributions",
  row: z.object({}),
  text: `
    with item as materialized (
      select * from unnest(
        $1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]
      ) as i (content_no, target_locale, context_no, project, text, status, person, old_status)
    ), place as materialized (
      select t.row, i.*, t.text as text_before, t.engine as engine_before, t.model as model_before,
        t.quality_flags as flags_before, t.approved_by as approved_by_before
      from item as i
      cross join lateral (
        select t.ctid as row, t.* from trans_hub.translation as t
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
      returning t.project, t.target_locale, t.status, p.old_status, t.content_no, t.context_no, t.revision, t.text, t.engine,
        p.person, p.text_before, p.engine_before, p.model_before, p.flags_before, p.approved_by_before
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
      returning d.id, d.content_no, d.target_locale, d.context_no, d.project
    ), noted as (
      insert into trans_hub.review_act (
        content_no, target_locale, context_no, project, action, acted_by, status_before, revision_before, text_before,
        engine_before, model_before, flags_before, approved_by_before, letter_id, status_after, revision_after, text_after,
        engine_after
      )
      select
        s.content_no, s.target_locale, s.context_no, s.project, 'contribute', s.person,
        s.old_status::trans_hub.translation_status, s.revision - 1, s.text_before, s.engine_before, s.model_before,
        s.flags_before, s.approved_by_before, c.id, s.status, s.revision, s.text, s.engine
      from stored as s
      left join closed as c using (content_no, target_locale, context_no, project)
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
