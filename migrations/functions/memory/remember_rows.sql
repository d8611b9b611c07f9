-- Keeps the memory in step with rows of `translation`, entry for entry, within the transaction that has changed them and holds their
-- locks: of an approved row its pair is stored, any other row has none afterwards. A text over 32,768 bytes is not remembered.
--
-- Every act of a person ends here. New sources wait for their keys, which the process makes after the commit (docs/adr/0057).
create or replace function trans_hub.remember_rows(
  content_nos bigint[], target_locales text[], context_nos bigint[], projects text[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  if exists (select from memory_unit) then
    perform forget_units(
      array_agg(i.content_no), array_agg(i.target_locale), array_agg(i.context_no), array_agg(i.project)
    )
    from unnest(content_nos, target_locales, context_nos, projects) as i (content_no, target_locale, context_no, project)
    where not exists (
      select from translation as t
      where t.content_no = i.content_no and t.target_locale = i.target_locale and t.context_no = i.context_no
        and t.project = i.project and t.status = 'approved' and octet_length(t.text) <= 32768 and btrim(t.text) <> ''
      offset 0
    );
  end if;
  perform remember_units(
    array_agg(r.project), array_agg(r.source_locale), array_agg(r.source), null, 0::smallint, array_agg(r.target_locale),
    array_agg(r.target), 'approved', array_agg(r.content_no), array_agg(r.context_no), array_agg(r.approved_by), null
  )
  from (
    select distinct on (i.content_no, i.target_locale, i.context_no, i.project) i.*, c.source_locale, c.text as source, t.target, t.approved_by
    from unnest(content_nos, target_locales, context_nos, projects) as i (content_no, target_locale, context_no, project)
    cross join lateral (
      select t.text as target, left(t.approved_by, 60) as approved_by
      from translation as t
      where t.content_no = i.content_no and t.target_locale = i.target_locale and t.context_no = i.context_no
        and t.project = i.project and t.status = 'approved' and octet_length(t.text) <= 32768 and btrim(t.text) <> ''
      offset 0
    ) as t
    cross join lateral (
      select c.source_locale, c.text from content as c where c.content_no = i.content_no and octet_length(c.text) <= 32768
      offset 0
    ) as c
  ) as r
  having count(*) > 0;
end
$$;
