/** Figures of the fleet as a whole, for monitoring. */
import { z } from "zod";
import { statement } from "../database/statement.ts";

const Count = z.coerce.number();

/**
 * One query for all figures that are the same from every member. Each table is read once, and no table that grows with
 * the texts is read: 5 million pending texts are 100,000 batches. Open dead letters are counted up to $1.
 *
 * The batch row itself shows whether it is being worked on: deriving that from graphile-worker's jobs took half as long
 * again.
 */
export const measureFleet = statement({
  name: "status.measure_fleet",
  row: z.object({
    backlog: z.array(z.tuple([z.number(), z.string(), z.string(), z.number()])),
    oldest_ready_seconds: Count,
    inbox: Count,
    refused: z.record(z.string(), z.number()),
    dead_letters: Count,
    unsequenced: Count,
    memory_units: Count,
    stored: z.record(z.string(), z.number()),
    workers: Count,
    pauses: z.record(z.string(), z.number()),
    last_collection_at: z.date().nullable(),
    webhooks: z.object({ ok: z.number(), failing: z.number(), disabled: z.number() }),
    webhook_failing_seconds: Count,
    webhook_lag_seconds: Count,
  }),
  text: `
    with backlog as materialized (
      select
        b.priority, b.project, b.target_locale,
        case
          when b.run_at <= now() and b.started_by is null then 'ready'
          when b.run_at <= now() then 'running'
          when b.waits_for is null then 'scheduled'
          when b.waits_for = 'pause' then 'paused'
          else 'over_budget'
        end as state,
        sum(cardinality(b.content_nos)) as texts,
        min(greatest(b.created_at, b.run_at)) as since
      from trans_hub.batch as b
      group by 1, 2, 3, 4
    ), inbox as materialized (
      select i.refused, sum(i.item_count) as items, min(greatest(i.created_at, i.run_at)) as since
      from trans_hub.inbox as i
      group by i.refused
    )
    select
      (
        select coalesce(jsonb_agg(jsonb_build_array(s.priority, s.state, s.target_locale, s.texts)), '[]')
        from (
          select b.priority, b.state, b.target_locale, sum(b.texts) as texts from backlog as b group by 1, 2, 3
        ) as s
      ) as backlog,
      coalesce(greatest(0, extract(epoch from now() - least(
        (
          select min(b.since) from backlog as b
          where b.state in ('ready', 'running') and not trans_hub.is_paused(b.project, b.target_locale)
        ),
        (select i.since from inbox as i where i.refused is null)
      ))), 0) as oldest_ready_seconds,
      (select coalesce(sum(i.items), 0) from inbox as i where i.refused is null) as inbox,
      (select coalesce(jsonb_object_agg(i.refused, i.items), '{}') from inbox as i where i.refused is not null) as refused,
      (
        select count(*)
        from (select from trans_hub.dead_letter as d where d.replayed_at is null limit $1::int) as d
      ) as dead_letters,
      (select count(*) from (select from trans_hub.event_queue as q limit $1::int) as q) as unsequenced,
      -- Counting a million rows would take longer than everything else here.
      (select greatest(c.reltuples, 0) from pg_class as c where c.oid = 'trans_hub.memory_unit'::regclass) as memory_units,
      (
        select coalesce(jsonb_object_agg(c.status, c.n), '{}')
        from (select d.status, sum(d.delta) as n from trans_hub.count_delta as d where d.flag is null group by d.status) as c
      ) as stored,
      (select count(*) from trans_hub.worker_node) as workers,
      (
        select coalesce(jsonb_object_agg(p.kind, p.n), '{}')
        from (select p.kind, count(*) as n from trans_hub.pause as p group by p.kind) as p
      ) as pauses,
      (select max(g.started_at) from trans_hub.gc_run as g where g.finished_at is not null) as last_collection_at,
      (
        select jsonb_build_object(
          'ok', count(*) filter (where w.disabled_at is null and w.failures = 0),
          'failing', count(*) filter (where w.disabled_at is null and w.failures > 0),
          'disabled', count(*) filter (where w.disabled_because in ('failing', 'gone'))
        )
        from trans_hub.webhook as w
      ) as webhooks,
      (
        select coalesce(extract(epoch from now() - min(w.failing_since)), 0)
        from trans_hub.webhook as w
        where w.disabled_at is null
      ) as webhook_failing_seconds,
      (
        select coalesce(max(extract(epoch from now() - e.at)), 0)
        from trans_hub.webhook as w
        cross join lateral (
          select e.at
          from trans_hub.event_position as p
          join trans_hub.event as e on e.n = p.n
          where p.position = w.position + 1
          offset 0
        ) as e
        where w.disabled_at is null and w.failures = 0
      ) as webhook_lag_seconds`,
});
