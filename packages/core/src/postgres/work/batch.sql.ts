/**
 * Statements over the batches in hand: load, mark as started, settle.
 *
 * The fence is in each of them: a row is touched only while it is pending at the revision its batch carries. So any of
 * them may run twice, late, or by a worker that was given up for dead, and changes nothing it does not own. Every
 * multi-row write locks its rows in key order first (the same rows in opposite orders: 227 of 400 deadlocked), by a look-up
 * for each that is kept from becoming a join, whose plan would depend on statistics that a first import does not have.
 */
import { z } from "zod";
import { TEXT_FORMATS } from "../../contract/engine.ts";
import { whole } from "../database/array-literal.ts";
import { statement } from "../database/statement.ts";

/** Ends this transaction without waiting for the disk: what is lost with a crash is only a mark. */
const ASYNCHRONOUS = `asynchronous as materialized (select set_config('synchronous_commit', 'off', true))`;

const Attempt = z.object({ at: z.string(), engine: z.string().nullable(), code: z.string(), message: z.string() });

/** In the order in which everybody locks rows. */
const ITEMS_IN_ORDER = "(select * from item order by content_no, target_locale, context_no, project) as i";

/** The fence and the lock, for every settlement: the rows of `item as i` that are still its own, in key order. */
const ownRows = (condition = "") => `from ${ITEMS_IN_ORDER}
      cross join lateral (
        select t.ctid
        from trans_hub.translation as t
        where t.content_no = i.content_no and t.target_locale = i.target_locale
          and t.context_no = i.context_no and t.project = i.project
          and t.revision = i.revision and t.status = 'pending'${condition}
        for update
      ) as t`;

/**
 * One row for each of these batches that is there, the texts that are still its own to translate in JSON. A row for each text
 * takes the driver longer than all else that a worker does with it.
 */
export const loadBatches = statement({
  name: "batch.load",
  row: z.object({
    id: z.string(),
    project: z.string(),
    source_locale: z.string(),
    target_locale: z.string(),
    attempt: z.int(),
    priority: z.int(),
    crashes: z.int(),
    created_at: z.date(),
    age_seconds: z.number(),
    is_paused: z.boolean(),
    history: z.array(z.array(Attempt)).nullable(),
    /** As PostgreSQL writes arrays; see `arrayValues`. The same length as `texts`. */
    content_nos: z.string(),
    context_nos: z.string(),
    revisions: z.string(),
    /** Null: not its own any more. */
    texts: z.array(z.string().nullable()),
    /** Where the rows of the texts that are its own stand, in their order, as PostgreSQL writes arrays. Null: none is. */
    rows: z.string().nullable(),
    /** Places of those that have expired, from 1. Null: none has. */
    expired: z.array(z.int()).nullable(),
    /**
     * By number: canonical and format. Null: no text has a context. A format that only a later release knows reads as
     * `auto`: one such context must not fail the load of every batch that was claimed with it.
     */
    contexts: z.record(z.string(), z.tuple([z.string().nullable(), z.enum(TEXT_FORMATS).catch("auto")])).nullable(),
  }),
  text: `
    select
      b.batch_id::text as id, b.project, b.source_locale, b.target_locale, b.attempt, b.priority, b.crashes, b.created_at,
      extract(epoch from clock_timestamp() - b.created_at)::float8 as age_seconds,
      -- Mostly nothing is paused.
      (select exists (select from trans_hub.pause)) and trans_hub.is_paused(b.project, b.target_locale) as is_paused,
      b.history,
      b.content_nos::text, b.context_nos::text, b.revisions::text, own.texts, own.rows::text, own.expired,
      case when b.context_nos <> array_fill(0, array[cardinality(b.context_nos)]) then (
        select json_object_agg(x.context_no, json_build_array(x.canonical, x.format))
        from trans_hub.context as x
        where x.context_no = any (b.context_nos)
      ) end as contexts
    from unnest($1::uuid[]) as wanted (id)
    cross join lateral (select b.* from trans_hub.batch as b where b.batch_id = wanted.id offset 0) as b
    cross join lateral (
      select
        json_agg(t.text order by i.ord) as texts, array_agg(t.row order by i.ord) filter (where t.row is not null) as rows,
        array_agg(i.ord::int) filter (where t.is_expired) as expired
      from unnest(b.content_nos, b.context_nos, b.revisions)
        with ordinality as i (content_no, context_no, revision, ord)
      -- A look-up by key for each text, which "offset 0" keeps one: as a join, the planner read the whole table for each
      -- batch until it was first analyzed (480 ms for 20 batches among 4,000 rows, against 6).
      left join lateral (
        select c.text, t.ctid as row, t.expires_at <= clock_timestamp() as is_expired
        from trans_hub.translation as t
        join trans_hub.content as c on c.content_no = t.content_no
        where t.content_no = i.content_no and t.target_locale = b.target_locale
          and t.context_no = i.context_no and t.project = b.project
          and t.status = 'pending' and t.revision = i.revision
        offset 0
      ) as t on true
    ) as own`,
});

