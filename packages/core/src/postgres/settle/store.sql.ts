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

/** Whether the texts to store are of one project and locale, and all were stored. */
const IS_ONE_EVENT = `cardinality($4::text[]) = 1 and cardinality($2::text[]) = 1
        and cardinality($1::bigint[]) > 0 and (select count(*) from stored) = cardinality($1::bigint[])`;

/**
 * Writes an event of the rows of `stored` for each project and locale, while somebody subscribes (docs/adr/0053). Its number is drawn
 * after the rows of `stored` were read, and so after they were locked. Keys are picked from the parameters by their place, so that
 * `stored` is no wider for it. Mostly all texts were stored, in one locale of one project: then the parameters are the event.
 */
const TOLD = `
    told as (
      insert into trans_hub.event (project, target_locale, kind, content_nos, context_nos, revisions)
      select ($4::text[])[1], ($2::text[])[1], 'translated', $1::bigint[], $3::bigint[], $5::int[]
      where exists (select from trans_hub.feed_switch) and ${IS_ONE_EVENT}
      union all
      select
        s.project, s.target_locale, 'translated', array_agg(($1::bigint[])[s.ord] order by s.ord),
        coalesce(array_agg(($3::bigint[])[s.ord] order by s.ord) filter (where cardinality($3::bigint[]) > 1), $3::bigint[]),
        coalesce(array_agg(($5::int[])[s.ord] order by s.ord) filter (where cardinality($5::int[]) > 1), $5::int[])
      from stored as s
      where exists (select from trans_hub.feed_switch) and not (${IS_ONE_EVENT})
      group by s.project, s.target_locale
      returning n
    ), queued as (
      insert into trans_hub.event_queue (n) select t.n from told as t
    )`;

/**
 * Writes into the history the texts that rows of `stored` had before (docs/adr/0056). It reads the versions of the rows that this
 * statement's snapshot has, and for rows alone that it stored: a pending row at one revision has one text.
 */
const HISTORY = `
    replaced as (
      insert into trans_hub.review_act (
        content_no, target_locale, context_no, project, action, status_before, revision_before, text_before, engine_before,
        model_before, flags_before, approved_by_before, status_after, revision_after, text_after, engine_after, model_after
      )
      select
        t.content_no, t.target_locale, t.context_no, t.project, 'replace', t.status, t.revision, t.text, t.engine, t.model,
        t.quality_flags, t.approved_by, 'translated', t.revision, o.text, o.engine, o.model
      from stored as s
      join own as o on o.ord = s.ord
      cross join lateral (
        select t.* from trans_hub.translation as t where t.ctid = o.row and t.revision = o.revision offset 0
      ) as t
      where t.text is not null
    ),`;

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

/** The columns of the engine calls. */
const CALLS = `$10::uuid[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::int[], $17::int[], $18::int[],
        $19::int[], $20::int[], $21::text[], $23::int[], $24::numeric[], $25::numeric[], $26::text[], $27::text[]`;

/** Books the engine calls $10 to $21 and $23 to $27, each once. */
const CALLS_BOOKED = `
      insert into trans_hub.usage (
        call_id, engine, model, project, source_locale, target_locale, items, input_tokens, output_tokens, cached_tokens,
        latency_ms, outcome, characters, cost, unconfirmed, currency, tag
      )
      select * from unnest(
        ${CALLS}
      )
      on conflict (call_id) do nothing`;

/**
 * The kinds of a settlement. Each has a statement of its own, so that a settlement does nothing that it does not need.
 */
export interface SettlementKind {
  /** Budgets hold amounts for some of its calls, and it ends those holds. */
  isHeld: boolean;
  /** Rows of it have a text, which goes into the history. */
  isReplacing: boolean;
}

const booking = ({ isHeld }: SettlementKind, held: number) =>
  isHeld ? ` select trans_hub.book_held_calls(${CALLS}, $${held}::boolean[]) ` : CALLS_BOOKED;

const replacing = ({ isReplacing }: SettlementKind) => (isReplacing ? HISTORY : "");

const nameOf = ({ isHeld, isReplacing }: SettlementKind) =>
  `${isReplacing ? "_replacing" : ""}${isHeld ? "_held" : ""}`;

