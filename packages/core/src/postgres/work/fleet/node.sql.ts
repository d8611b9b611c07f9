/** Statements of a fleet member: its row, its beat, the rescue of others, the locales and the totals. */
import { z } from "zod";
import { statement } from "../../database/statement.ts";

export const enterFleet = statement({
  name: "node.enter",
  row: z.object({ timeline: z.string() }),
  text: `
    insert into trans_hub.worker_node (node_id, host, pid, version, locales, concurrency, beat_ms, beat_pid)
    select $1, $2, $3, $4, $5::text[], $6, f.ms, pg_backend_pid() from trans_hub.fleet_clock as f
    returning left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) as timeline`,
});

/**
 * Raises the counter of a node, and moves the time of the fleet on by at most $2 ms. No row: the fleet has declared this node
 * dead. The node's own row is locked first: a beat that waits for it, while the node is declared dead, must not delay the
 * beats of all others. The timeline of the log changes when a standby is promoted, and not when a server starts again.
 */
export const beat = statement({
  name: "node.beat",
  row: z.object({ beat: z.string(), timeline: z.string() }),
  text: `
    with asynchronous as materialized (select set_config('synchronous_commit', 'off', true)),
    own as materialized (
      select w.node_id from trans_hub.worker_node as w, asynchronous where w.node_id = $1 for update of w
    ), tick as (
      update trans_hub.fleet_clock as f
      set ms = f.ms + least(greatest(extract(epoch from clock_timestamp() - f.read_at) * 1000, 0), $2)::bigint,
        read_at = clock_timestamp()
      from own
      returning f.ms
    )
    update trans_hub.worker_node as w
    set beat = w.beat + 1, beat_at = clock_timestamp(), beat_ms = tick.ms, beat_pid = pg_backend_pid()
    from tick
    where w.node_id = $1
    returning w.beat::text, left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) as timeline`,
});

/**
 * Other nodes without a beat for $2 ms of the fleet's time; or for half of it, if the server process that carried the last beat
 * has ended too. That process ends at once with a killed node; a server that was restarted is recognized by its start time.
 */
export const listSilent = statement({
  name: "node.list_silent",
  row: z.object({ node_id: z.string(), beat: z.string() }),
  text: `
    select w.node_id, w.beat::text
    from trans_hub.worker_node as w, trans_hub.fleet_clock as f
    where w.node_id <> $1
      and (
        f.ms - w.beat_ms >= $2::float8
        or f.ms - w.beat_ms >= $2::float8 / 2
          and w.beat_at > pg_postmaster_start_time()
          and not exists (select from pg_stat_activity as a where a.pid = w.beat_pid)
      )`,
});

/** Pools that hold locks and have no row: they ended between their creation and their entry into the fleet. */
export const listStrayPools = statement({
  name: "node.list_stray_pools",
  row: z.object({ node_id: z.string() }),
  text: `
    select distinct j.locked_by as node_id
    from graphile_worker.jobs as j
    where j.locked_by is not null
      and not exists (select from trans_hub.worker_node as w where w.node_id = j.locked_by)`,
});

/**
 * Gives a pool's jobs back and removes its row, in one transaction. A beat ($2) restricts this to a row that still has that beat,
 * so that of all members that noticed the silence one acts. The batches that it had begun are charged with a crash if $3 says so;
 * a pool that ended in order is charged with none. A batch that is locked is not charged either: its worker was cut off in the
 * middle of settling it, and the end of that transaction must not be waited for.
 *
 * The calls that it held amounts for are booked as unconfirmed: nobody knows whether they are billed.
 *
 * Batches that were begun go first in their level from now on; the others keep their place.
 */
export const releaseNode = statement({
  name: "node.release",
  row: z.object({ is_gone: z.boolean() }),
  text: `
    with gone as materialized (
      delete from trans_hub.worker_node as w
      where w.node_id = $1 and ($2::bigint is null or w.beat = $2)
      returning w.node_id
    ), due as materialized (
      select 1 from gone
      union all
      select 1 where $2::bigint is null and not exists (select from gone)
    ), begun as materialized (
      select b.batch_id, b.priority from trans_hub.batch as b
      where b.started_by = $1 and exists (select from due)
      order by b.batch_id
      for update skip locked
    ), charged as (
      update trans_hub.batch as b
      set started_by = null, crashes = b.crashes + case when $3::boolean then 1 else 0 end
      from begun
      where b.batch_id = begun.batch_id
    ), held as materialized (
      select array_agg(j.id) as ids, (begun.priority * 1000)::smallint as job_priority
      from graphile_worker.jobs as j
      left join begun on begun.batch_id::text = j.key
      where j.locked_by = $1 and exists (select from due)
      group by begun.priority
    ), unlocked as materialized (
      select graphile_worker.force_unlock_workers(array[$1::text]) from due limit 1
    ), first_in_line as materialized (
      -- Unlocking puts a job behind all waiting jobs; it was ahead of them before.
      select sum((
        select count(*) from graphile_worker.reschedule_jobs(h.ids, now() - interval '1 day', priority => h.job_priority)
      ))
      from unlocked cross join held as h
    ), lost as materialized (
      -- Most nodes hold no amounts.
      select trans_hub.lose_holds(array(select h.call_id from trans_hub.budget_hold as h where h.node_id = $1))
      from due
      where exists (select from trans_hub.budget_hold)
      limit 1
    )
    select exists (select from due) as is_gone from first_in_line left join lost on true`,
});

export const listTargetLocales = statement({
  name: "node.list_target_locales",
  row: z.object({ locale: z.string() }),
  text: `select l.locale from trans_hub.target_locale as l order by l.locale`,
});

/** Folds the count deltas into one row for each total. Rows that another fold has locked are left to it. */
export const foldCounts = statement({
  name: "node.fold_counts",
  row: z.object({}),
  text: `
    with taken as (
      delete from trans_hub.count_delta as d
      using (select ctid from trans_hub.count_delta for update skip locked) as next
      where d.ctid = next.ctid
      returning d.project, d.target_locale, d.status, d.flag, d.delta
    )
    insert into trans_hub.count_delta (project, target_locale, status, flag, delta)
    select t.project, t.target_locale, t.status, t.flag, sum(t.delta)
    from taken as t
    group by t.project, t.target_locale, t.status, t.flag
    having sum(t.delta) <> 0`,
});
