-- Notes the hints of the items, each with the use of its text. Of several for one use the last counts. An equal hint is not
-- written again: an unchanged catalog writes nothing.
create or replace function trans_hub.note_hints(items trans_hub.grouped_items, content_nos bigint[], context_nos bigint[])
returns void
language plpgsql volatile
as $$
begin
  insert into hint as h (content_no, context_no, project, business_id, hint)
  select s.content_no, s.context_no, s.project, s.business_id, s.hint
  from (
    select distinct on (i.content_no, i.context_no, i.project, i.business_id) i.*
    from (
      select
        i.content_no, i.context_no, items.group_projects[coalesce(i.group_no, 1)] as project,
        coalesce(i.business_id, '') as business_id, i.hint, i.ord
      from unnest(content_nos, context_nos, items.item_groups, items.business_ids, items.hints) with ordinality
        as i (content_no, context_no, group_no, business_id, hint, ord)
      where i.hint is not null
    ) as i
    order by i.content_no, i.context_no, i.project, i.business_id, i.ord desc
  ) as s
  left join lateral (
    select h.hint from hint as h
    where h.content_no = s.content_no and h.context_no = s.context_no
      and h.project = s.project and h.business_id = s.business_id
    offset 0
  ) as known on true
  where coalesce(known.hint, '{}') <> s.hint
  order by s.content_no, s.context_no, s.project, s.business_id
  on conflict on constraint hint_pkey do update set hint = excluded.hint, noted_at = now()
  where h.hint <> excluded.hint;
end
$$;
