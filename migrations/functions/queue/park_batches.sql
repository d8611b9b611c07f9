-- Parks claimed batches whose lane is paused, and gives their ids. A parked batch and its job wait for 'infinity', so no worker
-- claims them until the pause ends.
--
-- The locks on the pauses make a `resume` wait until this transaction ends; then it finds the parked batches. So no batch is
-- parked after its pause has ended.
create or replace function trans_hub.park_batches(batch_ids uuid[]) returns setof uuid
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  parked uuid[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('park_batches');
  end if;
  perform from pause order by kind, name for key share;

  with locked as materialized (
    select b.batch_id
    from batch as b
    where b.batch_id = any (batch_ids) and is_paused(b.project, b.target_locale)
    order by b.batch_id
    for update
  ), moved as (
    update batch as b set run_at = 'infinity', waits_for = 'pause', started_by = null
    from locked as l
    where b.batch_id = l.batch_id
    returning b.batch_id
  )
  select array_agg(m.batch_id) into parked from moved as m;
  -- The caller's job loses its key here, and ends with the caller; this adds the job that waits.
  perform trans_hub.renew_batch_jobs(parked);
  return query select unnest(parked);
end
$$;
