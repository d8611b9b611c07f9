-- Notes which pairs of the memory go into the translation of rows that are pending at these revisions, entry for entry. `unit_nos` holds one
-- array as text for each. It is called before the settlement: a revision that is then not stored has a note that nobody reads.
create or replace function trans_hub.note_memory_uses(
  content_nos bigint[], target_locales text[], context_nos bigint[], projects text[], revisions integer[], unit_nos text[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  insert into memory_use (content_no, target_locale, context_no, project, revision, unit_nos)
  select i.content_no, i.target_locale, i.context_no, i.project, i.revision, i.unit_nos::bigint[]
  from unnest(content_nos, target_locales, context_nos, projects, revisions, note_memory_uses.unit_nos)
    as i (content_no, target_locale, context_no, project, revision, unit_nos)
  where exists (
    select from translation as t
    where t.content_no = i.content_no and t.target_locale = i.target_locale and t.context_no = i.context_no
      and t.project = i.project and t.revision = i.revision
    offset 0
  )
  order by i.content_no, i.target_locale, i.context_no, i.project
  on conflict on constraint memory_use_pkey do update set revision = excluded.revision, unit_nos = excluded.unit_nos;
end
$$;
