/**
 * The statements for texts that a settlement does not store: handed over to a later batch, or buried as dead letters.
 *
 * Handing over and burying lock their rows in key order and carry the fence (see store.sql.ts). Both give the places of the
 * items whose rows they changed, from 1: the others were no longer the batch's.
 */
import { z } from "zod";
import { lockInKeyOrder } from "../database/lock-in-key-order.ts";
import { statement } from "../database/statement.ts";
import { Places, STILL_OWN } from "./store.sql.ts";

/** The paused engines, kept paused until the end of the transaction. */
export const holdEnginePauses = statement({
  name: "settle.hold_engine_pauses",
  row: z.object({ name: z.string() }),
  text: "select p.name from trans_hub.pause as p where p.kind = 'engine' order by p.name for key share",
});

/**
 * Hands texts over to later batches, at the next revision. A successor is built from the rows that the guarded update
 * returned, never from memory, so a late hand-over makes none. Columns $8 on describe the successors by their number.
 */
export const handOver = statement({
  name: "settle.hand_over",
  row: z.object({ handed: Places }),
  text: `
    with item as (
      select * from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::int[], $7::jsonb[]) with ordinality
        as i (content_no, target_locale, context_no, project, revision, successor, history, ord)
    ), locked as materialized (
      select t.ctid, i.successor, i.history, i.ord
      ${lockInKeyOrder(STILL_OWN)}
    ), moved as (
      update trans_hub.translation as t set revision = t.revision + 1
      from locked as l
      where t.ctid = l.ctid
      returning t.content_no, t.target_locale, t.context_no, t.project, t.revision, l.successor, l.history, l.ord
    ), successor as (
      select * from unnest($8::int[], $9::text[], $10::int[], $11::int[], $12::float8[], $13::timestamptz[], $14::int[],
        $15::boolean[], $16::text[], $17::text[], $18::text[])
        as s (successor, source_locale, attempt, priority, delay_seconds, created_at, crashes, is_postponed,
          traceparent, tag, waits_for)
    ), batched as (
      insert into trans_hub.batch (
        project, source_locale, target_locale, content_nos, context_nos, revisions, attempt, history, priority, created_at,
        run_at, crashes, is_postponed, traceparent, tag, waits_for
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
        -- No delay given: parked until something is resumed.
        coalesce(clock_timestamp() + make_interval(secs => s.delay_seconds), 'infinity'),
        s.crashes, s.is_postponed, s.traceparent, s.tag, s.waits_for
      from moved as m
      join successor as s using (successor)
      group by m.project, m.target_locale, s.successor, s.source_locale, s.attempt, s.priority, s.delay_seconds,
        s.created_at, s.crashes, s.is_postponed, s.traceparent, s.tag, s.waits_for
      returning batch_id, project, target_locale, priority, run_at, crashes
    ), jobs as materialized (
      select trans_hub.add_batch_jobs(
        array_agg(b.batch_id), array_agg(b.project), array_agg(b.target_locale), array_agg(b.priority), array_agg(b.run_at),
        array_agg(
          -- Work that was begun and interrupted goes ahead of work that was not begun: it has waited longer.
          case when b.crashes > 0 or b.run_at <= clock_timestamp() then (b.priority * 1000)::smallint end
        )
      )
      from batched as b
      having count(*) > 0
    )
    select (select array_agg(m.ord::int) from moved as m) as handed from (select count(*) from jobs) as done`,
});

/** The CTEs of a burial; `buried` holds the rows that it changed. `condition`: further SQL over `t`. */
const burial = (condition = "") => `
    with item as (
      select * from unnest(
        $1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::jsonb[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::text[]
      ) with ordinality
        as i (content_no, target_locale, context_no, project, revision, history, code, message, engine, best_try, failed_checks, ord)
    ), locked as materialized (
      select t.ctid, i.history, i.code, i.message, i.engine, i.best_try, i.failed_checks::text[], i.ord
      ${lockInKeyOrder(`${STILL_OWN} ${condition}`)}
    ), buried as (
      update trans_hub.translation as t
      set status = case when t.text is null then 'failed' else 'translated' end::trans_hub.translation_status,
        failed_revision = t.revision, updated_at = now()
      from locked as l
      where t.ctid = l.ctid
      returning t.content_no, t.target_locale, t.context_no, t.project, t.revision, t.priority, t.text is not null as kept_text,
        l.history, l.code, l.message, l.engine, l.best_try, l.failed_checks, l.ord
    ), lettered as (
      insert into trans_hub.dead_letter (
        content_no, target_locale, context_no, project, revision, priority, kept_text, history, code, message, engine,
        best_try, best_try_failed
      )
      select
        b.content_no, b.target_locale, b.context_no, b.project, b.revision, b.priority, b.kept_text, b.history, b.code,
        b.message, b.engine, b.best_try, b.failed_checks
      from buried as b
      on conflict on constraint dead_letter_is_written_once do nothing
    ), counted as (
      insert into trans_hub.count_delta (project, target_locale, status, delta)
      select b.project, b.target_locale, 'translated', count(*)
      from buried as b
      where b.kept_text
      group by b.project, b.target_locale
    )
    select
      array_agg(b.ord::int) as buried,
      trans_hub.write_events(
        'failed', array_agg(b.project), array_agg(b.target_locale), array_agg(b.content_no), array_agg(b.context_no),
        array_agg(b.revision)
      )::text as told
    from buried as b`;

/**
 * Buries texts past their last attempt. A row that had a text before a forced try goes back to it: a good machine text is
 * never lost to a failed try.
 */
export const bury = statement({
  name: "settle.bury",
  row: z.object({ buried: Places }),
  text: burial(),
});

/**
 * Buries texts whose requests have expired by now. A text that was requested for longer since the batch was loaded is left,
 * and is translated with its batch.
 */
export const buryExpired = statement({
  name: "settle.bury_expired",
  row: z.object({ buried: Places }),
  text: burial("and t.expires_at <= clock_timestamp()"),
});
