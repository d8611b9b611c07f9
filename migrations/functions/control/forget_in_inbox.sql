-- Takes the items that are to be forgotten out of the inbox; see forget. Gives how many. With max_rows, it takes those of this
-- many rows, and gives 0 only when none is left.
create or replace function trans_hub.forget_in_inbox(
  of_project text, of_business_id text, id_prefix text, of_text text, of_content_id uuid, in_context uuid, in_every_context boolean,
  max_rows integer
) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  rows_of_inbox bigint[];
  taken bigint;
  forgotten bigint := 0;
begin
  -- Repeats until no row holds such an item: a row that another transaction had locked may come back as two halves.
  loop
    rows_of_inbox := array(
      select i.id
      from inbox as i
      where exists (
        select from jsonb_array_elements(inbox_list(i.items)) as e (value)
        where is_to_forget(
          e.value, i.defaults, of_project, of_business_id, id_prefix, of_text, of_content_id, in_context, in_every_context
        )
      )
      order by i.id
      limit max_rows
    );
    exit when rows_of_inbox = '{}';
    perform from inbox as i where i.id = any (rows_of_inbox) order by i.id for update;
    with kept as materialized (
      select
        i.id,
        jsonb_agg(e.value order by e.ord) filter (where not e.goes) as items,
        count(*) filter (where e.goes) as gone
      from inbox as i
      cross join lateral (
        select e.value, e.ord, is_to_forget(
          e.value, i.defaults, of_project, of_business_id, id_prefix, of_text, of_content_id, in_context, in_every_context
        ) as goes
        from jsonb_array_elements(inbox_list(i.items)) with ordinality as e (value, ord)
      ) as e
      where i.id = any (rows_of_inbox)
      group by i.id
    ), emptied as (
      delete from inbox as i using kept as k where i.id = k.id and k.items is null
    ), cut as (
      update inbox as i set items = k.items from kept as k where i.id = k.id and k.items is not null
    )
    select coalesce(sum(k.gone), 0) into taken from kept as k;
    forgotten := forgotten + taken;
    exit when max_rows is not null and taken > 0;
  end loop;
  return forgotten;
end
$$;
