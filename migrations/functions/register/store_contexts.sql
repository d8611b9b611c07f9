-- Stores the contexts of the items, locks them against collection, and gives the number of each item's; 0: it has none.
create or replace function trans_hub.store_contexts(items trans_hub.grouped_items) returns bigint[]
language plpgsql volatile
as $$
declare
  context_ids uuid[] := array(
    select context_id(i.context, coalesce(i.format, 'auto'))
    from unnest(items.texts, items.contexts, items.formats) with ordinality as i (text, context, format, ord)
    order by i.ord
  );
  context_nos bigint[];
begin
  for try in 1..10 loop
    begin
      insert into context (context_id, canonical, format)
      select distinct on (i.context_id) i.context_id, i.canonical, coalesce(i.format, 'auto')
      from unnest(context_ids, items.contexts, items.formats) as i (context_id, canonical, format)
      where i.context_id is not null
        and not exists (select from context as c where c.context_id = i.context_id offset 0)
      order by i.context_id
      on conflict on constraint context_is_stored_once do nothing;

      select array_agg(coalesce(c.context_no, 0) order by i.ord)
      into context_nos
      from unnest(context_ids) with ordinality as i (context_id, ord)
      left join (
        select c.context_id, c.context_no
        from context as c
        where c.context_id = any (context_ids)
        order by c.context_id
        for key share
      ) as c on c.context_id = i.context_id;

      if not exists (
        select from unnest(context_ids, context_nos) as i (context_id, context_no)
        where i.context_id is not null and i.context_no = 0
      ) then
        return context_nos;
      end if;
      raise exception using errcode = 'TH900', message = 'a context was collected while it was registered';
    exception when sqlstate 'TH900' then
      null;
    end;
  end loop;
  raise exception using errcode = '40001', message = 'contexts were collected as fast as they were registered';
end
$$;
