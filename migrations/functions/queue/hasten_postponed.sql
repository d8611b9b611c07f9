-- Makes the next `size` batches after an id due that wait for an engine's pause or circuit, whichever engine it is: a batch whose
-- engine is still held is postponed again.
create or replace function trans_hub.hasten_postponed(after uuid, size integer, out reached uuid, out hastened bigint)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  due uuid[];
begin
  select array_agg(b.batch_id), max(b.batch_id::text)::uuid into due, reached
  from (
    select b.batch_id
    from batch as b
    where b.batch_id > after and b.is_postponed and b.run_at > now() and b.run_at < 'infinity'
    order by b.batch_id
    limit size
    for update skip locked
  ) as b;
  update batch as b set run_at = now() where b.batch_id = any (due);
  get diagnostics hastened = row_count;
  perform renew_batch_jobs(due);
end
$$;
