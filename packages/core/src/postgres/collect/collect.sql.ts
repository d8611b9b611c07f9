/** Statements of garbage collection. The locks are in trans_hub.collect_range. */
import { z } from "zod";
import { PATIENT, statement } from "../database/statement.ts";

const Count = z.coerce.number();

export const startCollection = statement({
  name: "garbage.start",
  row: z.object({ id: z.string(), cutoff: z.string() }),
  // The cut-off is by the database's clock, as last_seen_at is, and is one for the whole run.
  text: `
    insert into trans_hub.gc_run (retention, include_approved)
    values (make_interval(secs => $1::float8), $2::boolean)
    returning id::text, (started_at - retention)::text as cutoff`,
});

/**
 * Collects among the texts numbered from `after` on. Gives where it stopped (null: at the end) and how many rows went. It does
 * not wait for the disk: rows that a crash of the server brings back are collected again.
 */
export const collectRange = statement({
  name: "garbage.collect_range",
  row: z.object({
    reached: z.string().nullable(),
    sources: Count,
    translations: Count,
    contents: Count,
  }),
  text: `
    with asynchronous as materialized (select set_config('synchronous_commit', 'off', true))
    select reached::text, sources, translations, contents
    from asynchronous, trans_hub.collect_range($1::bigint, $2::integer, $3::timestamptz, $4::boolean, $5::text)`,
});

export const collectContexts = statement({
  name: "garbage.collect_contexts",
  answerTimeoutMs: PATIENT,
  row: z.object({ contexts: Count }),
  text: `select trans_hub.collect_contexts($1::timestamptz) as contexts`,
});

/**
 * Removes records of finished work, at most $4 rows of each table: dead letters closed before the cut-off, but for those of the
 * history, and accounts of calls and of collections that are older than both the cut-off and $2 days. It keeps the last collection, which the status
 * names. As $2 is at least a day, it also keeps those collections that decide how often uses are noted.
 */
export const collectRecords = statement({
  name: "garbage.collect_records",
  answerTimeoutMs: PATIENT,
  row: z.object({ removed: z.number() }),
  text: `
    with kept as (
      select least($1::timestamptz, now() - make_interval(days => $2::integer)) as since
    ), letters as (
      delete from trans_hub.dead_letter as d
      using (
        select d.ctid from trans_hub.dead_letter as d
        where d.replayed_at < $1::timestamptz and ($3::text is null or d.project = $3)
          -- One that the act of a person closed is opened again if that is undone.
          and not exists (
            select from trans_hub.review_act as a
            where a.content_no = d.content_no and a.target_locale = d.target_locale and a.context_no = d.context_no
              and a.project = d.project and a.letter_id = d.id
            offset 0
          )
        limit $4
        for update of d skip locked
      ) as closed
      where d.ctid = closed.ctid
      returning 1
    ), calls as (
      delete from trans_hub.usage as u
      using (
        select c.ctid from trans_hub.usage as c, kept
        where c.called_at < kept.since and ($3::text is null or c.project = $3)
        limit $4
        for update of c skip locked
      ) as old
      where u.ctid = old.ctid
      returning 1
    ), runs as (
      delete from trans_hub.gc_run as g
      using (
        select r.ctid from trans_hub.gc_run as r, kept
        where r.started_at < kept.since and $3::text is null
          and r.id < (select max(f.id) from trans_hub.gc_run as f where f.finished_at is not null)
        limit $4
        for update of r skip locked
      ) as old
      where g.ctid = old.ctid
      returning 1
    )
    select ((select count(*) from letters) + (select count(*) from calls) + (select count(*) from runs))::int as removed`,
});

export const finishCollection = statement({
  name: "garbage.finish",
  row: z.object({}),
  text: `
    update trans_hub.gc_run
    set finished_at = now(), sources = $2, translations = $3, contents = $4, contexts = $5
    where id = $1`,
});

/**
 * Counts the rows that a collection would remove, from one snapshot and without a lock. The rules are those of collect_range
 * and collect_contexts, written as sets; a test holds the two equal.
 */
export const countCollectable = statement({
  name: "garbage.count_collectable",
  answerTimeoutMs: PATIENT,
  row: z.object({ sources: Count, translations: Count, contents: Count, contexts: Count }),
  text: `
    with cutoff as (
      select now() - make_interval(secs => $1::float8) as at
    ), live as materialized (
      select distinct s.content_no, s.context_no, s.project
      from trans_hub.source as s, cutoff
      where s.last_seen_at >= cutoff.at or s.project <> $3::text
    ), kept as materialized (
      select t.content_no, t.context_no
      from trans_hub.translation as t
      where (t.status = 'approved' and not $2::boolean)
        or t.project <> $3::text
        or exists (
          select from live as l
          where l.content_no = t.content_no and l.context_no = t.context_no and l.project = t.project
        )
    )
    select
      (
        select count(*) from trans_hub.source as s, cutoff
        where s.last_seen_at < cutoff.at and ($3::text is null or s.project = $3)
      ) as sources,
      (select count(*) from trans_hub.translation) - (select count(*) from kept) as translations,
      (
        select count(*) from trans_hub.content as c
        where not exists (select from live as l where l.content_no = c.content_no)
          and not exists (select from kept as k where k.content_no = c.content_no)
      ) as contents,
      (
        select count(*) from trans_hub.context as x, cutoff
        where x.created_at < cutoff.at
          and not exists (select from live as l where l.context_no = x.context_no)
          and not exists (select from kept as k where k.context_no = x.context_no)
      ) as contexts`,
});
