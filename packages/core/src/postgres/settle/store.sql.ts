/**
 * The statements that store translations.
 *
 * Both carry the fence: a row is written only while it is pending at the revision that its batch carries. Either may run
 * twice, late, or on a node that was declared dead, and changes no row that is not its batch's.
 */
import { z } from "zod";
import { ITEMS_IN_ORDER, lockInKeyOrder } from "../database/lock-in-key-order.ts";
import { statement, whole } from "../database/statement.ts";

/** The fence of a settlement: the row is still the batch's. */
export const STILL_OWN = "and t.revision = i.revision and t.status = 'pending'";

/** Places of items in the order in which they were given, from 1, as `with ordinality` counts them. Null: none. */
export const Places = z.array(z.int()).nullable();

/**
 * Locks all rows of a settlement that takes several statements, in key order. The locks of one statement after another
 * are not enough: two workers met in a deadlock when one stored the texts that the other handed over.
 */
export const lockRows = statement({
  name: "settle.lock_rows",
  row: z.object({}),
  text: `
    with item as (
      select * from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[]) as i (content_no, target_locale, context_no, project)
    )
    select
    ${lockInKeyOrder()}`,
});

/** A column of the texts to store; see `column`. */
const ofItems = (parameter: number, type: string) => whole(parameter, type, "$1::bigint[]");

/** Columns of `item`, without its place in the table. */
const ITEM_VALUES = `$1::bigint[], ${ofItems(2, "text")}, ${ofItems(3, "bigint")}, ${ofItems(4, "text")}, ${ofItems(5, "int")}, $6::text[],
        ${ofItems(7, "text")}, ${ofItems(8, "text")}, ${ofItems(22, "text")}`;
const ITEM_COLUMNS = "content_no, target_locale, context_no, project, revision, text, engine, model, flags";

/**
 * Writes the rows of the CTE `own as o` at their places. Sets no indexed column, so the update stays HOT.
 *
 * The key is compared with IS NOT DISTINCT FROM because it only verifies the row. With "=", a session whose first store
 * was among few rows would cache a plan that walks the primary key from end to end, until the table was analyzed.
 * The fence is repeated for rows that were locked before: PostgreSQL up to 17.6 and 18.0 follows a place to the row
 * version that has replaced it.
 */
const STORED = `
      update trans_hub.translation as t
      set status = 'translated', text = o.text, engine = o.engine, model = o.model, quality_flags = o.flags::text[],
        updated_at = now()
      from own as o
      where t.ctid = o.row
        and (t.content_no, t.target_locale, t.context_no, t.project)
          is not distinct from (o.content_no, o.target_locale, o.context_no, o.project)
        and t.revision = o.revision and t.status = 'pending'
      returning t.project, t.target_locale, t.quality_flags, o.ord`;

/** Counts the rows of `stored`, and the warnings of those that have any. */
const COUNTED = `
      insert into trans_hub.count_delta (project, target_locale, status, delta, flag)
      select s.project, s.target_locale, 'translated'::trans_hub.translation_status, count(*), null
      from stored as s
      group by s.project, s.target_locale
      union all
      select s.project, s.target_locale, 'translated', count(*), f.flag
      from (select s.* from stored as s where s.quality_flags is not null) as s
      cross join unnest(s.quality_flags) as f (flag)
      group by s.project, s.target_locale, f.flag`;

/** Removes the batches $9, if `whole` says so: locked in order and after the rows, as pruning takes them. */
const BATCHES_REMOVED = `
    standing as materialized (
      select b.batch_id from trans_hub.batch as b
      where (select w.is_whole from whole as w) and b.batch_id = any ($9::uuid[])
      order by b.batch_id
      for update
    ), done as (
      delete from trans_hub.batch as b
      where (select count(*) from standing) > 0 and b.batch_id = any ($9::uuid[])
      returning b.batch_id, b.run_at
    )`;

/** Books the engine calls $10 to $21, each once. */
const CALLS_BOOKED = `
      insert into trans_hub.usage (
        call_id, engine, model, project, source_locale, target_locale, items, input_tokens, output_tokens, cached_tokens,
        latency_ms, outcome
      )
      select * from unnest(
        $10::uuid[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::int[], $17::int[], $18::int[],
        $19::int[], $20::int[], $21::text[]
      )
      on conflict (call_id) do nothing`;

/**
 * The job of a removed batch finds nothing, and ends. The job of one that was parked since it was claimed would wait for
 * ever, so it is removed.
 */
const PARKED_JOBS = `(
        select count(graphile_worker.remove_job(d.batch_id::text)) from done as d where d.run_at = 'infinity'
      )`;

/**
 * Settles batches of which every text was translated, in one statement and one commit: stores, counts, removes the
 * batches, books the calls. Takes each row where it stood when it was loaded ($23), in key order.
 *
 * A row that was written since is left out, and then the batches are kept: `is_whole` is false, and `stored` says which
 * texts were stored. The rest is for {@link storeLocked}, which is given all values again: a text that was prolonged
 * during its engine call doubles the cost of its settlement.
 */
export const storeInPlace = statement({
  name: "settle.store_in_place",
  row: z.object({ is_whole: z.boolean(), stored: Places, parked_jobs: z.coerce.number() }),
  text: `
    with item as (
      select * from unnest(${ITEM_VALUES}, $23::tid[]) with ordinality as i (${ITEM_COLUMNS}, row, ord)
    ), own as (
      select * from ${ITEMS_IN_ORDER}
    ), stored as (${STORED}
    ), counted as (${COUNTED}
    ), whole as materialized (
      select (select count(*) from stored) = cardinality($1::bigint[]) as is_whole
    ), ${BATCHES_REMOVED}, booked as (${CALLS_BOOKED}
    )
    select
      w.is_whole,
      case when not w.is_whole then (select array_agg(s.ord::int) from stored as s) end as stored,
      ${PARKED_JOBS} as parked_jobs
    from whole as w`,
});

/**
 * As {@link storeInPlace}, for a settlement that takes several statements: finds each row by its key and locks it, which
 * costs a third more, and more of the log. Removes the batches in any case.
 *
 * To be run after {@link lockRows}: a statement does not see rows that change while it waits for a lock.
 */
export const storeLocked = statement({
  name: "settle.store_locked",
  row: z.object({ stored: Places, parked_jobs: z.coerce.number() }),
  text: `
    with item as (
      select * from unnest(${ITEM_VALUES}) with ordinality as i (${ITEM_COLUMNS}, ord)
    ), own as materialized (
      select i.*, t.ctid as row
      ${lockInKeyOrder(STILL_OWN)}
    ), stored as (${STORED}
    ), counted as (${COUNTED}
    ), whole as materialized (
      select true as is_whole
    ), ${BATCHES_REMOVED}, booked as (${CALLS_BOOKED}
    )
    select
      (select array_agg(s.ord::int) from stored as s) as stored,
      ${PARKED_JOBS} as parked_jobs
    from whole as w`,
});
