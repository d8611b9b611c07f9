-- A paused batch is parked: it and its job wait for 'infinity', claimed by nobody, until it is resumed.
--
-- Parks claimed batches, and gives those that it did: none whose pause has ended. Who resumes waits for the locks on the
-- pauses taken here, and then finds what was parked; so nothing is parked behind its back.
create or replace function trans_hub.park_batches(batch_ids uuid[]) returns setof uuid
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  parked uuid[];
begin
  perform from pause order by kind, name for key share;

  with locked as materialized (
    select b.batch_id
    from batch as b
    where b.batch_id = any (batch_ids) and is_paused(b.project, b.target_locale)
    order by b.batch_id
    for update
  ), moved as (
    update batch as b set run_at = 'infinity', started_by = null
    from locked as l
    where b.batch_id = l.batch_id
    returning b.batch_id
  )
  select array_agg(m.batch_id) into parked from moved as m;
  -- The job that the caller holds loses its key, and ends with the caller; this makes the one that waits.
  perform trans_hub.renew_batch_jobs(parked);
  return query select unnest(parked);
end
$$;
