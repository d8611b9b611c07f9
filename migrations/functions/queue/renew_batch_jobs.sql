-- Adds the jobs of batches again, due as the batches are, with the present priority of their lanes.
create or replace function trans_hub.renew_batch_jobs(batch_ids uuid[]) returns void
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select trans_hub.add_batch_jobs(
    array_agg(b.batch_id), array_agg(b.project), array_agg(b.target_locale), array_agg(b.priority), array_agg(b.run_at)
  )
  from batch as b
  where b.batch_id = any (batch_ids)
  having count(*) > 0
$$;
