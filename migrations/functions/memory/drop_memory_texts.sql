-- Removes those of these sources of the memory that have no pair any more, with their keys.
create or replace function trans_hub.drop_memory_texts(text_nos bigint[]) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  locked bigint[];
begin
  if text_nos is null then
    return;
  end if;
  -- Locked by one statement and removed by the next: a pair that is stored meanwhile is seen (remember_units).
  select array_agg(t.text_no) into locked
  from (
    select t.text_no from memory_text as t where t.text_no = any (text_nos)
    order by t.source_id, t.project, t.source_locale
    for update
  ) as t;
  with gone as (
    delete from memory_text as t
    where t.text_no = any (locked) and not exists (select from memory_unit as u where u.text_no = t.text_no offset 0)
    returning t.text_no, t.bands
  ), key as materialized (
    select k.ctid
    from gone as g
    cross join lateral unnest(g.bands) as b (band)
    cross join lateral (
      select k.ctid from memory_key as k where k.band = b.band and k.text_no = g.text_no offset 0
    ) as k
  )
  delete from memory_key as k using key where k.ctid = key.ctid;
end
$$;
