/** The statements that wait for locks, and the sessions in their way. */
import { z } from "zod";
import { statement } from "./statement.ts";

/**
 * Waits that have lasted for $1 seconds: of the server processes $2 or of sessions with the name $3, or where both are null, those
 * of all sessions for our tables. A role sees the names of its own sessions only; process numbers are seen by every role.
 *
 * Reading the table of locks stops each lock for a moment, so it is read only where a session waits.
 */
export const listLockWaits = statement({
  name: "lock.list_waits",
  row: z.object({
    pid: z.int(),
    lock: z.string(),
    seconds: z.int(),
    blocked_by: z.array(z.int()),
    holder: z.string().nullable(),
  }),
  text: `
    with waiting as materialized (
      select a.pid from pg_stat_activity as a
      where $2::integer[] is null and $3::text is null
        or a.wait_event_type = 'Lock' and (a.pid = any ($2::integer[]) or a.application_name = $3::text)
    ), held as materialized (
      select l.* from pg_locks as l where exists (select from waiting)
    ), named as materialized (
      select
        h.pid, h.locktype, h.granted, h.waitstart, n.nspname,
        case when c.oid is not null then format('%I.%I', n.nspname, c.relname) end as name
      from held as h
      left join pg_class as c on c.oid = h.relation
        and h.database = (select d.oid from pg_database as d where d.datname = current_database())
      left join pg_namespace as n on n.oid = c.relnamespace
    ), wait as (
      select
        n.pid, n.waitstart, n.locktype, n.nspname,
        coalesce(
          n.name,
          -- A wait for a row is a wait for the end of a transaction; the first in line also holds the lock on the row.
          (select o.name from named as o where o.pid = n.pid and o.locktype = 'tuple' and o.granted limit 1)
        ) as name
      from named as n
      where not n.granted and n.waitstart <= clock_timestamp() - make_interval(secs => $1)
        and n.pid in (select w.pid from waiting as w)
    ), chosen as (
      select w.*, pg_blocking_pids(w.pid) as blocked_by from wait as w
      where $2::integer[] is not null or $3::text is not null
        or w.name ~ '^(trans_hub|graphile_worker)[.]'
        or w.name is null and exists (
          select from named as o where o.pid = w.pid and o.nspname in ('trans_hub', 'graphile_worker')
        )
    )
    select
      c.pid, coalesce(c.name, c.locktype) as lock, extract(epoch from clock_timestamp() - c.waitstart)::int as seconds,
      c.blocked_by,
      (
        select nullif(concat_ws(', ', coalesce(nullif(a.application_name, ''), a.usename::text), a.state), '')
        from pg_stat_activity as a where a.pid = any (c.blocked_by) order by a.xact_start limit 1
      ) as holder
    from chosen as c
    order by c.waitstart
    limit 20`,
});
