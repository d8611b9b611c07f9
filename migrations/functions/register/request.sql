-- Registers items at once, within the bound of the database. Gives {registered, existing, failed, rejected}.
create or replace function trans_hub.request(items jsonb, defaults jsonb default '{}') returns jsonb
language plpgsql volatile security definer
-- See register.
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = 0
set enable_seqscan = off
set jit = off
as $$
declare
  read record;
  receipt register_receipt;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('request');
  end if;
  -- The receipt promises that the items are kept.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  select r.good, r.good_indexes, r.rejected into read from read_items(items, defaults, 1048576) as r;
  if read.good <> '{}' then
    receipt := register_items(items_as_groups(read.good), sql_options(defaults ->> 'engine', 200));
  end if;
  if receipt.refused is not null then
    read.rejected := read.rejected || (
      select jsonb_agg(
        jsonb_build_object(
          'index', g.index, 'code', 'TH_BACKLOG_FULL', 'message', 'the backlog is full: try again later'
        )
        order by g.index
      )
      from unnest(read.good_indexes, receipt.refused) as g (index, is_refused)
      where g.is_refused
    );
  end if;
  return jsonb_build_object(
    'registered', (select coalesce(sum(n), 0) from unnest(receipt.registered) as n),
    'existing', (select coalesce(sum(n), 0) from unnest(receipt.existing) as n),
    'failed', (select coalesce(sum(n), 0) from unnest(receipt.failed) as n),
    'rejected', read.rejected
  );
end
$$;
