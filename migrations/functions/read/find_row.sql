-- The numbers of a referenced text and context: of the text itself where it is given, else of the text that was seen last under the
-- business id.
create or replace function trans_hub.find_row(
  of_project text, of_business_id text, of_source_locale text, of_text text, of_context text, of_format text,
  out content_no bigint, out context_no bigint
)
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  if of_text is null then
    select s.content_no, s.context_no into find_row.content_no, find_row.context_no
    from source as s
    where s.project = of_project and s.business_id = of_business_id
    order by s.last_seen_at desc, s.content_no desc
    limit 1;
  else
    select c.content_no into find_row.content_no
    from content as c
    where c.content_id = trans_hub.content_id(of_source_locale, of_text);
    if of_context is null and of_format = 'auto' then
      context_no := 0;
    else
      select x.context_no into find_row.context_no
      from context as x
      where x.context_id = trans_hub.context_id(of_context, of_format);
    end if;
  end if;
end
$$;
