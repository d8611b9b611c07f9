-- Registers items that were read; gives the sums of the receipt.
create or replace function trans_hub.register_read(
  good trans_hub.item[], engine text, lock_timeout_ms integer, out registered bigint, out existing bigint, out failed bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  if cardinality(good) = 0 then
    registered := 0;
    existing := 0;
    failed := 0;
    return;
  end if;
  select
    coalesce((select sum(n) from unnest(r.registered) as n), 0),
    coalesce((select sum(n) from unnest(r.existing) as n), 0),
    coalesce((select sum(n) from unnest(r.failed) as n), 0)
  into registered, existing, failed
  from item_columns(good) as i
  cross join lateral register(
    i.texts, i.business_ids, i.contexts, i.formats, i.verbatim, i.lifetimes, i.item_groups, i.group_projects,
    i.group_source_locales, i.group_priorities, i.group_forced, i.want_groups, i.want_locales, 50, 32768, interval '1 day',
    engine, lock_timeout_ms
  ) as r;
end
$$;
