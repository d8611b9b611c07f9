-- The SQL functions by which psql and any language produce and read. The first release: nothing runs beside it.
--
-- request() is for a statement of its own, enqueue() is safe inside any transaction, get_translations() reads. All three
-- are SECURITY DEFINER with a pinned search_path: a role needs EXECUTE on them and nothing else.
--
-- What others call, here and in 0008 and 0009, is planned without reading tables from end to end, and not compiled: a session
-- keeps its plans, and those that it made while the tables were empty took 11.6 s for 200 reads among 40,000 texts, against 25
-- ms, until somebody analyzed them.

-- Up Migration

-- An item as the library writes it, checked and made whole with the defaults. Raises TH001 to TH010 (0001_rules).
create type trans_hub.item as (
  project text,
  business_id text,
  source_locale text,
  text text,
  context text,
  format text,
  verbatim boolean,
  priority smallint,
  forced boolean,
  target_locales text[],
  lifetime integer
);

create function trans_hub.read_item(item jsonb, defaults jsonb, max_text_bytes integer) returns trans_hub.item
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  whole jsonb;
  result trans_hub.item;
  target record;
  field text;
begin
  if jsonb_typeof(item) is distinct from 'object' then
    raise exception using errcode = 'TH001', column = 'item', message = 'must be an object';
  end if;
  -- Null is absent, in the item as in the defaults.
  whole := jsonb_strip_nulls(defaults - 'context') || jsonb_strip_nulls(item - 'context');
  foreach field in array array['text', 'sourceLocale', 'businessId', 'project', 'priority', 'format'] loop
    if whole ? field and jsonb_typeof(whole -> field) <> 'string' then
      raise exception using column = field, message = 'must be a string', errcode = case field
        when 'sourceLocale' then 'TH005' when 'businessId' then 'TH006' when 'project' then 'TH007'
        when 'priority' then 'TH009' when 'format' then 'TH010' else 'TH001'
      end;
    end if;
  end loop;
  if not whole ? 'text' then
    raise exception using errcode = 'TH001', column = 'text', message = 'is missing';
  end if;
  result.text := whole ->> 'text';
  if result.text = '' then
    raise exception using errcode = 'TH002', column = 'text', message = 'is empty';
  end if;
  if octet_length(result.text) > max_text_bytes then
    raise exception using errcode = 'TH003', column = 'text', message = format('is longer than %s bytes', max_text_bytes);
  end if;

  result.project := coalesce(whole ->> 'project', 'default');
  if result.project = '' or octet_length(result.project) > 255 then
    raise exception using errcode = 'TH007', column = 'project', message = 'must be 1 to 255 bytes';
  end if;
  result.business_id := coalesce(whole ->> 'businessId', '');
  if whole ->> 'businessId' = '' or octet_length(result.business_id) > 255 then
    raise exception using errcode = 'TH006', column = 'businessId', message = 'must be 1 to 255 bytes';
  end if;

  if jsonb_typeof(whole -> 'targetLocales') is distinct from 'array' then
    raise exception using errcode = 'TH001', column = 'targetLocales', message = 'must be a list of at least one locale';
  elsif jsonb_array_length(whole -> 'targetLocales') = 0 then
    raise exception using errcode = 'TH001', column = 'targetLocales', message = 'must be a list of at least one locale';
  end if;
  begin
    field := 'sourceLocale';
    result.source_locale := canonical_locale(coalesce(whole ->> 'sourceLocale', 'und'));
    for target in
      select l.value, l.ord from jsonb_array_elements(whole -> 'targetLocales') with ordinality as l (value, ord)
    loop
      field := format('targetLocales[%s]', target.ord - 1);
      if jsonb_typeof(target.value) <> 'string' then
        raise exception using errcode = 'TH005', message = 'must be a string';
      elsif canonical_locale(target.value #>> '{}') = 'und' then
        raise exception using errcode = 'TH005', message = 'cannot be und';
      end if;
      result.target_locales := result.target_locales || canonical_locale(target.value #>> '{}');
    end loop;
  exception when sqlstate 'TH005' then
    raise exception using errcode = 'TH005', column = field, message = sqlerrm;
  end;
  if cardinality(result.target_locales) > 1 then
    result.target_locales := array(
      select l.locale from unnest(result.target_locales) with ordinality as l (locale, ord)
      group by l.locale order by min(l.ord)
    );
  end if;

  result.context := canonical_json(normal_context(coalesce(nullif(item -> 'context', 'null'), defaults -> 'context')));
  if octet_length(result.context) > 8192 then
    raise exception using errcode = 'TH008', column = 'context', message = 'is longer than 8192 bytes';
  end if;

  result.format := coalesce(whole ->> 'format', 'auto');
  if result.format not in ('auto', 'text', 'icu', 'i18next', 'printf', 'html', 'markdown') then
    raise exception using errcode = 'TH010', column = 'format',
      message = 'must be one of auto, text, icu, i18next, printf, html, markdown';
  end if;

  result.priority := case coalesce(whole ->> 'priority', 'normal')
    when 'interactive' then -1 when 'normal' then 0 when 'bulk' then 1 end;
  if result.priority is null then
    raise exception using errcode = 'TH009', column = 'priority', message = 'must be interactive, normal or bulk';
  end if;

  if whole ? 'force' and jsonb_typeof(whole -> 'force') <> 'boolean' then
    raise exception using errcode = 'TH001', column = 'force', message = 'must be true or false';
  end if;
  result.forced := coalesce((whole ->> 'force')::boolean, false);

  if whole ? 'expiresAfterSeconds' then
    if jsonb_typeof(whole -> 'expiresAfterSeconds') <> 'number'
      or (whole ->> 'expiresAfterSeconds')::numeric not between 1 and 2147483647
      or (whole ->> 'expiresAfterSeconds')::numeric % 1 <> 0
    then
      raise exception using errcode = 'TH001', column = 'expiresAfterSeconds',
        message = 'must be a whole number from 1 to 2147483647';
    end if;
    result.lifetime := (whole ->> 'expiresAfterSeconds')::numeric::integer;
  end if;
  result.verbatim := is_verbatim(result.text);
  return result;
end
$$;

-- The code of the catalogue for the SQLSTATE of a refused item.
create function trans_hub.item_code(state text) returns text
language sql immutable
return case state
  when 'TH002' then 'TH_TEXT_EMPTY'
  when 'TH003' then 'TH_TEXT_TOO_LONG'
  when 'TH004' then 'TH_TEXT_CHARACTERS'
  when 'TH005' then 'TH_LOCALE'
  when 'TH006' then 'TH_BUSINESS_ID'
  when 'TH007' then 'TH_PROJECT'
  when 'TH008' then 'TH_CONTEXT'
  when 'TH009' then 'TH_PRIORITY'
  when 'TH010' then 'TH_FORMAT'
  else 'TH_ITEM_SHAPE'
end;

-- Splits items into the good ones, made whole, and the refused ones with their reasons.
create function trans_hub.read_items(
  items jsonb, defaults jsonb, max_text_bytes integer, out good trans_hub.item[], out raw jsonb, out rejected jsonb
)
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  entry record;
  places bigint[] := '{}';
begin
  good := '{}';
  rejected := '[]';
  if jsonb_typeof(items) = 'object' then
    items := jsonb_build_array(items);
  elsif jsonb_typeof(items) is distinct from 'array' then
    raise exception using errcode = 'TH001', message = 'items must be a list of items, or one item';
  end if;
  defaults := coalesce(nullif(defaults, 'null'), '{}');
  if jsonb_typeof(defaults) <> 'object' then
    raise exception using errcode = 'TH001', message = 'defaults must be an object';
  end if;
  for entry in select e.value, e.ord - 1 as index from jsonb_array_elements(items) with ordinality as e (value, ord) loop
    begin
      good := good || read_item(entry.value, defaults, max_text_bytes);
      places := places || entry.index;
    exception when others then
      -- Only refusals of the item: what is wrong with the database is not the item's fault.
      if sqlstate !~ '^(TH0|22)' then
        raise;
      end if;
      declare
        field text;
      begin
        get stacked diagnostics field = column_name;
        rejected := rejected || jsonb_build_array(jsonb_build_object(
          'index', entry.index,
          'code', item_code(sqlstate),
          'message', case when sqlstate ~ '^TH0' then concat_ws(': ', nullif(field, ''), sqlerrm)
            else 'the database cannot store it (SQLSTATE ' || sqlstate || ')' end
        ));
      end;
    end;
  end loop;
  -- Gathered at once: appended one by one, 10,000 items are copied 10,000 times.
  select coalesce(jsonb_agg(e.value order by e.ord), '[]') into raw
  from jsonb_array_elements(items) with ordinality as e (value, ord)
  join unnest(places) as p (index) on p.index = e.ord - 1;
end
$$;

-- Items that were read, as register() takes them.
create function trans_hub.item_columns(
  good trans_hub.item[],
  out texts text[],
  out business_ids text[],
  out contexts text[],
  out formats text[],
  out verbatim boolean[],
  out lifetimes integer[],
  out item_groups integer[],
  out group_projects text[],
  out group_source_locales text[],
  out group_priorities smallint[],
  out group_forced boolean[],
  out want_groups integer[],
  out want_locales text[]
)
language sql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  with item as materialized (
    select
      i.*,
      dense_rank() over (order by i.project, i.source_locale, i.priority, i.forced, i.target_locales)::integer as group_no
    from unnest(good) with ordinality
      as i (project, business_id, source_locale, text, context, format, verbatim, priority, forced, target_locales, lifetime, ord)
  ), item_group as materialized (
    select distinct i.group_no, i.project, i.source_locale, i.priority, i.forced, i.target_locales from item as i
  )
  select i.*, g.*, w.*
  from (
    select
      array_agg(i.text order by i.ord),
      case when bool_or(i.business_id <> '') then array_agg(i.business_id order by i.ord) end,
      case when bool_or(i.context is not null) then array_agg(i.context order by i.ord) end,
      case when bool_or(i.format <> 'auto') then array_agg(i.format order by i.ord) end,
      case when bool_or(i.verbatim) then array_agg(i.verbatim order by i.ord) end,
      case when bool_or(i.lifetime is not null) then array_agg(i.lifetime order by i.ord) end,
      case when max(i.group_no) > 1 then array_agg(i.group_no order by i.ord) end
    from item as i
  ) as i
  cross join (
    select
      array_agg(g.project order by g.group_no), array_agg(g.source_locale order by g.group_no),
      array_agg(g.priority order by g.group_no), array_agg(g.forced order by g.group_no)
    from item_group as g
  ) as g
  cross join (
    select array_agg(g.group_no order by g.group_no, l.ord), array_agg(l.locale order by g.group_no, l.ord)
    from item_group as g
    cross join lateral unnest(g.target_locales) with ordinality as l (locale, ord)
  ) as w
$$;

-- Registers items that were read; gives the sums of the receipt.
create function trans_hub.register_read(
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

-- Registers items, in a statement of its own. Gives {registered, existing, failed, rejected: [{index, code, message}]},
-- counted in rows (items times locales). Inside a longer transaction use enqueue(), which holds nobody up.
--
-- items: one item, or a list: {text, sourceLocale?, targetLocales?, businessId?, context?, project?, priority?, format?,
-- force?, expiresAfterSeconds?}; defaults: an object with values for any field of them. Unknown keys are ignored.
create function trans_hub.request(items jsonb, defaults jsonb default '{}') returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  read record;
  receipt record;
begin
  select r.good, r.rejected into read from read_items(items, defaults, 1048576) as r;
  select r.registered, r.existing, r.failed into receipt from register_read(read.good, defaults ->> 'engine', 200) as r;
  return jsonb_build_object(
    'registered', receipt.registered, 'existing', receipt.existing, 'failed', receipt.failed, 'rejected', read.rejected
  );
end
$$;

-- Appends checked items, with the one job that will register them. Takes no lock anybody could wait for.
create function trans_hub.append_to_inbox(items jsonb, defaults jsonb) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
-- See add_batch_jobs.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
  inbox_id bigint;
begin
  insert into inbox (items, defaults) values (items, defaults) returning id into inbox_id;
  perform graphile_worker.add_job('register_inbox', json_build_object('inbox', inbox_id), max_attempts => 32767, priority => -2000);
  return inbox_id;
end
$$;

-- Appends items inside any transaction: registered by the fleet after its commit, forgotten with its rollback. Gives
-- {accepted, rejected}; how many are new is not known yet.
create function trans_hub.enqueue(items jsonb, defaults jsonb default '{}') returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  read record;
begin
  select r.raw, r.rejected into read from read_items(items, defaults, 1048576) as r;
  if jsonb_array_length(read.raw) > 0 then
    perform append_to_inbox(read.raw, coalesce(nullif(defaults, 'null'), '{}'));
  end if;
  return jsonb_build_object('accepted', jsonb_array_length(read.raw), 'rejected', read.rejected);
end
$$;

-- Registers what was appended under these numbers, all with the same defaults; gives how many rows it took. Rows that
-- another worker has in hand are left to it. The length of a text was judged, by whatever setting, when it was appended;
-- what is refused here all the same stays in the inbox, for a person to look at.
create function trans_hub.register_inbox(ids bigint[]) returns integer
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  taken record;
  read record;
begin
  with row as (
    delete from inbox as i
    using (select id from inbox where id = any (ids) order by id for update skip locked) as next
    where i.id = next.id
    returning i.id, i.items, i.defaults, i.created_at
  )
  select
    (select count(*) from row)::integer as count,
    (select r.defaults from row as r limit 1) as defaults,
    (
      -- An expiry counts from the request on, not from now.
      select jsonb_agg(
        case
          when jsonb_typeof(l.seconds) = 'number' and l.seconds::numeric > 1 then e.value || jsonb_build_object(
            'expiresAfterSeconds',
            greatest(1, ceil(l.seconds::numeric - extract(epoch from clock_timestamp() - r.created_at)::numeric))
          )
          else e.value
        end
        order by r.id, e.ord
      )
      from row as r
      cross join lateral jsonb_array_elements(r.items) with ordinality as e (value, ord)
      cross join lateral (
        select coalesce(nullif(e.value -> 'expiresAfterSeconds', 'null'), r.defaults -> 'expiresAfterSeconds') as seconds
      ) as l
    ) as items
  into taken;
  if taken.count > 0 then
    select r.good, r.rejected into read from read_items(taken.items, taken.defaults, 2147483647) as r;
    perform register_read(read.good, taken.defaults ->> 'engine', 50);
    insert into inbox (items, defaults, refused)
    select jsonb_build_array(taken.items -> (r.value ->> 'index')::integer), taken.defaults, r.value ->> 'code'
    from jsonb_array_elements(read.rejected) as r (value);
  end if;
  return taken.count;
end
$$;

-- Puts off a row of the inbox that could not be registered now: halves it, so that in the end only what is behind the
-- lock, or is bad, waits. A row of one item that is refused for good ("state") is kept, for a person to look at.
create function trans_hub.put_off_inbox(of_id bigint, state text) returns void
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  with row as (
    delete from inbox as i
    using (select id from inbox where id = of_id for update skip locked) as own
    where i.id = own.id
    returning i.*
  ), item as (
    select e.value, e.ord, (e.ord - 1) * 2 / jsonb_array_length(r.items) as half
    from row as r
    cross join lateral jsonb_array_elements(r.items) with ordinality as e (value, ord)
  )
  insert into inbox (items, defaults, created_at, tries, run_at, refused)
  select
    i.items, r.defaults, r.created_at,
    least(r.tries + 1, 10),
    clock_timestamp() + case
      when jsonb_array_length(r.items) > 1 then interval '0'
      else least(interval '1 second' * 2 ^ r.tries, interval '1 minute')
    end,
    case when jsonb_array_length(r.items) = 1 then state end
  from row as r
  cross join (select jsonb_agg(i.value order by i.ord) as items from item as i group by i.half) as i
$$;

-- Translations as the library reads them, for SQL: null where there is nothing.
create function trans_hub.translation_json(t trans_hub.translation) returns jsonb
language sql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select jsonb_build_object(
    'project', t.project,
    'sourceLocale', c.source_locale,
    'targetLocale', t.target_locale,
    'sourceText', c.text,
    'context', x.canonical::jsonb,
    'businessIds', coalesce((
      select jsonb_agg(s.business_id order by s.business_id)
      from source as s
      where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project and s.business_id <> ''
    ), '[]'),
    'status', t.status,
    'text', t.text,
    'engine', t.engine,
    'model', t.model,
    'flags', coalesce(to_jsonb(t.quality_flags), '[]'),
    'revision', t.revision
  ) || coalesce((
    select jsonb_build_object('error', jsonb_build_object('code', d.code, 'message', d.message))
    from (
      select d.* from dead_letter as d
      where d.content_no = t.content_no and d.target_locale = t.target_locale and d.context_no = t.context_no
        and d.project = t.project
      order by d.revision desc
      -- Or all dead letters that are open would be read for each, by the index that lists them.
      offset 0
    ) as d
    where d.replayed_at is null
    order by d.revision desc
    limit 1
  ), '{}')
  from content as c
  left join context as x on x.context_no = t.context_no
  where c.content_no = t.content_no
$$;

-- Reads translations into one locale: a list in the order of the items, null for what is not there. An item names its
-- text ({text, sourceLocale?, context?, format?, project?}) or its business id ({businessId, project?}).
create function trans_hub.get_translations(items jsonb, target_locale text) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  wanted_locale text := canonical_locale(get_translations.target_locale);
begin
  if wanted_locale is null then
    raise exception using errcode = 'TH005', column = 'target_locale', message = 'is missing';
  end if;
  if jsonb_typeof(items) = 'object' then
    items := jsonb_build_array(items);
  elsif jsonb_typeof(items) is distinct from 'array' then
    raise exception using errcode = 'TH001', message = 'items must be a list of items, or one item';
  end if;
  perform touch(
    array_agg(coalesce(i.value ->> 'project', 'default') order by i.ord),
    array_agg(i.value ->> 'businessId' order by i.ord),
    array_agg(canonical_locale(coalesce(i.value ->> 'sourceLocale', 'und')) order by i.ord),
    array_agg(i.value ->> 'text' order by i.ord),
    array_agg(canonical_json(normal_context(i.value -> 'context')) order by i.ord),
    array_agg(coalesce(i.value ->> 'format', 'auto') order by i.ord),
    interval '1 day'
  )
  from jsonb_array_elements(items) with ordinality as i (value, ord);
  return (
    select coalesce(jsonb_agg(translation_json(t.found) order by i.ord), '[]')
    from jsonb_array_elements(items) with ordinality as i (value, ord)
    left join lateral find_row(
      coalesce(i.value ->> 'project', 'default'),
      i.value ->> 'businessId',
      canonical_locale(coalesce(i.value ->> 'sourceLocale', 'und')),
      i.value ->> 'text',
      canonical_json(normal_context(i.value -> 'context')),
      coalesce(i.value ->> 'format', 'auto')
    ) as f on true
    left join lateral (
      select t as found from translation as t
      where t.content_no = f.content_no and t.context_no = f.context_no
        and t.target_locale = wanted_locale and t.project = coalesce(i.value ->> 'project', 'default')
      -- A look-up for each item: as a join, the whole table was read until it was first analyzed.
      offset 0
    ) as t on true
  );
end
$$;

-- Which text is meant: the text itself where it is given, else the one seen last under the business id.
create function trans_hub.find_row(
  of_project text, of_business_id text, of_source_locale text, of_text text, of_context text, of_format text,
  out content_no bigint, out context_no integer
)
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  if of_text is null then
    select s.content_no, s.context_no into find_row.content_no, find_row.context_no
    from source as s
    where s.project = of_project and s.business_id = of_business_id
    order by s.last_seen_at desc, s.content_no desc
    limit 1;
  else
    select c.content_no into find_row.content_no
    from content as c
    where c.content_id = trans_hub.content_id(of_source_locale, of_text);
    if of_context is null and of_format = 'auto' then
      context_no := 0;
    else
      select x.context_no into find_row.context_no
      from context as x
      where x.context_id = trans_hub.context_id(of_context, of_format);
    end if;
  end if;
end
$$;

-- Notes that texts were read, so that collection leaves them. A read by text is a use by the text itself (business id
-- ''), for touching the rows of its business ids could make an old text the one "seen last" under an id.
-- What somebody has in hand is passed over, and the rest is noted.
create function trans_hub.touch(
  projects text[], business_ids text[], source_locales text[], texts text[], contexts text[], formats text[],
  touch_after interval
) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
set lock_timeout = '50ms'
as $$
declare
  due record;
begin
  -- A read is a read, also where nothing may be written.
  if current_setting('transaction_read_only')::boolean then
    return;
  end if;
  touch_after := least(touch_after, (select min(g.retention) / 10 from gc_run g where g.started_at > now() - interval '1 day'));
  for due in
    select distinct r.project, case when r.text is null then r.business_id else '' end as business_id, f.content_no, f.context_no
    from unnest(projects, business_ids, source_locales, texts, contexts, formats)
      as r (project, business_id, source_locale, text, context, format)
    cross join lateral find_row(r.project, r.business_id, r.source_locale, r.text, r.context, r.format) as f
    where f.content_no is not null and f.context_no is not null
      and not exists (
        select from source as s
        where s.project = r.project and s.business_id = case when r.text is null then r.business_id else '' end
          and s.content_no = f.content_no and s.context_no = f.context_no
          and s.last_seen_at >= now() - touch_after
        -- A look-up for each row: as joins, these took 12 s for 1,000 reads on tables never analyzed, against 32 ms.
        offset 0
      )
      -- Only what the project really has: a read of a stranger's text is no use of it.
      and exists (
        select from source as s
        where s.content_no = f.content_no and s.context_no = f.context_no and s.project = r.project
        offset 0
      )
    order by f.content_no, f.context_no, r.project, business_id
  loop
    -- The same lock as registering takes; what a collection has in hand at this moment is not read any more.
    perform from content as c where c.content_no = due.content_no for key share skip locked;
    continue when not found;
    -- Somebody who has a note in hand is writing the same. Nobody waits for it, least of all who only reads.
    update source as s set last_seen_at = now()
    where s.ctid = (
      select s.ctid from source as s
      where s.project = due.project and s.business_id = due.business_id
        and s.content_no = due.content_no and s.context_no = due.context_no
      for no key update skip locked
    );
    continue when found or exists (
      select from source as s
      where s.project = due.project and s.business_id = due.business_id
        and s.content_no = due.content_no and s.context_no = due.context_no
    );
    begin
      insert into source as s (project, business_id, content_no, context_no)
      values (due.project, due.business_id, due.content_no, due.context_no)
      on conflict (project, business_id, content_no, context_no) do nothing;
    exception when lock_not_available or deadlock_detected then
      -- One that is new and not committed yet cannot be passed over, only not waited for: the first a little, no other.
      perform set_config('lock_timeout', '1ms', true);
    end;
  end loop;
end
$$;

revoke execute on all functions in schema trans_hub from public;

-- Down Migration
drop function trans_hub.touch, trans_hub.find_row, trans_hub.get_translations, trans_hub.translation_json,
  trans_hub.put_off_inbox, trans_hub.register_inbox, trans_hub.enqueue, trans_hub.append_to_inbox, trans_hub.request,
  trans_hub.register_read, trans_hub.item_columns, trans_hub.read_items,
  trans_hub.item_code, trans_hub.read_item;
drop type trans_hub.item;
