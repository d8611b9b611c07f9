-- Reads translations named by their text. Callers may have EXECUTE on this function and no right on any table, so they
-- read only rows that they can name. plpgsql, because it keeps its plans; every look-up is pinned (README of this folder).
--
-- A text whose request waits in the inbox is answered by find_in_inbox, with revision 0.
--
-- Fields that the caller has sent are not in the answer: writing and reading them took a third of the time.
create or replace function trans_hub.read_by_text(
  projects text[], target_locales text[], source_locales text[], texts text[], contexts text[], formats text[]
) returns table (
  ord integer, id text, business_ids text[], status text, text text, engine text, model text, flags text[], revision integer,
  error_code text, error_message text
)
language plpgsql stable security definer rows 100
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
  answered bigint;
begin
  return query
  select
    r.ord::integer, t.id, t.business_ids, t.status, t.text, t.engine, t.model, t.flags, t.revision, t.error_code, t.error_message
  from unnest(projects, target_locales, source_locales, texts, contexts, formats)
    with ordinality as r (project, target_locale, source_locale, text, context, format, ord)
  cross join lateral (
    select c.* from content as c where c.content_id = content_id(r.source_locale, r.text) offset 0
  ) as c
  left join lateral (
    select x.* from context as x
    -- Asked first, because most texts have no context and computing an identity takes time.
    where (r.context is not null or r.format <> 'auto') and x.context_id = context_id(r.context, r.format)
    offset 0
  ) as x on true
  cross join lateral stored_text(
    c.content_no, r.target_locale, case when r.context is null and r.format = 'auto' then 0 else x.context_no end, r.project
  ) as t;

  -- References without a translation may wait in the inbox. Asked last, so that a reference with one pays nothing for it.
  get diagnostics answered = row_count;
  -- In an "if" of its own: with the question below it would be a query, on every read.
  if answered < cardinality(texts) then
    if exists (select from inbox) then
      return query
      select
        r.ord::integer, null::text, nullif(w.business_ids, '{}'), w.state, null::text, null::text, null::text, null::text[], 0,
        w.error_code, w.error_message
      from unnest(projects, target_locales, source_locales, texts, contexts, formats)
        with ordinality as r (project, target_locale, source_locale, text, context, format, ord)
      cross join lateral find_in_inbox(
        r.project, r.target_locale, null, r.source_locale, r.text, r.context, r.format
      ) as w
      where not exists (
        select from find_row(r.project, null, r.source_locale, r.text, r.context, r.format) as f
        cross join lateral stored_text(f.content_no, r.target_locale, f.context_no, r.project) as t
      );
    end if;
  end if;
end
$$;
