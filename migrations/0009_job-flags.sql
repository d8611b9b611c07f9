-- Jobs tell their project, so that who works for one project passes over the others' without claiming them. Safe while the
-- previous release runs: its jobs get the flag too, and it does not look at it. Jobs that are there already are without;
-- who claims one of those for nothing gives it back with it.

-- Up Migration
create or replace function trans_hub.add_batch_jobs(
  batch_ids uuid[], target_locales text[], job_priorities smallint[], run_ats timestamptz[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  -- Looked up once: a lane that is opened between two looks would have its batches get no job here and none later.
  open_locales text[] := array(select l.locale from target_locale as l where l.locale = any (target_locales));
begin
  perform graphile_worker.add_jobs(array(
    select row(
      'translate:' || j.target_locale, json_build_object('batch', j.batch_id), null, j.run_at, 32767, j.batch_id::text,
      j.job_priority,
      -- Seen here also when the calling statement made the batch itself: this function is volatile.
      (select array['project:' || b.project] from batch as b where b.batch_id = j.batch_id)
    )::graphile_worker.job_spec
    from unnest(batch_ids, target_locales, job_priorities, run_ats) as j (batch_id, target_locale, job_priority, run_at)
    where j.target_locale = any (open_locales)
  ));
  if not target_locales <@ open_locales then
    perform graphile_worker.add_job('open_lanes', max_attempts => 32767, priority => -2000);
  end if;
end
$$;

-- Down Migration
create or replace function trans_hub.add_batch_jobs(
  batch_ids uuid[], target_locales text[], job_priorities smallint[], run_ats timestamptz[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  -- Looked up once: a lane that is opened between two looks would have its batches get no job here and none later.
  open_locales text[] := array(select l.locale from target_locale as l where l.locale = any (target_locales));
begin
  perform graphile_worker.add_jobs(array(
    select row(
      'translate:' || b.target_locale, json_build_object('batch', b.batch_id), null, b.run_at, 32767, b.batch_id::text,
      b.job_priority, null
    )::graphile_worker.job_spec
    from unnest(batch_ids, target_locales, job_priorities, run_ats) as b (batch_id, target_locale, job_priority, run_at)
    where b.target_locale = any (open_locales)
  ));
  if not target_locales <@ open_locales then
    perform graphile_worker.add_job('open_lanes', max_attempts => 32767, priority => -2000);
  end if;
end
$$;
