-- Reads translations named by a business id: of the text that was seen last under it. See read_by_text.
-- A source over 16 MiB is shown as '', which no text is: see row_state.
create or replace function trans_hub.read_by_business_id(projects text[], target_locales text[], of_business_ids text[])
returns table (
  ord integer, id text, source_locale text, source_text text, canonical text, business_ids text[], status text, text text,
  engine text, model text, flags text[], revision integer, error_code text, error_message text
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
    r.ord::integer, t.id, c.source_locale, case when octet_length(c.text) <= 16777216 then c.text else '' end, x.canonical, t.business_ids, t.status, t.text, t.engine, t.model, t.flags, t.revision,
    t.error_code, t.error_message
  from unnest(projects, target_locales, of_business_ids) with ordinality as r (project, target_locale, business_id, ord)
  cross join lateral (
    select s.content_no, s.context_no from source as s
    where s.project = r.project and s.business_id = r.business_id
    order by s.last_seen_at desc, s.content_no desc
    limit 1
  ) as s
  cross join lateral stored_text(s.content_no, r.target_locale, s.context_no, r.project) as t
  cross join lateral (select c.* from content as c where c.content_no = s.content_no offset 0) as c
  left join lateral (select x.* from context as x where x.context_no = s.context_no offset 0) as x on true;

  get diagnostics answered = row_count;
  -- In an "if" of its own: with the question below it would be a query, on every read.
  if answered < cardinality(of_business_ids) then
    if exists (select from inbox) then
      return query
      select
        r.ord::integer, null::text, w.source_locale, w.source_text, w.canonical, nullif(w.business_ids, '{}'), w.state, null::text,
        null::text, null::text, null::text[], 0, w.error_code, w.error_message
      from unnest(projects, target_locales, of_business_ids) with ordinality as r (project, target_locale, business_id, ord)
      cross join lateral find_in_inbox(r.project, r.target_locale, r.business_id, null, null, null, null) as w
      where not exists (
        select from find_row(r.project, r.business_id, null, null, null, null) as f
        cross join lateral stored_text(f.content_no, r.target_locale, f.context_no, r.project) as t
      );
    end if;
  end if;
end
$$;
