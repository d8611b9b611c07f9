/** Statements of the feed of events (docs/adr/0053). Events are written by the transactions that change texts. */
import { z } from "zod";
import { statement } from "../database/statement.ts";

/** Positions that one page looks at, at most: a filter must not read the feed of everybody else from end to end. */
export const POSITIONS_A_PAGE = 5_000;
/** Ids of one page, but for a single greater event. */
const IDS_A_PAGE = 50_000;

const PageRow = z.object({
  epoch: z.string(),
  oldest: z.coerce.number(),
  head: z.coerce.number(),
  is_open: z.boolean(),
  is_unread: z.boolean(),
  position: z.string().nullable(),
  kind: z.string().nullable(),
  project: z.string().nullable(),
  target_locale: z.string().nullable(),
  content_nos: z.string().nullable(),
  context_nos: z.string().nullable(),
  revisions: z.string().nullable(),
  at: z.date().nullable(),
  is_cut: z.boolean().nullable(),
});
export type PageRow = z.output<typeof PageRow>;

/**
 * The state of the feed and the events after $1 (null: the oldest), at most $2, of project $3 and locale $4 (null: any). One row without
 * an event if there is none. One statement, so that state and events are of one moment.
 *
 * The timeline of the log is a part of the epoch: a promoted standby may lack the last positions, and gives them anew.
 */
const page = (columns = "") => `
    select
      left(replace(h.epoch::text, '-', ''), 12) || lower(left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)) as epoch,
      h.oldest::text, h.position::text as head, w.opened_at is not null as is_open,
      coalesce(w.read_at < now() - interval '1 hour', false) as is_unread,
      e.position::text, e.kind, e.project, e.target_locale, e.content_nos::text, e.context_nos::text, e.revisions::text, e.at,
      e.so_far < e.page_ids as is_cut ${columns}
    from trans_hub.feed_head as h
    left join trans_hub.feed_switch as w on true
    left join lateral (
      select c.*
      from (
        select
          f.*, sum(cardinality(f.content_nos)) over (order by f.position) as so_far,
          sum(cardinality(f.content_nos)) over () as page_ids
        from (
          select p.position, e.kind, e.project, e.target_locale, e.content_nos, e.context_nos, e.revisions, e.at
          from (
            select p.position, p.n from trans_hub.event_position as p
            where p.position > coalesce($1::bigint, h.oldest)
              and p.position <= coalesce($1::bigint, h.oldest) + ${POSITIONS_A_PAGE}
            order by p.position
          ) as p
          cross join lateral (
            select e.* from trans_hub.event as e
            where e.n = p.n and ($3::text is null or e.project = $3)
              and ($4::text is null or e.target_locale is null or e.target_locale = $4)
            offset 0
          ) as e
          order by p.position
          limit $2::int
        ) as f
      ) as c
      where c.so_far - cardinality(c.content_nos) < ${IDS_A_PAGE}
    ) as e on true
    order by e.position`;

export const readPage = statement({ name: "feed.read_page", row: PageRow, text: page() });

/**
 * {@link readPage}, and gives positions to events without one: these are on the next page. A page of them now would be read before
 * they are durable.
 */
export const readAndSequence = statement({
  name: "feed.read_and_sequence",
  row: PageRow,
  text: `with sequenced as materialized (select trans_hub.sequence_events(1000) as count)
    ${page(", (select s.count from sequenced as s) as sequenced")}`,
});

/** Gives positions to events that have none, at most 1,000. */
export const sequenceEvents = statement({
  name: "feed.sequence",
  row: z.object({ sequenced: z.number() }),
  text: "select trans_hub.sequence_events(1000) as sequenced",
});

/** Notes that somebody reads. Once an hour, and of many readers one. */
export const noteReading = statement({
  name: "feed.note_reading",
  row: z.object({}),
  text: "update trans_hub.feed_switch set read_at = now() where read_at < now() - interval '1 hour'",
});

export const switchOn = statement({
  name: "feed.switch_on",
  row: z.object({}),
  text: "insert into trans_hub.feed_switch default values on conflict do nothing",
});

/**
 * The transactions that are changing texts. Each has locked one of these tables before it took the snapshot in which it looks
 * whether the feed is on; readers, dumps and vacuum have other locks.
 */
export const listChanging = statement({
  name: "feed.list_changing",
  row: z.object({ id: z.string() }),
  text: `
    select distinct l.virtualtransaction as id
    from pg_locks as l
    where l.locktype = 'relation'
      and l.database = (select d.oid from pg_database as d where d.datname = current_database())
      and l.relation in ('trans_hub.translation'::regclass, 'trans_hub.source'::regclass, 'trans_hub.content'::regclass)
      and l.mode not in ('AccessShareLock', 'ShareUpdateExclusiveLock')`,
});

export const countRunning = statement({
  name: "feed.count_running",
  row: z.object({ running: z.number() }),
  text: `
    select count(distinct l.virtualtransaction)::int as running from pg_locks as l where l.virtualtransaction = any ($1::text[])`,
});

/**
 * Opens the feed: every transaction that runs now writes its events. A new epoch, because changes since the feed was last on have no
 * event. Does nothing where another member was faster.
 */
export const openFeed = statement({
  name: "feed.open",
  row: z.object({}),
  text: `
    with opened as (
      update trans_hub.feed_switch set opened_at = now(), read_at = now() where opened_at is null returning 1
    )
    update trans_hub.feed_head as h set epoch = gen_random_uuid(), oldest = h.position from opened`,
});

/** One step of the removal of events that are older than $1 seconds; at most $2 positions. */
export const pruneEvents = statement({
  name: "feed.prune",
  row: z.object({ removed: z.number() }),
  text: "select trans_hub.prune_events(make_interval(secs => $1::float8), $2::int) as removed",
});
