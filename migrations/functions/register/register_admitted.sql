-- Registers items that fit the bound: by the short way where the catalog is new, else by the long way.
--
-- The order of locks: contexts by context_id, contents by content_id, then sources and translations by key. A collection
-- takes contents first and does not wait for locks. This call waits options.lock_timeout_ms at most: 55P03 makes the
-- caller try again in halves, so that only the item behind the lock is held up. A text that a collection removes at the same
-- moment is noticed, because fewer rows are locked than asked for, and is registered again from before its insert: a
-- repetition that holds the greater keys would deadlock.
create or replace function trans_hub.register_admitted(items trans_hub.grouped_items, options trans_hub.register_options)
returns trans_hub.register_receipt
language plpgsql volatile
as $$
declare
  content_ids uuid[];
  context_nos bigint[];
  receipt register_receipt;
begin
  perform set_config('lock_timeout', options.lock_timeout_ms::text, true);
  content_ids := array(
    select content_id(items.group_source_locales[coalesce(i.group_no, 1)], i.text)
    from unnest(items.texts, items.item_groups) with ordinality as i (text, group_no, ord)
    order by i.ord
  );
  -- Most calls have no context.
  if items.contexts is null and items.formats is null then
    context_nos := array_fill(0::bigint, array[cardinality(items.texts)]);
  else
    context_nos := store_contexts(items);
  end if;

  -- Each text is here once, and none of fifty that speak for all is stored: the catalog is new. Where the fifty are wrong, the
  -- unique key of content says so, and nothing has happened. A look at all 1,000 texts took 0.5 ms more of each chunk.
  if
    (select count(*) from (select from unnest(content_ids) as i group by i) as d) = cardinality(content_ids)
    and not exists (
      select from content as c
      where c.content_id = any (array(
        select content_ids[i] from generate_series(1, cardinality(content_ids), (cardinality(content_ids) + 49) / 50) as i
      ))
    )
  then
    begin
      return register_new_catalog(items, content_ids, context_nos, options);
    exception when unique_violation then
      -- Another producer was faster, or the fifty were wrong.
      null;
    end;
  end if;
  return register_known_catalog(items, content_ids, context_nos, options);
end
$$;
