-- Adds to the counts of translated rows: one entry a row, "step" each.
create or replace function trans_hub.count_translated(projects text[], target_locales text[], step integer) returns void
language plpgsql volatile
as $$
begin
  insert into count_delta (project, target_locale, status, delta)
  select r.project, r.target_locale, 'translated', step * count(*)
  from unnest(projects, target_locales) as r (project, target_locale)
  group by r.project, r.target_locale;
end
$$;
