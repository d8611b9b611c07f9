-- Registers a catalog of which no text is stored. No row of it can exist, and no other transaction sees the rows before this
-- one ends: so there are no conflicts, no locks and no look-ups.
--
-- Items stay arrays here: to make a record of each of 1,000 takes 1.1 ms. Raises unique_violation where a text is stored all
-- the same.
create or replace function trans_hub.register_new_catalog(
  items trans_hub.grouped_items, content_ids uuid[], context_nos bigint[], options trans_hub.register_options
) returns trans_hub.register_receipt
language plpgsql volatile
as $$
declare
  new_revision integer := first_revision();
  wants want[] := wants_of(items);
  -- Numbers taken a thousand at a time: the column's own default looks at the page of the sequence once a row, 5 ms a chunk.
  content_nos bigint[] := array(
    select nextval('content_content_no_seq') from generate_series(1, cardinality(content_ids))
  );
  -- PERFORM takes no statement that begins with WITH.
  nothing record;
  receipt register_receipt;
begin
  -- An id whose text was edited: the usual case of one.
  if items.business_ids is not null then
    -- In an "if" of its own: with the question above it would be a query for items without ids too.
    if exists (select from feed_switch) then
      perform note_renames(items, content_nos, context_nos);
    end if;
  end if;

  insert into content (content_no, content_id, source_locale, text)
  overriding system value
  select i.content_no, i.content_id, items.group_source_locales[coalesce(i.group_no, 1)], i.text
  from unnest(content_nos, content_ids, items.item_groups, items.texts) as i (content_no, content_id, group_no, text)
  order by i.content_id;

  insert into source (project, business_id, content_no, context_no)
  select items.group_projects[coalesce(i.group_no, 1)], coalesce(i.business_id, ''), i.content_no, i.context_no
  from unnest(content_nos, context_nos, items.item_groups, items.business_ids)
    as i (content_no, context_no, group_no, business_id);
  if items.hints is not null then
    perform note_hints(items, content_nos, context_nos);
  end if;

  if items.verbatim is not null or exists (select from unnest(wants) as w where w.locale = w.source_locale) then
    with made as (
      insert into translation (content_no, target_locale, context_no, project, status, priority, revision, text, engine)
      select i.content_no, w.locale, i.context_no, w.project, 'translated', w.priority, new_revision, i.text, 'none'
      from unnest(content_nos, context_nos, items.item_groups, items.verbatim, items.texts)
        as i (content_no, context_no, group_no, verbatim, text)
      join unnest(wants) as w on w.group_no = coalesce(i.group_no, 1)
      where i.verbatim or w.locale = w.source_locale
      returning project, target_locale, status, content_no, context_no, revision
    ), counted as materialized (
      select count_changes(array_agg(m.project), array_agg(m.target_locale), null, array_agg(m.status)) from made as m
    ), told as materialized (
      select write_events(
        'translated', array_agg(m.project), array_agg(m.target_locale), array_agg(m.content_no), array_agg(m.context_no),
        array_agg(m.revision)
      )
      from made as m
    )
    select (select count(*) from counted), (select count(*) from told) into nothing;
  end if;

  insert into translation (content_no, target_locale, context_no, project, status, priority, revision, expires_at)
  select
    i.content_no, w.locale, i.context_no, w.project, 'pending', w.priority, new_revision,
    now() + make_interval(secs => i.lifetime)
  from unnest(content_nos, context_nos, items.item_groups, items.verbatim, items.lifetimes)
    as i (content_no, context_no, group_no, verbatim, lifetime)
  join unnest(wants) as w on w.group_no = coalesce(i.group_no, 1)
  where w.locale <> w.source_locale and i.verbatim is not true;

  perform enqueue_new_catalog(items, wants, content_nos, context_nos, new_revision, options);

  if items.item_groups is null then
    receipt.registered := array_fill(cardinality(wants), array[cardinality(items.texts)]);
  else
    select array_agg(g.wants order by i.ord)
    into receipt.registered
    from unnest(items.item_groups) with ordinality as i (group_no, ord)
    join (select w.group_no, count(*)::integer as wants from unnest(wants) as w group by w.group_no) as g using (group_no);
  end if;
  return receipt;
end
$$;