export type BatchRow = z.infer<typeof loadBatches.row>;

/** Says who is working on these batches, for the case that it does not come back. Gives those that still stand. */
export const markStarted = statement({
  name: "batch.mark_started",
  row: z.object({ batch_id: z.string() }),
  text: `
    with ${ASYNCHRONOUS}, locked as materialized (
      select b.batch_id from trans_hub.batch as b, asynchronous
      where b.batch_id = any ($1::uuid[])
      order by b.batch_id
      for update of b
    )
    update trans_hub.batch as b set started_by = $2
    from locked
    where b.batch_id = locked.batch_id
    returning b.batch_id::text`,
});

/**
 * Locks all rows of a settlement that takes several statements, in key order. Each statement's own locks would come one
 * after another: two workers, of which one stores what the other hands over, met in a deadlock.
 */
export const lockRows = statement({
  name: "batch.lock_rows",
  row: z.object({}),
  text: `
    with item as (
      select * from unnest($1::bigint[], $2::text[], $3::int[], $4::text[]) as i (content_no, target_locale, context_no, project)
    )
    select
    from ${ITEMS_IN_ORDER}
    cross join lateral (
      select
      from trans_hub.translation as t
      where t.content_no = i.content_no and t.target_locale = i.target_locale
        and t.context_no = i.context_no and t.project = i.project
      for update
    ) as t`,
});

/** A column of the texts to store; see `column`. */
const ofItems = (parameter: number, type: string) => whole(parameter, type, "$1::bigint[]");

/**
 * The settlement of batches whose every text was translated: store, count, remove the batches, book the calls. One
 * statement, one commit. Sets no indexed column, so the update stays HOT.
 *
 * @param locked Whether the rows are found by their keys and locked before they are written, which costs a third more, and more
 *   of the log. Otherwise a row that somebody has changed since it was read ($23: where) is left out, and so is the removal of the
 *   batches: it is told by `is_whole`, and what is left is for the statement that locks. The rows are written in key order all the
 *   same. That one comes behind `lockRows`: what changes while a statement waits for it is out of its sight. It is given
 *   everything once more: a text prolonged during its engine call costs the settlement it is in as much again.
 */
const storing = (name: string, locked: boolean) =>
  statement({
    name,
    row: z.object({ is_whole: z.boolean(), parked_jobs: z.coerce.number() }),
    text: `
    with item as (
      select * from unnest(
        $1::bigint[], ${ofItems(2, "text")}, ${ofItems(3, "int")}, ${ofItems(4, "text")}, ${ofItems(5, "int")}, $6::text[],
        ${ofItems(7, "text")}, ${ofItems(8, "text")}, ${ofItems(22, "text")}${locked ? "" : ", $23::tid[]"}
      ) as i (content_no, target_locale, context_no, project, revision, text, engine, model, flags${locked ? "" : ", row"})
    ), own as ${locked ? "materialized " : ""}(
      ${locked ? `select i.*, t.ctid as row ${ownRows()}` : `select * from ${ITEMS_IN_ORDER}`}
    ), stored as (
      update trans_hub.translation as t
      set status = 'translated', text = o.text, engine = o.engine, model = o.model, quality_flags = o.flags::text[],
        updated_at = now()
      from own as o
      -- The rest only judges what stands there: by "=", a session whose first store was among few rows would go through the
      -- key's index from end to end, each time, until somebody analyzed the table.
      where t.ctid = o.row
        and (t.content_no, t.target_locale, t.context_no, t.project)
          is not distinct from (o.content_no, o.target_locale, o.context_no, o.project)
        -- The fence, also of what was locked: PostgreSQL up to 17.6 and 18.0 goes on from a place to the row that stands for it
        -- since.
        and t.revision = o.revision and t.status = 'pending'
      returning t.project, t.target_locale, t.quality_flags
    ), counted as (
      insert into trans_hub.count_delta (project, target_locale, status, delta, flag)
      select s.project, s.target_locale, 'translated'::trans_hub.translation_status, count(*), null
      from stored as s
      group by s.project, s.target_locale
      union all
      -- Nothing for texts without warnings.
      select s.project, s.target_locale, 'translated', count(*), f.flag
      from (select s.* from stored as s where s.quality_flags is not null) as s
      cross join unnest(s.quality_flags) as f (flag)
      group by s.project, s.target_locale, f.flag
    ), whole as materialized (
      select ${locked ? "true" : "(select count(*) from stored) = cardinality($1::bigint[])"} as is_whole
    ), standing as materialized (
      -- In order, and after the rows: as who prunes batches takes them.
      select b.batch_id from trans_hub.batch as b
      where (select w.is_whole from whole as w) and b.batch_id = any ($9::uuid[])
      order by b.batch_id
      for update
    ), done as (
      delete from trans_hub.batch as b
      where (select count(*) from standing) > 0 and b.batch_id = any ($9::uuid[])
      returning b.batch_id, b.run_at
    ), booked as (
      insert into trans_hub.usage (
        call_id, engine, model, project, source_locale, target_locale, items, input_tokens, output_tokens, cached_tokens,
        latency_ms, outcome
      )
      select * from unnest(
        $10::uuid[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::int[], $17::int[], $18::int[],
        $19::int[], $20::int[], $21::text[]
      )
      on conflict (call_id) do nothing
    )
    select
      w.is_whole,
      -- The job of a batch that is gone finds nothing, and ends; but not that of one which was parked since it was claimed.
      (
        select count(graphile_worker.remove_job(d.batch_id::text)) from done as d where d.run_at = 'infinity'
      ) as parked_jobs
    from whole as w`,
  });

