-- The state of one translation as every reader shows it, or no row. A new column of the readers is added here, and then
-- to the result of each reader that passes it on.
--
-- Inlined, as open_dead_letter is.
create or replace function trans_hub.stored_text(
  of_content_no bigint, of_target_locale text, of_context_no integer, of_project text
) returns table (
  business_ids text[], status text, text text, engine text, model text, revision integer, error_code text,
  error_message text
)
language sql stable rows 1
as $$
  select
    nullif(array(
      select s.business_id from trans_hub.source as s
      where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project and s.business_id <> ''
      order by s.business_id
    ), '{}'),
    t.status::text, t.text, t.engine, t.model, t.revision, d.code, d.message
  from (
    select t.* from trans_hub.translation as t
    where t.content_no = of_content_no and t.target_locale = of_target_locale
      and t.context_no = of_context_no and t.project = of_project
    offset 0
  ) as t
  left join lateral trans_hub.open_dead_letter(t.content_no, t.target_locale, t.context_no, t.project) as d on true
$$;
