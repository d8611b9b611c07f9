-- Notes which project and business id uses each text. A plain read leaves out rows that were seen lately, so an unchanged
-- catalog writes nothing.
create or replace function trans_hub.note_sources(
  items trans_hub.grouped_items, content_nos bigint[], context_nos bigint[], touch_after interval
) returns void
language plpgsql volatile
as $$
begin
  touch_after := least(touch_after, (select min(g.retention) / 10 from gc_run g where g.started_at > now() - interval '1 day'));

  with look as materialized (
    select i.*, s.is_old
    from (
      select distinct
        items.group_projects[coalesce(i.group_no, 1)] as project, coalesce(i.business_id, '') as business_id, i.content_no,
        i.context_no
      from unnest(items.item_groups, items.business_ids, content_nos, context_nos)
        as i (group_no, business_id, content_no, context_no)
    ) as i
    left join lateral (
      select
        s.last_seen_at < now() - touch_after
        -- The text requested last is the text of its business id, also where it was that once before.
        or (s.business_id <> '' and exists (
          select from source as younger
          where younger.project = s.project and younger.business_id = s.business_id
            and younger.last_seen_at > s.last_seen_at
        )) as is_old
      from source as s
      where s.project = i.project and s.business_id = i.business_id
        and s.content_no = i.content_no and s.context_no = i.context_no
      offset 0
    ) as s on true
  ), made as (
    insert into source (project, business_id, content_no, context_no)
    select l.project, l.business_id, l.content_no, l.context_no
    from look as l
    where l.is_old is null
    order by l.project, l.business_id, l.content_no, l.context_no
    on conflict do nothing
  ), locked as materialized (
    select s.ctid
    from (select * from look where is_old order by project, business_id, content_no, context_no) as l
    cross join lateral (
      select s.ctid from source as s
      where s.project = l.project and s.business_id = l.business_id
        and s.content_no = l.content_no and s.context_no = l.context_no
      for update
    ) as s
  )
  update source as s set last_seen_at = now() from locked where s.ctid = locked.ctid;
end
$$;
