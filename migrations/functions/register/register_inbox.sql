-- Registers what was appended under these numbers, all with the same defaults; gives how many rows it took. Rows that
-- another worker has in hand are left to it. The length of a text was judged, by whatever setting, when it was appended;
-- what is refused here all the same stays in the inbox, for a person to look at.
create or replace function trans_hub.register_inbox(ids bigint[]) returns integer
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  taken record;
  read record;
begin
  with row as (
    delete from inbox as i
    using (select id from inbox where id = any (ids) order by id for update skip locked) as next
    where i.id = next.id
    returning i.id, i.items, i.defaults, i.created_at
  )
  select
    (select count(*) from row)::integer as count,
    (select r.defaults from row as r limit 1) as defaults,
    (
      -- An expiry counts from the request on, not from now.
      select jsonb_agg(
        case
          when jsonb_typeof(l.seconds) = 'number' and l.seconds::numeric > 1 then e.value || jsonb_build_object(
            'expiresAfterSeconds',
            greatest(1, ceil(l.seconds::numeric - extract(epoch from clock_timestamp() - r.created_at)::numeric))
          )
          else e.value
        end
        order by r.id, e.ord
      )
      from row as r
      cross join lateral jsonb_array_elements(r.items) with ordinality as e (value, ord)
      cross join lateral (
        select coalesce(nullif(e.value -> 'expiresAfterSeconds', 'null'), r.defaults -> 'expiresAfterSeconds') as seconds
      ) as l
    ) as items
  into taken;
  if taken.count > 0 then
    select r.good, r.rejected into read from read_items(taken.items, taken.defaults, 2147483647) as r;
    perform register_read(read.good, taken.defaults ->> 'engine', 50);
    insert into inbox (items, defaults, refused)
    select jsonb_build_array(taken.items -> (r.value ->> 'index')::integer), taken.defaults, r.value ->> 'code'
    from jsonb_array_elements(read.rejected) as r (value);
  end if;
  return taken.count;
end
$$;
