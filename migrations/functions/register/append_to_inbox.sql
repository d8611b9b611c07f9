-- Appends checked items as one row, with the one job that will register it. Takes no lock that another transaction could wait
-- for.
--
-- The defaults of the row hold no text: a text, a context and a business id become each item's own, so that forgetting a text
-- cuts it out with its item. As a default it would stay with the other items, and in a row that is refused for ever. Keys that
-- no registration reads are dropped from the defaults for the same reason.
create or replace function trans_hub.append_to_inbox(items jsonb, defaults jsonb) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
-- See add_batch_jobs.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
  inbox_id bigint;
  -- An item's own value counts, unless it is null. Nulls inside a context belong to it, and stay.
  own jsonb := (
    select jsonb_object_agg(d.key, d.value)
    from jsonb_each(defaults) as d
    where d.key in ('text', 'context', 'businessId') and d.value <> 'null'
  );
begin
  if own is not null then
    items := (
      select jsonb_agg(
        case when jsonb_typeof(e.value) = 'object' then own || (
          select coalesce(jsonb_object_agg(f.key, f.value), '{}') from jsonb_each(e.value) as f where f.value <> 'null'
        ) else e.value end
        order by e.ord
      )
      from jsonb_array_elements(items) with ordinality as e (value, ord)
    );
  end if;
  defaults := (
    select coalesce(jsonb_object_agg(d.key, d.value), '{}')
    from jsonb_each(defaults) as d
    where d.key in (
      'engine', 'project', 'sourceLocale', 'targetLocales', 'priority', 'format', 'force', 'expiresAfterSeconds'
    )
  );
  insert into inbox (items, defaults) values (items, defaults) returning id into inbox_id;
  perform graphile_worker.add_job('register_inbox', json_build_object('inbox', inbox_id), max_attempts => 32767, priority => -2000);
  return inbox_id;
end
$$;
