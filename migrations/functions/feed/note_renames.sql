-- Writes the event that business ids begin to mean other texts, before their uses are noted: ids that meant another text, and new
-- ids of texts that are translated already. Other changes of an id are told by the event of the text itself.
--
-- A reader that keeps texts by their ids could not know: no text changes. The event names the texts that the ids mean from now on,
-- in each locale.
create or replace function trans_hub.note_renames(items trans_hub.grouped_items, content_nos bigint[], context_nos bigint[])
returns void
language plpgsql volatile
-- Planned at each call. A plan that was made on an empty table reads all uses for each id, by the index of contents: registering 1,000
-- texts took seconds.
set plan_cache_mode = force_custom_plan
as $$
declare
  projects text[];
  contents bigint[];
  contexts bigint[];
begin
  select array_agg(r.project), array_agg(r.content_no), array_agg(r.context_no)
  into projects, contents, contexts
  from (
    select distinct i.project, i.content_no, i.context_no
    from (
      select distinct
        items.group_projects[coalesce(i.group_no, 1)] as project, i.business_id, i.content_no, i.context_no
      from unnest(items.item_groups, items.business_ids, content_nos, context_nos)
        as i (group_no, business_id, content_no, context_no)
      where i.business_id <> ''
    ) as i
    left join lateral (
      select s.content_no, s.context_no
      from source as s
      where s.project = i.project and s.business_id = i.business_id
      order by s.last_seen_at desc
      limit 1
    ) as meant on true
    where case
      when meant.content_no is not null then (meant.content_no, meant.context_no) <> (i.content_no, i.context_no)
      else exists (
        select from translation as t
        where t.content_no = i.content_no and t.context_no = i.context_no and t.project = i.project and t.text is not null
        offset 0
      )
    end
  ) as r;
  if projects is not null then
    perform write_events('renamed', projects, null, contents, contexts, null);
  end if;
end
$$;
