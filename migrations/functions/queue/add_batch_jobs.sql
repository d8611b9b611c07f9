-- Adds one job for each batch. Payload and key are the id of the batch and nothing else, so a batch that asks for a job twice
-- has one. max_attempts is the highest that graphile-worker takes, and is never read: a claim uses up an attempt. Batches of a
-- locale whose lane is not open yet get their jobs from the fleet, by the job `open_lanes` that is added here instead. A
-- flag of each job names its project, so that a worker of one project passes over the jobs of others without claiming them.
--
--   levels            priority levels of the batches; the priority of a job is that of its lane within the level
--   job_priorities    priority override for each job; null: use the lane's priority
create or replace function trans_hub.add_batch_jobs(
  batch_ids uuid[], projects text[], target_locales text[], levels smallint[], run_ats timestamptz[],
  job_priorities smallint[] default null
) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
-- See Pragmas: graphile-worker looks for jobs with these keys. Planned while the queue is empty, as it mostly is, the look-up
-- would read all jobs for each chunk once the queue is long.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
  -- Asked once: if the lane opened between two looks, its batches would get a job neither here nor later.
  open_locales text[] := array(select l.locale from target_locale as l where l.locale = any (target_locales));
begin
  perform graphile_worker.add_jobs(array(
    select row(
      'translate:' || j.target_locale, json_build_object('batch', j.batch_id), null, j.run_at, 32767, j.batch_id::text,
      coalesce(j.job_priority, l.job_priority), array['project:' || j.project]
    )::graphile_worker.job_spec
    from unnest(batch_ids, projects, target_locales, levels, run_ats, job_priorities)
      as j (batch_id, project, target_locale, level, run_at, job_priority)
    left join (
      select l.*, job_priority(l.level, l.project, l.target_locale) as job_priority
      from (
        select distinct j.project, j.target_locale, j.level
        from unnest(projects, target_locales, levels, job_priorities) as j (project, target_locale, level, job_priority)
        where j.job_priority is null
      ) as l
      offset 0
    ) as l using (project, target_locale, level)
    where j.target_locale = any (open_locales)
  ));
  if not target_locales <@ open_locales then
    -- Before the lane opens, which is for ever.
    perform require_lane(l.locale)
    from (select unnest(target_locales) as locale except select unnest(open_locales)) as l;
    perform graphile_worker.add_job('open_lanes', max_attempts => 32767, priority => -2000);
  end if;
end
$$;
