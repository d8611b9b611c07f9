-- Brings the next `size` batches of a project after an id forward that wait for a budget or a price.
create or replace function trans_hub.unpark_for_budget(
  of_project text, kinds text[], after uuid, size integer, out reached uuid, out unparked bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  due uuid[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('unpark_for_budget');
  end if;
  select array_agg(b.batch_id), max(b.batch_id::text)::uuid into due, reached
  from (
    select b.batch_id
    from batch as b
    where b.batch_id > after and b.project = of_project and b.waits_for = any (kinds) and b.run_at > now()
    order by b.batch_id
    limit size
    for update skip locked
  ) as b;
  update batch as b set run_at = now(), waits_for = null where b.batch_id = any (due);
  get diagnostics unparked = row_count;
  perform renew_batch_jobs(due);
end
$$;
