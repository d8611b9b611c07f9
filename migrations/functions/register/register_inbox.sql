-- Registers the rows of the inbox with these numbers, all of the same defaults, and gives how many rows it took. A row that
-- another worker has locked is left to that worker. The length of a text was checked by the producer's own setting when the
-- text was appended. An item that is refused here all the same stays in the inbox, for a person to look at; "refused" names
-- each of them, {id, code}.
--
-- The bound of the database does not apply here: `enqueue` has accepted the items.
create or replace function trans_hub.register_inbox(ids bigint[], out count integer, out refused jsonb)
language plpgsql volatile security definer
-- See register.
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = 0
set enable_seqscan = off
set jit = off
as $$
declare
  taken record;
  read record;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('register_inbox');
  end if;
  with row as (
    delete from inbox as i
    using (select id from inbox where id = any (ids) order by id for update skip locked) as next
    where i.id = next.id
    returning i.id, i.items, i.defaults, i.created_at, i.tries, i.traceparent
  )
  select
    (select count(*) from row)::integer as count,
    (select r.defaults from row as r limit 1) as defaults,
    (select min(r.tries) from row as r) as tries,
    -- The first 16: each has 55 characters.
    (select left(string_agg(distinct r.traceparent, ' '), 895) from row as r) as traceparent,
    (
      -- An expiry counts from the request on, not from now.
      select jsonb_agg(
        case
          when jsonb_typeof(e.value) = 'object' and jsonb_typeof(l.seconds) = 'number' and l.seconds::numeric > 1
          then e.value || jsonb_build_object(
            'expiresAfterSeconds',
            greatest(1, ceil(l.seconds::numeric - extract(epoch from clock_timestamp() - r.created_at)::numeric))
          )
          else e.value
        end
        order by r.id, e.ord
      )
      from row as r
      cross join lateral jsonb_array_elements(inbox_list(r.items)) with ordinality as e (value, ord)
      cross join lateral (
        select coalesce(nullif(e.value -> 'expiresAfterSeconds', 'null'), r.defaults -> 'expiresAfterSeconds') as seconds
      ) as l
    ) as items
  into taken;
  count := taken.count;
  refused := '[]';
  if count > 0 then
    if taken.traceparent is not null then
      perform set_config('trans_hub.traceparent', taken.traceparent, true);
    end if;
    perform set_config('trans_hub.tag', coalesce(taken.defaults ->> 'tag', ''), true)
    where taken.defaults ? 'tag' or current_setting('trans_hub.tag', true) <> '';
    select r.good, r.rejected into read from read_items(taken.items, taken.defaults, 2147483647) as r;
    if read.good <> '{}' then
      perform register_admitted(items_as_groups(read.good), sql_options(
        taken.defaults ->> 'engine',
        -- A row that was behind a lock before is only tried: hundreds of them must not delay the one that is free now.
        case when taken.tries = 0 then 50 else 1 end
      ));
    end if;
    if read.rejected <> '[]' then
      with kept as (
        insert into inbox (items, defaults, refused)
        select jsonb_build_array(taken.items -> (r.value ->> 'index')::integer), taken.defaults, r.value ->> 'code'
        from jsonb_array_elements(read.rejected) as r (value)
        returning id, inbox.refused as code
      )
      select jsonb_agg(jsonb_build_object('id', k.id, 'code', k.code) order by k.id) into refused from kept as k;
    end if;
  end if;
end
$$;
