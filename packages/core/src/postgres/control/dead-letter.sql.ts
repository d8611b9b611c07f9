/** Statements over the dead letters. All take one filter: project, id, engine, locale, code, since; null: any. */
import { z } from "zod";
import { keyOrder } from "../database/lock-in-key-order.ts";
import { PATIENT, statement } from "../database/statement.ts";
import { PAGE_BYTES, shownText } from "../read/read.sql.ts";

const FILTER = `
  d.replayed_at is null
  and ($1::text is null or d.project = $1)
  and ($2::bigint is null or d.id = $2)
  and ($3::text is null or d.engine = $3)
  and ($4::text is null or d.target_locale = $4)
  and ($5::text is null or d.code = $5)
  and ($6::timestamptz is null or d.failed_at >= $6)`;

export const Attempt = z.object({
  at: z.string(),
  engine: z.string().nullable(),
  code: z.string(),
  message: z.string(),
});

export const listDeadLetters = statement({
  name: "dead_letter.list",
  row: z.object({
    id: z.string(),
    project: z.string(),
    source_locale: z.string(),
    target_locale: z.string(),
    source_text: z.string(),
    canonical: z.string().nullable(),
    code: z.string(),
    message: z.string(),
    engine: z.string().nullable(),
    failed_at: z.date(),
    history: z.array(Attempt),
    best_try: z.string().nullable(),
    best_try_failed: z.array(z.string()).nullable(),
    page_rows: z.coerce.number(),
  }),
  text: `
    select p.*
    from (
      select
        d.id::text, d.project, c.source_locale, d.target_locale, ${shownText("c.text")} as source_text, x.canonical, d.code,
        d.message, d.engine, d.failed_at, d.history,
        case when $9::boolean then d.best_try end as best_try, d.best_try_failed, count(*) over () as page_rows,
        sum(octet_length(c.text)::bigint + case when $9 then coalesce(octet_length(d.best_try), 0) else 0 end) over page as bytes_so_far, row_number() over page as ord
      from (
        select d.* from trans_hub.dead_letter as d
        where ${FILTER} and d.id > $7::bigint
        order by d.id
        limit $8
      ) as d
      cross join lateral (select c.* from trans_hub.content as c where c.content_no = d.content_no offset 0) as c
      left join lateral (select x.* from trans_hub.context as x where x.context_no = d.context_no offset 0) as x on true
      window page as (order by d.id rows unbounded preceding)
    ) as p
    where p.bytes_so_far <= ${PAGE_BYTES} or p.ord = 1
    order by p.ord`,
});

/**
 * The rows of the open letters asked for, locked in the common order: rows first, by key, then letters. A letter belongs
 * to the row only at its revision: after a wait for a replay, a force or an approval, the revision is found raised.
 */
const lockedRows = (held = "") => `
    locked as materialized (
      select t.ctid, t.status, d.id as letter_id
      from trans_hub.dead_letter as d
      join trans_hub.translation as t using (content_no, target_locale, context_no, project)
      ${held}
      where ${FILTER} and t.revision = d.revision and t.status in ('failed', 'translated')
      order by ${keyOrder("t")}
      for update of t
    )`;

/** Those that a replay or a purge would take. */
export const countDeadLetters = statement({
  name: "dead_letter.count",
  row: z.object({ letters: z.coerce.number() }),
  text: `
    select count(*) as letters
    from trans_hub.dead_letter as d
    join trans_hub.translation as t using (content_no, target_locale, context_no, project)
    where ${FILTER} and t.revision = d.revision and t.status in ('failed', 'translated')`,
});

/**
 * Puts dead letters back to work, each once: raising the revision turns a second replay into none. The text that readers
 * have, if any, stays until a new one is stored. A replayed request does not expire any more, because a replay says that
 * the text is wanted.
 */
export const replayDeadLetters = statement({
  name: "dead_letter.replay",
  answerTimeoutMs: PATIENT,
  row: z.object({ replayed: z.coerce.number() }),
  text: `
    with ${lockedRows()}, again as (
      update trans_hub.translation as t
      set status = 'pending', revision = t.revision + 1, expires_at = null, updated_at = now()
      from locked
      where t.ctid = locked.ctid
      returning t.content_no, t.target_locale, t.context_no, t.project, t.revision, t.priority, t.status,
        locked.status as old_status, locked.letter_id
    ), closed as (
      update trans_hub.dead_letter as d set replayed_at = now()
      from again
      where d.id = again.letter_id
    ), counted as materialized (
      select trans_hub.count_changes(
        array_agg(a.project), array_agg(a.target_locale), array_agg(a.old_status), array_agg(a.status)
      )
      from again as a
    ), batched as materialized (
      select trans_hub.enqueue_batches(
        array_agg(a.content_no), array_agg(a.target_locale), array_agg(a.context_no), array_agg(a.project),
        array_agg(a.revision), array_agg(a.priority), array_agg(c.source_locale), array_agg(octet_length(c.text)),
        $7::integer, $8::integer
      )
      from again as a
      join trans_hub.content as c on c.content_no = a.content_no
      having count(*) > 0
    )
    select (select count(*) from again) as replayed
    from (select count(*) from batched) as batches, (select count(*) from counted) as counts`,
});

/**
 * Removes dead letters, and their failed rows with their history. A row that kept its text keeps it.
 *
 * It locks the contents of the rows first, as a collection does. A registration of such a row at the same moment waits
 * there and makes the row anew; otherwise it would find the row standing, then gone, and its request would be lost.
 */
export const purgeDeadLetters = statement({
  name: "dead_letter.purge",
  answerTimeoutMs: PATIENT,
  row: z.object({ purged: z.coerce.number() }),
  text: `
    with held as materialized (
      select unnest(trans_hub.lock_contents(array(select d.content_no from trans_hub.dead_letter as d where ${FILTER})))
        as content_no
    ), ${lockedRows("join held using (content_no)")}, removed as (
      delete from trans_hub.translation as t using locked where t.ctid = locked.ctid and locked.status = 'failed'
      returning t.project, t.target_locale, t.content_no, t.context_no, t.revision
    ), told as materialized (
      select trans_hub.write_events(
        'purged', array_agg(r.project), array_agg(r.target_locale), array_agg(r.content_no), array_agg(r.context_no),
        array_agg(r.revision)
      ), trans_hub.remove_beside(
        array_agg(r.content_no), array_agg(r.target_locale), array_agg(r.context_no), array_agg(r.project)
      )
      from removed as r
    ), purged as (
      delete from trans_hub.dead_letter as d using locked where d.id = locked.letter_id returning d.id
    )
    select (select count(*) from purged) as purged from (select count(*) from told) as events`,
});
