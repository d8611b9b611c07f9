-- Whether everything, this project or this target locale is paused.
create or replace function trans_hub.is_paused(of_project text, of_locale text) returns boolean
language sql stable
return exists (
  select from trans_hub.pause as p
  where p.kind = 'everything'
    or p.kind = 'project' and p.name = of_project
    or p.kind = 'locale' and p.name = of_locale
);
