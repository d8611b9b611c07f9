/** Totals, cheap at any size: from the batches, the open dead letters and the count deltas. $1: a project, or null. */
import { z } from "zod";
import { statement } from "../database/statement.ts";

const Count = z.coerce.number();

export const countTranslations = statement({
  name: "status.count_translations",
  row: z.object({
    target_locale: z.string(),
    pending: Count,
    translated: Count,
    failed: Count,
    approved: Count,
  }),
  text: `
    select
      n.target_locale,
      coalesce(sum(n.n) filter (where n.status = 'pending'), 0) as pending,
      coalesce(sum(n.n) filter (where n.status = 'translated'), 0) as translated,
      coalesce(sum(n.n) filter (where n.status = 'failed'), 0) as failed,
      coalesce(sum(n.n) filter (where n.status = 'approved'), 0) as approved
    from (
      select b.target_locale, 'pending' as status, sum(cardinality(b.content_nos)) as n
      from trans_hub.batch as b
      where $1::text is null or b.project = $1
      group by b.target_locale
      union all
      select d.target_locale, d.status::text, sum(d.delta)
      from trans_hub.count_delta as d
      where d.flag is null and ($1::text is null or d.project = $1)
      group by d.target_locale, d.status
      union all
      select d.target_locale, 'failed', count(*)
      from trans_hub.dead_letter as d
      where d.replayed_at is null and not d.kept_text and ($1::text is null or d.project = $1)
      group by d.target_locale
    ) as n
    group by n.target_locale
    order by n.target_locale`,
});

export const countJobs = statement({
  name: "status.count_jobs",
  row: z.object({
    ready: Count,
    running: Count,
    scheduled: Count,
    inbox: Count,
    refused: z.record(z.string(), z.number()),
    flagged: z.record(z.string(), z.number()),
    oldest_ready_seconds: z.coerce.number().nullable(),
    last_collection_at: z.date().nullable(),
  }),
  text: `
    with running as materialized (
      select j.key from graphile_worker.jobs as j where j.locked_at is not null
    ), work as (
      select b.created_at, b.run_at, r.key is not null as is_running
      from trans_hub.batch as b
      left join running as r on r.key = b.batch_id::text
      where $1::text is null or b.project = $1
    )
    select
      count(*) filter (where not w.is_running and w.run_at <= now()) as ready,
      count(*) filter (where w.is_running) as running,
      count(*) filter (where not w.is_running and w.run_at > now()) as scheduled,
      (select coalesce(sum(i.item_count), 0) from trans_hub.inbox as i where i.refused is null) as inbox,
      (
        select coalesce(jsonb_object_agg(r.refused, r.items), '{}')
        from (
          select i.refused, sum(i.item_count) as items
          from trans_hub.inbox as i
          where i.refused is not null
          group by i.refused
        ) as r
      ) as refused,
      (
        select coalesce(jsonb_object_agg(f.flag, f.texts), '{}')
        from (
          select d.flag, sum(d.delta) as texts
          from trans_hub.count_delta as d
          where d.flag is not null and ($1::text is null or d.project = $1)
          group by d.flag
        ) as f
      ) as flagged,
      extract(epoch from now() - min(greatest(w.created_at, w.run_at)) filter (where w.run_at <= now()))
        as oldest_ready_seconds,
      (select max(g.started_at) from trans_hub.gc_run as g where g.finished_at is not null) as last_collection_at
    from work as w`,
});

export const listWorkers = statement({
  name: "status.list_workers",
  row: z.object({
    node_id: z.string(),
    host: z.string(),
    pid: z.int(),
    version: z.string(),
    locales: z.array(z.string()).nullable(),
    concurrency: z.int(),
    started_at: z.date(),
    beat_seconds_ago: Count,
    running: Count,
  }),
  text: `
    select
      w.node_id, w.host, w.pid, w.version, w.locales, w.concurrency, w.started_at,
      extract(epoch from clock_timestamp() - w.beat_at) as beat_seconds_ago,
      (select count(*) from trans_hub.batch as b where b.started_by = w.node_id) as running
    from trans_hub.worker_node as w
    order by w.started_at, w.node_id`,
});
