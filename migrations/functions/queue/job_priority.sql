-- The priority of a job: its level first, then the lane (project and target locale) with the fewest waiting batches, so that a
-- short lane goes before a long one and never before a higher level. Up to 128 waiting batches are counted, more are
-- estimated from a sample of one in 16, for which random ids are good: counting 8,000 batches took a tenth of registering.
create or replace function trans_hub.job_priority(level smallint, of_project text, of_locale text) returns smallint
language plpgsql stable
-- The plan is cached per session. Without these settings PostgreSQL builds a bitmap of all matching rows to read 128 of them.
set enable_seqscan = off
set enable_indexscan = on
as $$
declare
  waiting bigint := (
    select count(*)
    from (select from trans_hub.batch where project = of_project and target_locale = of_locale limit 128) as some_waiting
  );
begin
  if waiting = 128 then
    select greatest(waiting, 16 * count(*))
    into waiting
    from (
      select from trans_hub.batch
      where project = of_project and target_locale = of_locale and left(batch_id::text, 1) = '0'
      limit 500
    ) as one_in_16;
  end if;
  return level * 1000 + least(waiting / 8, 999);
end
$$;
