-- The notes of the reviewers who rejected texts, by the places of the texts from 1; null: none of them was rejected. A rejection
-- counts until another text is stored in the place of the rejected one, or a person decides anew; '' is one without a note.
create or replace function trans_hub.review_notes(
  of_project text, of_target_locale text, content_nos bigint[], context_nos bigint[]
) returns json
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  -- Of texts without a history, this look is all.
  if not exists (
    select from review_act as a
    where a.content_no = any (content_nos) and a.target_locale = of_target_locale and a.project = of_project
  ) then
    return null;
  end if;
  return (
    select json_object_agg(i.ord, coalesce(a.note, ''))
    from unnest(content_nos, context_nos) with ordinality as i (content_no, context_no, ord)
    cross join lateral (
      select a.action, a.note, a.text_before is not null and a.text_after is null as was_hidden
      from review_act as a
      where a.content_no = i.content_no and a.target_locale = of_target_locale and a.context_no = i.context_no
        and a.project = of_project and a.action <> 'undo'
        and not exists (
          select from review_act as u
          where u.content_no = i.content_no and u.target_locale = of_target_locale and u.context_no = i.context_no
            and u.project = of_project and u.undoes = a.act_no
        )
      order by a.act_no desc
      limit 1
    ) as a
    where a.action = 'reject'
      -- A hidden text has no row for what took its place: the row itself has a text then.
      and not (a.was_hidden and exists (
        select from translation as t
        where t.content_no = i.content_no and t.target_locale = of_target_locale and t.context_no = i.context_no
          and t.project = of_project and t.text is not null
        offset 0
      ))
  );
end
$$;
