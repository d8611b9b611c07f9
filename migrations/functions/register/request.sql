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
  select r.good, r.good_indexes, r.rejected into read from read_items(items, defaults, 1048576) as r;
  if read.good <> '{}' then
    receipt := register_items(items_as_groups(read.good), sql_options(defaults ->> 'engine', 200));
  end if;
  read.rejected := with_full_backlog(read.rejected, read.good_indexes, receipt.refused);
  return jsonb_build_object(
    'registered', (select coalesce(sum(n), 0) from unnest(receipt.registered) as n),
    'existing', (select coalesce(sum(n), 0) from unnest(receipt.existing) as n),
    'failed', (select coalesce(sum(n), 0) from unnest(receipt.failed) as n),
    'rejected', read.rejected
  );
end
$$;
