-- Packs rows into batches, in the order of the items that asked for them: the places of the rows are in the order of locks.
create or replace function trans_hub.enqueue_wanted(
  wanted trans_hub.wanted_row[], places integer[], revisions integer[], options trans_hub.register_options
) returns void
language plpgsql volatile
as $$
begin
  perform enqueue_batches(
    array_agg(w.content_no order by w.items[1]), array_agg(w.locale order by w.items[1]),
    array_agg(w.context_no order by w.items[1]), array_agg(w.project order by w.items[1]),
    array_agg(p.revision order by w.items[1]), array_agg(w.priority order by w.items[1]),
    array_agg(w.source_locale order by w.items[1]), array_agg(w.bytes order by w.items[1]),
    options.batch_size, options.batch_bytes
  )
  from unnest(places, revisions) as p (place, revision)
  join unnest(wanted) as w using (place)
  where w.verbatim is null
  having count(*) > 0;
end
$$;
