-- Registers items at once, within the bound of the database. Gives {registered, existing, queued, failed, rejected}.
--
-- Where another session's lock is in the way, the whole call goes to the inbox and counts as queued: the fleet registers it
-- after the end of the lock. This call would have to be made again otherwise, by each caller in its own language.
create or replace function trans_hub.request(items jsonb, defaults jsonb default '{}') returns jsonb
language plpgsql volatile security definer
-- See register.
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = 0
set enable_seqscan = off
set jit = off
as $$
declare
  earlier_tag text := current_setting('trans_hub.tag', true);
  read record;
  receipt register_receipt;
  queued bigint := 0;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('request');
  end if;
  -- The receipt promises that the items are kept.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  select r.good, r.good_indexes, r.rejected into read from read_items(items, defaults, 1048576) as r;
  -- The batches take it from the setting.
  if defaults ? 'tag' then
    perform set_config('trans_hub.tag', coalesce(tag_of(defaults), ''), true);
  end if;
  if read.good <> '{}' then
    begin
      receipt := register_items(items_as_groups(read.good), sql_options(defaults ->> 'engine', 200));
    exception when lock_not_available or deadlock_detected then
      read.rejected := enqueue(items, defaults) -> 'rejected';
      select coalesce(sum(cardinality(g.target_locales)), 0) into queued
      from unnest(read.good) with ordinality
        as g (project, business_id, source_locale, text, context, format, verbatim, priority, forced, target_locales, lifetime, hint, ord)
      join unnest(read.good_indexes) with ordinality as i (index, ord) using (ord)
      left join jsonb_array_elements(read.rejected) as r (value) on (r.value ->> 'index')::integer = i.index
      where r.value is null;
    end;
  end if;
  -- A later call in the same transaction may have none.
  if defaults ? 'tag' then
    perform set_config('trans_hub.tag', coalesce(earlier_tag, ''), true);
  end if;
  read.rejected := with_full_backlog(read.rejected, read.good_indexes, receipt.refused);
  return jsonb_build_object(
    'registered', (select coalesce(sum(n), 0) from unnest(receipt.registered) as n),
    'existing', (select coalesce(sum(n), 0) from unnest(receipt.existing) as n),
    'queued', queued,
    'failed', (select coalesce(sum(n), 0) from unnest(receipt.failed) as n),
    'rejected', read.rejected
  );
end
$$;
