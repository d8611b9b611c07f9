-- Removes the pairs that were approved in these rows of `translation`, entry for entry, and sources without another pair.
create or replace function trans_hub.forget_units(
  content_nos bigint[], target_locales text[], context_nos bigint[], projects text[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  texts bigint[];
begin
  -- Sources are locked before their pairs, as in every function (README of functions).
  select array_agg(u.text_no) into texts
  from unnest(content_nos, target_locales, context_nos, projects) as i (content_no, target_locale, context_no, project)
  cross join lateral (
    select u.text_no from memory_unit as u
    where u.content_no = i.content_no and u.target_locale = i.target_locale and u.context_no = i.context_no
      and u.project = i.project and u.origin = 'approved'
    offset 0
  ) as u;
  if texts is null then
    return;
  end if;
  perform from memory_text as t where t.text_no = any (texts) order by t.source_id, t.project, t.source_locale for update;
  delete from memory_unit as u
  using (
    select u.ctid
    from unnest(content_nos, target_locales, context_nos, projects) as i (content_no, target_locale, context_no, project)
    cross join lateral (
      select u.ctid from memory_unit as u
      where u.content_no = i.content_no and u.target_locale = i.target_locale and u.context_no = i.context_no
        and u.project = i.project and u.origin = 'approved'
      offset 0
    ) as u
  ) as place
  where u.ctid = place.ctid;
  perform drop_memory_texts(texts);
end
$$;
