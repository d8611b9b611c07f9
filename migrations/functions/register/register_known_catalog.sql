-- Registers items of which some may be there.
create or replace function trans_hub.register_known_catalog(
  items trans_hub.grouped_items, content_ids uuid[], context_nos bigint[], options trans_hub.register_options
) returns trans_hub.register_receipt
language plpgsql volatile
as $$
declare
  content_nos bigint[] := store_contents(items, content_ids);
  wanted wanted_row[];
  outcome record;
  again record;
  work integer[];
  revisions integer[];
begin
  if items.business_ids is not null then
    -- In an "if" of its own: with the question above it would be a query for items without ids too.
    if exists (select from feed_switch) then
      perform note_renames(items, content_nos, context_nos);
    end if;
  end if;
  perform note_sources(items, content_nos, context_nos, options.touch_after);
  if items.hints is not null then
    perform note_hints(items, content_nos, context_nos);
  end if;
  wanted := wanted_rows(items, content_nos, context_nos);
  outcome := make_translations(wanted, options.for_engine);
  if outcome.made <> '{}' then
    work := outcome.made;
    revisions := array_fill(first_revision(), array[cardinality(work)]);
  end if;
  if outcome.due <> '{}' then
    again := redo_translations(wanted, outcome.due, options.for_engine);
    work := work || again.redone;
    revisions := revisions || again.revisions;
    outcome.made := outcome.made || again.revived;
  end if;
  if work is not null then
    perform enqueue_wanted(wanted, work, revisions, options);
  end if;
  return receipt_of(items, wanted, outcome.made, outcome.failed);
end
$$;
