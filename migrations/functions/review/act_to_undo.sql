-- The act of a person on a translation that an undo takes back: the latest that no undo has taken back, and that is none itself. All
-- of it null: there is none.
create or replace function trans_hub.act_to_undo(
  of_content_no bigint, of_target_locale text, of_context_no bigint, of_project text
) returns trans_hub.review_act
language sql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
as $$
  select a.*
  from review_act as a
  where a.content_no = of_content_no and a.target_locale = of_target_locale and a.context_no = of_context_no
    and a.project = of_project and a.action not in ('undo', 'replace')
    and not exists (
      select from review_act as u
      where u.content_no = of_content_no and u.target_locale = of_target_locale and u.context_no = of_context_no
        and u.project = of_project and u.undoes = a.act_no
    )
  order by a.act_no desc
  limit 1
$$;