export const storeTranslations = storing("batch.store_translations", true);
/** For when nobody else is likely to touch the rows. */
export const storeUnlocked = storing("batch.store_unlocked", false);

/**
 * Hands texts over to later batches, at the next revision: a successor is built from what the guarded update returned,
 * never from memory, so a late hand-over makes none. Columns $8 on describe the successors by their number.
 */
export const handOver = statement({
  name: "batch.hand_over",
  row: z.object({ handed: z.coerce.number() }),
  text: `
    with item as (
      select * from unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::int[], $6::int[], $7::jsonb[])
        as i (content_no, target_locale, context_no, project, revision, successor, history)
    ), locked as materialized (
      select t.ctid, i.successor, i.history
      ${ownRows()}
    ), moved as (
      update trans_hub.translation as t set revision = t.revision + 1
      from locked as l
      where t.ctid = l.ctid
      returning t.content_no, t.target_locale, t.context_no, t.project, t.revision, l.successor, l.history
    ), successor as (
      select * from unnest($8::int[], $9::text[], $10::int[], $11::int[], $12::float8[], $13::timestamptz[], $14::int[])
        as s (successor, source_locale, attempt, priority, delay_seconds, created_at, crashes)
    ), batched as (
      insert into trans_hub.batch (
        project, source_locale, target_locale, content_nos, context_nos, revisions, attempt, history, priority, created_at,
        run_at, crashes
      )
      select
        m.project, s.source_locale, m.target_locale,
        array_agg(m.content_no order by m.content_no, m.context_no),
        array_agg(m.context_no order by m.content_no, m.context_no),
        array_agg(m.revision order by m.content_no, m.context_no),
        s.attempt,
        case when count(m.history) > 0
          then jsonb_agg(coalesce(m.history, '[]') order by m.content_no, m.context_no)
        end,
        s.priority, s.created_at,
        -- Without a delay: parked, until something is resumed.
        coalesce(clock_timestamp() + make_interval(secs => s.delay_seconds), 'infinity'),
        s.crashes
      from moved as m
      join successor as s using (successor)
      group by m.project, m.target_locale, s.successor, s.source_locale, s.attempt, s.priority, s.delay_seconds,
        s.created_at, s.crashes
      returning batch_id, project, target_locale, priority, run_at, crashes
    ), jobs as materialized (
      select trans_hub.add_batch_jobs(
        array_agg(b.batch_id), array_agg(b.project), array_agg(b.target_locale), array_agg(b.priority), array_agg(b.run_at),
        array_agg(
          -- What was begun and only interrupted goes ahead of what was not: it has been waiting for longer.
          case when b.crashes > 0 or b.run_at <= clock_timestamp() then (b.priority * 1000)::smallint end
        )
      )
      from batched as b
      having count(*) > 0
    )
    select (select count(*) from moved) as handed from (select count(*) from jobs) as done`,
});

/** Of the rows chosen by `condition`, what became of them is in `buried`. */
const burial = (condition?: string) => `
    with item as (
      select * from unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::int[], $6::jsonb[], $7::text[], $8::text[], $9::text[])
        as i (content_no, target_locale, context_no, project, revision, history, code, message, engine)
    ), locked as materialized (
      select t.ctid, i.history, i.code, i.message, i.engine
      ${ownRows(condition)}
    ), buried as (
      update trans_hub.translation as t
      set status = case when t.text is null then 'failed' else 'translated' end::trans_hub.translation_status,
        updated_at = now()
      from locked as l
      where t.ctid = l.ctid
      returning t.content_no, t.target_locale, t.context_no, t.project, t.revision, t.priority, t.text is not null as kept_text,
        l.history, l.code, l.message, l.engine
    ), lettered as (
      insert into trans_hub.dead_letter (
        content_no, target_locale, context_no, project, revision, priority, kept_text, history, code, message, engine
      )
      select
        b.content_no, b.target_locale, b.context_no, b.project, b.revision, b.priority, b.kept_text, b.history, b.code,
        b.message, b.engine
      from buried as b
      on conflict on constraint dead_letter_is_written_once do nothing
    ), counted as (
      insert into trans_hub.count_delta (project, target_locale, status, delta)
      select b.project, b.target_locale, 'translated', count(*)
      from buried as b
      where b.kept_text
      group by b.project, b.target_locale
    )`;

