-- Parks the next `size` due batches of paused lanes after an id, so that the fleet does not claim each of them to find it paused.
-- The worker of a claimed batch parks it; a batch that is due later is parked when it is claimed.
create or replace function trans_hub.park_waiting(after uuid, size integer, out reached uuid, out parked bigint)
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  due uuid[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('park_waiting');
  end if;
  perform from pause order by kind, name for key share;
  select array_agg(b.batch_id), max(b.batch_id::text)::uuid into due, reached
  from (
    select b.batch_id
    from batch as b
    where b.batch_id > after and b.run_at <= now() and is_paused(b.project, b.target_locale)
    order by b.batch_id
    limit size
    for update
  ) as b;
  -- graphile-worker moves the jobs that no worker holds, and gives them.
  update batch as b set run_at = 'infinity', waits_for = 'pause'
  from (
    select j.key
    from graphile_worker.reschedule_jobs(
      array(select j.id from graphile_worker.jobs as j where j.key = any (due::text[])), run_at => 'infinity'
    ) as j
  ) as moved
  where b.batch_id = any (due) and b.batch_id::text = moved.key;
  get diagnostics parked = row_count;
end
$$;
