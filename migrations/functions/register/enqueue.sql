-- Appends items inside any transaction: the fleet registers them after its commit, and a rollback takes them back. Gives
-- {accepted, rejected}; the number of new rows is not known yet. Items that would go over the bound of the backlog are among the
-- rejected (TH_BACKLOG_FULL). For PREPARE TRANSACTION see append_to_inbox.
create or replace function trans_hub.enqueue(items jsonb, defaults jsonb default '{}') returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  read record;
  bound bigint := backlog_bound(null);
  refused boolean[];
  accepted jsonb;
begin
  select r.good, r.good_indexes, r.rejected into read from read_items(items, defaults, 1048576) as r;
  if bound is not null and read.good <> '{}' then
    refused := refused_items(items_as_groups(read.good), bound);
    read.rejected := with_full_backlog(read.rejected, read.good_indexes, refused);
  end if;
  -- As the caller gave them: the fleet checks them again when it registers them. In step, and not by a join: without
  -- statistics, PostgreSQL may compare each item with each.
  select jsonb_agg(inbox_list(items) -> g.index order by g.index)
  into accepted
  from unnest(read.good_indexes, refused) as g (index, is_refused)
  where g.is_refused is not true;
  if accepted is not null then
    perform append_to_inbox(accepted, defaults);
  end if;
  return jsonb_build_object('accepted', coalesce(jsonb_array_length(accepted), 0), 'rejected', read.rejected);
end
$$;
