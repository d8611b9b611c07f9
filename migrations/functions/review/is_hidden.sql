-- Whether a person rejected the text of a row without a text, and hid it: it had one, unlike a row that was never translated.
create or replace function trans_hub.is_hidden(
  of_content_no bigint, of_target_locale text, of_context_no bigint, of_project text
) returns boolean
language sql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
as $$
  select exists (
    select from review_act as a
    where a.content_no = of_content_no and a.target_locale = of_target_locale and a.context_no = of_context_no
      and a.project = of_project and a.action = 'reject' and a.text_after is null
      and not exists (
        select from review_act as u
        where u.content_no = of_content_no and u.target_locale = of_target_locale and u.context_no = of_context_no
          and u.project = of_project and u.undoes = a.act_no
      )
  )
$$;