/** A statement for each kind of settlement. */
function forEachKind<Made>(make: (kind: SettlementKind) => Made): (kind: SettlementKind) => Made {
  const made = [false, true].map((isHeld) => [false, true].map((isReplacing) => make({ isHeld, isReplacing })));
  return ({ isHeld, isReplacing }) => made[Number(isHeld)]?.[Number(isReplacing)] as Made;
}

/** A query that is not asked for its rows is not run. */
const isBooked = ({ isHeld }: SettlementKind) => (isHeld ? "(select count(*) from booked) as booked," : "");

/**
 * The job of a removed batch finds nothing, and ends. The job of one that was parked since it was claimed would wait for
 * ever, so it is removed.
 */
const PARKED_JOBS = `(
        select count(graphile_worker.remove_job(d.batch_id::text)) from done as d where d.run_at = 'infinity'
      )`;

/**
 * Settles batches of which every text was translated, in one statement and one commit: stores, counts, removes the
 * batches, books the calls. Takes each row where it stood when it was loaded ($28), in key order.
 *
 * A row that was written since is left out, and then the batches are kept: `is_whole` is false, and `stored` says which
 * texts were stored. The rest is for {@link storeLocked}, which is given all values again: a text that was prolonged
 * during its engine call doubles the cost of its settlement.
 */
const inPlace = (kind: SettlementKind) => `
    with item as (
      select * from unnest(${ITEM_VALUES}, $28::tid[]) with ordinality as i (${ITEM_COLUMNS}, row, ord)
    ), own as (
      select * from ${ITEMS_IN_ORDER}
    ), stored as (${STORED}
    ), counted as (${COUNTED}
    ), ${replacing(kind)} ${TOLD}, whole as materialized (
      select (select count(*) from stored) = cardinality($1::bigint[]) as is_whole
    ), ${BATCHES_REMOVED}, booked as (${booking(kind, 29)}
    )
    select
      w.is_whole, ${isBooked(kind)}
      case when not w.is_whole then (select array_agg(s.ord::int) from stored as s) end as stored,
      ${PARKED_JOBS} as parked_jobs
    from whole as w`;

const InPlaceReceipt = z.object({ is_whole: z.boolean(), stored: Places, parked_jobs: z.coerce.number() });

/** By the kind of settlement. For calls of which some were held, $29 says which. */
export const storeInPlace = forEachKind((kind) =>
  statement({ name: `settle.store_in_place${nameOf(kind)}`, row: InPlaceReceipt, text: inPlace(kind) }),
);

/**
 * As {@link storeInPlace}, for a settlement that takes several statements: finds each row by its key and locks it, which
 * costs a third more, and more of the log. Removes the batches in any case.
 *
 * To be run after {@link lockRows}: a statement does not see rows that change while it waits for a lock.
 */
const locked = (kind: SettlementKind) => `
    with item as (
      select * from unnest(${ITEM_VALUES}) with ordinality as i (${ITEM_COLUMNS}, ord)
    ), own as materialized (
      select i.*, t.ctid as row
      ${lockInKeyOrder(STILL_OWN)}
    ), stored as (${STORED}
    ), counted as (${COUNTED}
    ), ${replacing(kind)} ${TOLD}, whole as materialized (
      select true as is_whole
    ), ${BATCHES_REMOVED}, booked as (${booking(kind, 28)}
    )
    select ${isBooked(kind)}
      (select array_agg(s.ord::int) from stored as s) as stored,
      ${PARKED_JOBS} as parked_jobs
    from whole as w`;

const LockedReceipt = z.object({ stored: Places, parked_jobs: z.coerce.number() });

/** By the kind of settlement. For calls of which some were held, $28 says which. */
export const storeLocked = forEachKind((kind) =>
  statement({ name: `settle.store_locked${nameOf(kind)}`, row: LockedReceipt, text: locked(kind) }),
);

/** Takes keys, revisions, and for each row the numbers of its pairs as an array of PostgreSQL. */
export const noteMemoryUses = statement({
  name: "settle.note_memory_uses",
  row: z.object({}),
  text: `select trans_hub.note_memory_uses($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::text[])`,
});
