-- Appends checked items as one row, with the one job that will register it, and gives the number of the row. Takes no lock
-- that another transaction could wait for. A null for the number: nothing was appended, because the items would go over the
-- bound of the backlog (backlog_bound; defaults.maxBacklog is the caller's own). It is no error, because an error would end the
-- caller's transaction. Raises TH001 unless the items are a list of objects: one row of another shape would be in the way of
-- every reader of the inbox.
--
-- The defaults of the row hold no text: a text, a context, a hint and a business id become each item's own, so that forgetting a text
-- cuts it out with its item. As a default it would stay with the other items, and in a row that is refused for ever. Keys that
-- no registration reads are dropped from the defaults for the same reason.
--
-- graphile-worker announces the job by NOTIFY, and PostgreSQL prepares no transaction that has sent one (PREPARE TRANSACTION,
-- 0A000). With "notify": false in the defaults no job is added: the fleet finds the row after its next beat.
create or replace function trans_hub.append_to_inbox(items jsonb, defaults jsonb) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
-- See add_batch_jobs.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
  inbox_id bigint;
  given jsonb;
  own jsonb;
  asked integer;
begin
  if jsonb_typeof(items) is distinct from 'array' or items = '[]' then
    raise exception using errcode = 'TH001', column = 'items', message = 'items must be a list of at least one item';
  end if;
  given := (items_of_call(items, defaults)).fields;
  if exists (select from jsonb_array_elements(items) as e (value) where jsonb_typeof(e.value) <> 'object') then
    raise exception using errcode = 'TH001', column = 'items', message = 'each of the items must be an object';
  end if;
  asked := asked_rows(items, given);
  if not has_room(items, given, asked) then
    return null;
  end if;
  -- An item's own value counts, unless it is null. Nulls inside a context belong to it, and stay.
  own := (
    select jsonb_object_agg(d.key, d.value)
    from jsonb_each(given) as d
    where d.key in ('text', 'context', 'hint', 'businessId') and d.value <> 'null'
  );
  if own is not null then
    items := (
      select jsonb_agg(
        own || (select coalesce(jsonb_object_agg(f.key, f.value), '{}') from jsonb_each(e.value) as f where f.value <> 'null')
        order by e.ord
      )
      from jsonb_array_elements(items) with ordinality as e (value, ord)
    );
  end if;
  defaults := (
    select coalesce(jsonb_object_agg(d.key, d.value), '{}')
    from jsonb_each(given) as d
    where d.key in (
      'engine', 'project', 'sourceLocale', 'targetLocales', 'priority', 'format', 'force', 'expiresAfterSeconds'
    ) or (d.key = 'tag' and tag_of(given) is not null)
  );
  insert into inbox (items, defaults, texts) values (items, defaults, asked) returning id into inbox_id;
  if given -> 'notify' is distinct from 'false' then
    perform graphile_worker.add_job(
      'register_inbox', json_build_object('inbox', inbox_id), max_attempts => 32767, priority => -2000
    );
  end if;
  return inbox_id;
end
$$;
