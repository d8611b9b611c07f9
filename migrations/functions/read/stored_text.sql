-- The state of the translation with this key, or no row: a pinned look-up, and row_state. Inlined, as row_state is.
create or replace function trans_hub.stored_text(
  of_content_no bigint, of_target_locale text, of_context_no bigint, of_project text
) returns table (
  id text, business_ids text[], status text, text text, engine text, model text, flags text[], revision integer, error_code text,
  error_message text
)
language sql stable rows 1
as $$
  select s.*
  from (
    select t.* from trans_hub.translation as t
    where t.content_no = of_content_no and t.target_locale = of_target_locale
      and t.context_no = of_context_no and t.project = of_project
    offset 0
  ) as t
  cross join lateral trans_hub.row_state(row(t.*)::trans_hub.translation) as s
$$;
