-- Removes contexts that no row refers to and that are older than the retention. Registering locks the contexts that it uses.
create or replace function trans_hub.collect_contexts(cutoff timestamptz) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  locked bigint[];
  contexts bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('collect_contexts');
  end if;
  -- The uses are read once, as a set: one look-up for each old context would cost more.
  select array_agg(x.context_no) into locked
  from (
    select x.context_no
    from context as x
    where x.context_no in (
      select old.context_no from context as old where old.created_at < cutoff
      except
      (select s.context_no from source as s union all select t.context_no from translation as t)
    )
    order by x.context_id
    for update skip locked
  ) as x;
  if locked is null then
    return 0;
  end if;
  -- Asked again under the locks, which keep a registration from using one of them.
  delete from context as x
  where x.context_no in (
    select l.context_no from unnest(locked) as l (context_no)
    except
    (select s.context_no from source as s union all select t.context_no from translation as t)
  );
  get diagnostics contexts = row_count;
  return contexts;
end
$$;
