-- Takes requests back that wait in the inbox, as cancel_batches does for registered ones: they are behind a lock of another
-- session, and would be registered after it. With a locale only that one of an item; with a prefix only items under business
-- ids that begin so. Gives the number of items × locales. Items that the database refuses stay for a person to look at.
create or replace function trans_hub.cancel_in_inbox(of_project text, of_target_locale text, id_prefix text) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = '5s'
as $$
declare
  rows_of_inbox bigint[];
  taken bigint;
  cancelled bigint := 0;
begin
  -- Repeats until no row holds such an item: see forget_in_inbox.
  loop
    rows_of_inbox := array(
      select i.id
      from inbox as i
      where i.refused is null and exists (
        select from jsonb_array_elements(inbox_list(i.items)) as e (value)
        where locales_to_cancel(e.value, i.defaults, of_project, of_target_locale, id_prefix) <> '{}'
      )
    );
    exit when rows_of_inbox = '{}';
    perform from inbox as i where i.id = any (rows_of_inbox) order by i.id for update;
    with item as materialized (
      select i.id, e.value, e.ord, i.defaults,
        locales_to_cancel(e.value, i.defaults, of_project, of_target_locale, id_prefix) as locales
      from inbox as i
      cross join lateral jsonb_array_elements(inbox_list(i.items)) with ordinality as e (value, ord)
      where i.id = any (rows_of_inbox)
    ), kept as materialized (
      select
        e.id,
        jsonb_agg(
          case when e.locales = '{}' then e.value else e.value || jsonb_build_object('targetLocales', l.others) end order by e.ord
        ) filter (where e.locales = '{}' or l.others is not null) as items,
        sum(cardinality(e.locales)) as gone
      from item as e
      cross join lateral (
        select jsonb_agg(o.locale order by o.ord) as others
        from jsonb_array_elements_text(
          case when e.locales = '{}' then '[]'
          else coalesce(nullif(e.value -> 'targetLocales', 'null'), e.defaults -> 'targetLocales') end
        ) with ordinality as o (locale, ord)
        where canonical_locale(o.locale) <> all (e.locales)
      ) as l
      group by e.id
    ), emptied as (
      delete from inbox as i using kept as k where i.id = k.id and k.items is null
    ), cut as (
      update inbox as i set items = k.items from kept as k where i.id = k.id and k.items is not null
    )
    select coalesce(sum(k.gone), 0) into taken from kept as k;
    cancelled := cancelled + taken;
  end loop;
  return cancelled;
end
$$;
