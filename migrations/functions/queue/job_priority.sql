-- The priority of a job: its level, then the lane (project and target locale) with the least waiting first, so that a
-- lane with little to do goes ahead of a lane with much, and never beyond its level. What waits is counted up to 128 batches, and
-- beyond by a sample of one in 16, for which random ids are good: to count 8,000 took a tenth of registering.
create or replace function trans_hub.job_priority(level smallint, of_project text, of_locale text) returns smallint
language plpgsql stable
-- Its plan is the session's, whoever was first to ask. For a look at 128 of many, a bitmap of all would be made first.
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
