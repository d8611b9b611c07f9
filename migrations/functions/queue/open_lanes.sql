-- Makes the graphile-worker tasks of target locales that have none; null: of every locale that has a batch. It runs as a
-- statement of its own: the first job of a task makes the task, and a second transaction waits until the first has committed.
-- Inside a caller's long transaction this would hold up every request for the same locale. Raises TH005 for a string that is
-- no canonical locale: each lane is a task that every worker asks for.
create or replace function trans_hub.open_lanes(locales text[]) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
-- See add_batch_jobs: a session plans graphile-worker's statements once.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
  new_locale text;
begin
  foreach new_locale in array coalesce(locales, '{}') loop
    perform require_lane(new_locale);
  end loop;
  for new_locale in
    select distinct l.locale
    from (
      select unnest(locales) as locale
      union all
      select b.target_locale from batch as b where locales is null
    ) as l
    where not exists (select from target_locale as t where t.locale = l.locale)
    order by 1
  loop
    perform graphile_worker.add_job(
      'translate:' || new_locale, job_key => 'open translate:' || new_locale, run_at => 'infinity'
    );
    perform graphile_worker.remove_job('open translate:' || new_locale);
    insert into target_locale (locale) values (new_locale) on conflict do nothing;
  end loop;
end
$$;
