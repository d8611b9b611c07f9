-- Brings the next `size` batches after an id forward that were parked for a pause, if their lane is not paused. A batch that is parked because of an
-- engine does not say so: it comes forward whenever anything is resumed, or with "sure" only once no engine is paused.
create or replace function trans_hub.unpark_batches(after uuid, size integer, sure boolean, out reached uuid, out unparked bigint)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  due uuid[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('unpark_batches');
  end if;
  if sure and exists (select from pause as p where p.kind = 'engine') then
    unparked := 0;
    return;
  end if;
  select array_agg(b.batch_id), max(b.batch_id::text)::uuid into due, reached
  from (
    select b.batch_id
    from batch as b
    where b.batch_id > after and b.waits_for = 'pause' and not is_paused(b.project, b.target_locale)
    order by b.batch_id
    limit size
    for update skip locked
  ) as b;
  update batch as b set run_at = now(), waits_for = null where b.batch_id = any (due);
  get diagnostics unparked = row_count;
  perform renew_batch_jobs(due);
end
$$;
