-- Packs the rows of a new catalog into batches. Where all texts are short and of one group, batches are cut from the arrays
-- of numbers as they are: enqueue_batches takes an array for each of its columns, and to make those takes longer than to pack
-- (0.8 ms of a chunk of 1,000).
create or replace function trans_hub.enqueue_new_catalog(
  items trans_hub.grouped_items, wants trans_hub.want[], content_nos bigint[], context_nos bigint[], new_revision integer,
  options trans_hub.register_options
) returns void
language plpgsql volatile
as $$
declare
  -- PERFORM takes no statement that begins with WITH.
  nothing record;
begin
  if
    items.item_groups is null
    and (select max(octet_length(i)) from unnest(items.texts) as i)::bigint * options.batch_size <= options.batch_bytes
  then
    if items.verbatim is not null then
      select array_agg(i.content_no order by i.ord), array_agg(i.context_no order by i.ord)
      into content_nos, context_nos
      from unnest(content_nos, context_nos, items.verbatim) with ordinality as i (content_no, context_no, verbatim, ord)
      where i.verbatim is not true;
    end if;
    with packed as (
      insert into batch (project, source_locale, target_locale, content_nos, context_nos, revisions, priority)
      select
        w.project, w.source_locale, w.locale, content_nos[at : at + options.batch_size - 1],
        context_nos[at : at + options.batch_size - 1],
        array_fill(new_revision, array[least(options.batch_size, cardinality(content_nos) - at + 1)]), w.priority
      from unnest(wants) as w
      cross join generate_series(1, cardinality(content_nos), options.batch_size) as at
      where w.locale <> w.source_locale
      returning batch_id, project, target_locale, priority, run_at
    )
    select add_batch_jobs(
      array_agg(p.batch_id), array_agg(p.project), array_agg(p.target_locale), array_agg(p.priority), array_agg(p.run_at)
    )
    into nothing
    from packed as p
    having count(*) > 0;
  else
    perform enqueue_batches(
      array_agg(i.content_no order by i.ord), array_agg(w.locale order by i.ord), array_agg(i.context_no order by i.ord),
      array_agg(w.project order by i.ord), array_fill(new_revision, array[count(*)::integer]),
      array_agg(w.priority order by i.ord), array_agg(w.source_locale order by i.ord), array_agg(i.bytes order by i.ord),
      options.batch_size, options.batch_bytes
    )
    from (
      select i.content_no, i.context_no, coalesce(i.group_no, 1) as group_no, i.verbatim, octet_length(i.text) as bytes, i.ord
      from unnest(content_nos, context_nos, items.item_groups, items.verbatim, items.texts) with ordinality
        as i (content_no, context_no, group_no, verbatim, text, ord)
    ) as i
    join unnest(wants) as w on w.group_no = i.group_no
    where i.verbatim is not true and w.locale <> w.source_locale
    having count(*) > 0;
  end if;
end
$$;