/**
 * Buries texts past their last attempt. One that had a text before a forced try goes back to it: a good machine text is
 * never lost to a failed try.
 */
export const bury = statement({
  name: "batch.bury",
  row: z.object({ buried: z.coerce.number() }),
  text: `${burial()}
    select count(*) as buried from buried`,
});

/**
 * Buries texts whose requests have expired, and gives which: whoever wanted one for longer may have come since it was
 * loaded, and then it is translated with its batch.
 */
export const buryExpired = statement({
  name: "batch.bury_expired",
  row: z.object({ content_no: z.string(), context_no: z.int() }),
  text: `${burial(`
          and t.expires_at <= clock_timestamp()`)}
    select b.content_no::text, b.context_no from buried as b`,
});

/** Whether anything of these locales (null: any) and project (null: any) is ready, or waits for its time. Not what is parked. */
export const workLeft = statement({
  name: "batch.work_left",
  row: z.object({ is_ready: z.boolean(), is_left: z.boolean(), retrying: z.coerce.number() }),
  text: `
    with lane as (
      select b.run_at, b.attempt, cardinality(b.content_nos) as items
      from trans_hub.batch as b
      where ($1::text[] is null or b.target_locale = any ($1)) and ($2::text is null or b.project = $2)
    )
    select
      exists (select from lane where run_at <= now())
        or exists (select from trans_hub.inbox where refused is null and run_at <= now()) as is_ready,
      exists (select from lane where run_at < 'infinity') or exists (select from trans_hub.inbox where refused is null) as is_left,
      (select coalesce(sum(items), 0) from lane where attempt > 0) as retrying`,
});

/**
 * Gives a claimed batch's job back as it was, the batch untouched: a new job takes the place and the key of the claimed
 * one, which ends with its task.
 */
export const giveBack = statement({
  name: "batch.give_back",
  row: z.object({}),
  text: `
    select trans_hub.add_batch_jobs(
      array[b.batch_id], array[b.project], array[b.target_locale], array[b.priority], array[b.run_at], array[$2::smallint]
    )
    from trans_hub.batch as b
    where b.batch_id = $1`,
});

/**
 * The projects that have batches, one step through the index for each: their batches may be many. All locales' together,
 * for a flag too many costs nothing.
 */
export const listProjects = statement({
  name: "batch.list_projects",
  row: z.object({ project: z.string() }),
  text: `
    with recursive known as (
      select min(b.project) as project from trans_hub.batch as b
      union all
      select (select min(b.project) from trans_hub.batch as b where b.project > k.project)
      from known as k
      where k.project is not null
    )
    select k.project from known as k where k.project is not null`,
});

/**
 * One at a time, each seeing what the one before made: of two at once, the second would give a job to a batch whose first is
 * being worked by then, and an engine would be sent its texts twice. For a transaction's first statement.
 */
export const lockReconciling = statement({
  name: "batch.lock_reconciling",
  row: z.object({}),
  text: "select from pg_advisory_xact_lock(hashtextextended('trans_hub.reconcile', 0))",
});

/** Gives a job to every batch that has none: one that was deleted by hand, or whose worker ended between two commits. */
export const reconcile = statement({
  name: "batch.reconcile",
  row: z.object({ reconciled: z.coerce.number() }),
  text: `
    with lost as materialized (
      select b.batch_id, b.target_locale, b.priority, b.project, b.run_at
      from trans_hub.batch as b
      -- "offset 0" keeps it a look-up by key: as a join, planned while the queue was empty, it reads all jobs for each batch (6 s
      -- for 4,000, and four times as long for twice as many).
      where not exists (
        select from graphile_worker.jobs as j where j.key = b.batch_id::text and j.attempts < j.max_attempts offset 0
      )
      order by b.batch_id
    ), jobs as materialized (
      select trans_hub.add_batch_jobs(
        array_agg(l.batch_id), array_agg(l.project), array_agg(l.target_locale), array_agg(l.priority), array_agg(l.run_at)
      )
      from lost as l
      having count(*) > 0
    )
    select (select count(*) from lost) as reconciled from (select count(*) from jobs) as done`,
});
