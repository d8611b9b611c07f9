-- Makes the tasks of target locales that have none (null: of every locale that has a batch). For a statement of its own: a
-- task's first job makes the task, and whoever comes second waits until the first has committed. Inside a stranger's long
-- transaction, that would hold up everybody who asks for the same locale.
create or replace function trans_hub.open_lanes(locales text[]) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
-- A session plans graphile-worker's statements once, whoever comes first: see add_batch_jobs.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
  new_locale text;
begin
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
