-- Removes each pair of a project whose source is one of these texts, from whatever origin, entry for entry. A source of another region
-- of the language is the same text, and so is one whose language nobody named. Gives how many of the texts had a pair.
create or replace function trans_hub.forget_in_memory(of_project text, texts text[], source_locales text[]) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  doomed bigint[];
  forgotten bigint;
begin
  select array_agg(t.text_no), count(distinct t.source_id) into doomed, forgotten
  from (
    select t.text_no, t.source_id
    from (
      select distinct content_id('', i.text) as id, split_part(i.source_locale, '-', 1) as language
      from unnest(texts, source_locales) as i (text, source_locale)
    ) as i
    cross join lateral (
      select t.text_no, t.source_id, split_part(t.source_locale, '-', 1) as language from memory_text as t
      where t.source_id = i.id and t.project = of_project
      offset 0
    ) as t
    where i.language in (t.language, 'und') or t.language = 'und'
  ) as t;
  if doomed is null then
    return 0;
  end if;
  perform from memory_text as t where t.text_no = any (doomed) order by t.source_id, t.project, t.source_locale for update;
  delete from memory_unit as u where u.text_no = any (doomed);
  perform drop_memory_texts(doomed);
  return forgotten;
end
$$;
