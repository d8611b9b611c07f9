-- Stores the texts of the items, locks them against collection, and gives the number of each item's text. A text that this
-- call inserts is visible to nobody else, so only the others are locked.
create or replace function trans_hub.store_contents(items trans_hub.grouped_items, item_content_ids uuid[]) returns bigint[]
language plpgsql volatile
as $$
declare
  content_ids uuid[];
  content_nos bigint[];
begin
  for try in 1..10 loop
    begin
      with made as (
        insert into content (content_id, source_locale, text)
        select distinct on (i.content_id) i.content_id, items.group_source_locales[coalesce(i.group_no, 1)], i.text
        from unnest(item_content_ids, items.item_groups, items.texts) as i (content_id, group_no, text)
        where not exists (select from content as c where c.content_id = i.content_id offset 0)
        order by i.content_id
        on conflict on constraint content_is_stored_once do nothing
        returning content_id, content_no
      )
      select array_agg(m.content_id), array_agg(m.content_no) into content_ids, content_nos from made as m;

      select content_ids || array_agg(c.content_id), content_nos || array_agg(c.content_no)
      into content_ids, content_nos
      from (
        select c.content_id, c.content_no
        from content as c
        where c.content_id = any (array(select unnest(item_content_ids) except select unnest(content_ids)))
        order by c.content_id
        for key share
      ) as c;

      if cardinality(content_ids) = (select count(distinct i) from unnest(item_content_ids) as i) then
        return array(
          select c.content_no
          from unnest(item_content_ids) with ordinality as i (content_id, ord)
          join unnest(content_ids, content_nos) as c (content_id, content_no) on c.content_id = i.content_id
          order by i.ord
        );
      end if;
      raise exception using errcode = 'TH900', message = 'a text was collected while it was registered';
    exception when sqlstate 'TH900' then
      null;
    end;
  end loop;
  raise exception using errcode = '40001', message = 'texts were collected as fast as they were registered';
end
$$;
