-- Notes which project and business id uses each text. A plain read leaves out rows that were seen lately, so an unchanged
-- catalog writes nothing.
create or replace function trans_hub.note_sources(
  items trans_hub.grouped_items, content_nos bigint[], context_nos integer[], touch_after interval
) returns void
language plpgsql volatile
as $$
begin
  touch_after := least(touch_after, (select min(g.retention) / 10 from gc_run g where g.started_at > now() - interval '1 day'));

  insert into source (project, business_id, content_no, context_no)
  select distinct
    items.group_projects[coalesce(i.group_no, 1)] as project, coalesce(i.business_id, '') as business_id, i.content_no,
    i.context_no
  from unnest(items.item_groups, items.business_ids, content_nos, context_nos)
    as i (group_no, business_id, content_no, context_no)
  where not exists (
    select from source as s
    where s.project = items.group_projects[coalesce(i.group_no, 1)] and s.business_id = coalesce(i.business_id, '')
      and s.content_no = i.content_no and s.context_no = i.context_no
    offset 0
  )
  order by project, business_id, i.content_no, i.context_no
  on conflict do nothing;

  with seen as (
    select s.project, s.business_id, s.content_no, s.context_no
    from (
      select distinct
        items.group_projects[coalesce(i.group_no, 1)] as project, coalesce(i.business_id, '') as business_id, i.content_no,
        i.context_no
      from unnest(items.item_groups, items.business_ids, content_nos, context_nos)
        as i (group_no, business_id, content_no, context_no)
    ) as i
    cross join lateral (
      select s.* from source as s
      where s.project = i.project and s.business_id = i.business_id
        and s.content_no = i.content_no and s.context_no = i.context_no
        and (
          s.last_seen_at < now() - touch_after
          -- The text requested last is the text of its business id, also where it was that once before.
          or (s.business_id <> '' and exists (
            select from source as younger
            where younger.project = s.project and younger.business_id = s.business_id
              and younger.last_seen_at > s.last_seen_at
          ))
        )
      offset 0
    ) as s
  ), locked as materialized (
    select s.ctid
    from (select * from seen order by project, business_id, content_no, context_no) as i
    cross join lateral (
      select s.ctid from source as s
      where s.project = i.project and s.business_id = i.business_id
        and s.content_no = i.content_no and s.context_no = i.context_no
      for update
    ) as s
  )
  update source as s set last_seen_at = now() from locked where s.ctid = locked.ctid;
end
$$;
