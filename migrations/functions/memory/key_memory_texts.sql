-- Gives sources of the memory new keys, entry for entry, in the place of their present ones. `bands` holds one array as text for each.
create or replace function trans_hub.key_memory_texts(text_nos bigint[], new_bands text[], of_key_version smallint) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  keyed bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('key_memory_texts');
  end if;
  perform from memory_text as t where t.text_no = any (text_nos) order by t.source_id, t.project, t.source_locale for update;
  with item as materialized (
    select t.text_no, t.bands as old_bands, i.bands::integer[] as new_bands
    from unnest(text_nos, new_bands) as i (text_no, bands)
    cross join lateral (
      select t.text_no, t.bands from memory_text as t where t.text_no = i.text_no and t.key_version < of_key_version offset 0
    ) as t
  ), old_key as materialized (
    select k.ctid
    from item as i
    cross join lateral unnest(i.old_bands) as b (band)
    cross join lateral (
      select k.ctid from memory_key as k where k.band = b.band and k.text_no = i.text_no offset 0
    ) as k
    where b.band <> all (i.new_bands)
  ), unkeyed as (
    delete from memory_key as k using old_key as o where k.ctid = o.ctid
  ), new_key as (
    insert into memory_key (band, text_no)
    select b.band, i.text_no from item as i cross join lateral unnest(i.new_bands) as b (band)
    order by 1, 2
    on conflict do nothing
  ), noted as (
    update memory_text as t set bands = i.new_bands, key_version = of_key_version
    from item as i
    where t.text_no = i.text_no
    returning 1
  )
  select count(*) into keyed from noted;
  return keyed;
end
$$;
