-- Removes from batches the texts that are no longer pending at the batch's revision, with their history, and batches that become
-- empty. It changes no row of a standing text, so it is safe beside the worker of the batch. The caller has locked the rows
-- before, as a settlement does.
create or replace function trans_hub.prune_batches(batch_ids uuid[]) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  parked_jobs bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('prune_batches');
  end if;
  perform from batch as b where b.batch_id = any (batch_ids) order by b.batch_id for update;

  with kept as materialized (
    select
      b.batch_id,
      array_agg(e.content_no order by e.ord) as content_nos,
      array_agg(e.context_no order by e.ord) as context_nos,
      array_agg(e.revision order by e.ord) as revisions,
      jsonb_agg(coalesce(b.history -> (e.ord - 1)::integer, '[]') order by e.ord) as history
    from batch as b
    cross join lateral unnest(b.content_nos, b.context_nos, b.revisions)
      with ordinality as e (content_no, context_no, revision, ord)
    cross join lateral (
      select t.revision from translation as t
      where t.content_no = e.content_no and t.target_locale = b.target_locale
        and t.context_no = e.context_no and t.project = b.project
        and t.status = 'pending' and t.revision = e.revision
      offset 0
    ) as standing
    where b.batch_id = any (batch_ids)
    group by b.batch_id
  ), cut as (
    update batch as b
    set content_nos = k.content_nos, context_nos = k.context_nos, revisions = k.revisions,
      history = case when b.history is not null then k.history end
    from kept as k
    where b.batch_id = k.batch_id and cardinality(k.content_nos) < cardinality(b.content_nos)
  ), gone as (
    delete from batch as b
    where b.batch_id = any (batch_ids) and not exists (select from kept as k where k.batch_id = b.batch_id)
    returning b.batch_id, b.run_at, b.waits_for
  )
  -- The job of a removed batch finds no batch, and ends. A parked job runs late or never, so it is removed here.
  select count(graphile_worker.remove_job(g.batch_id::text)) into parked_jobs
  from gone as g
  where g.waits_for is not null and g.run_at > now();
end
$$;
