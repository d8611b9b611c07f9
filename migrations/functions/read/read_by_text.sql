-- Reading by who may read no table: only what one can name, a text or a business id. plpgsql, for it keeps its plans. Every
-- look-up is a lateral subquery that "offset 0" keeps one. Written as joins, the planner read whole tables until they were
-- first analyzed, which is every first import: 185 s for 1,000 reads among 100,000 rows, against 0.1. And whether a dead letter
-- is open is asked outside of its look-up: inside, all that are open are read for each text, by the index that lists them.
-- What the reader has said is not told back: a third of the time would be spent on writing and reading it.
create or replace function trans_hub.read_by_text(
  projects text[], target_locales text[], source_locales text[], texts text[], contexts text[], formats text[]
) returns table (
  ord integer, business_ids text[], status text, text text, engine text, model text, flags text[], revision integer,
  error_code text, error_message text
)
language plpgsql stable security definer rows 100
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
begin
  return query
  select
    r.ord::integer,
    nullif(array(
      select s.business_id from source as s
      where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project and s.business_id <> ''
      order by s.business_id
    ), '{}'),
    t.status::text, t.text, t.engine, t.model, t.quality_flags, t.revision, d.code, d.message
  from unnest(projects, target_locales, source_locales, texts, contexts, formats)
    with ordinality as r (project, target_locale, source_locale, text, context, format, ord)
  cross join lateral (
    select c.* from content as c where c.content_id = content_id(r.source_locale, r.text) offset 0
  ) as c
  left join lateral (
    select x.* from context as x
    -- Most have none, and making an identity takes a while.
    where (r.context is not null or r.format <> 'auto') and x.context_id = context_id(r.context, r.format)
    offset 0
  ) as x on true
  cross join lateral (
    select t.* from translation as t
    where t.content_no = c.content_no
      and t.target_locale = r.target_locale
      and t.context_no = case when r.context is null and r.format = 'auto' then 0 else x.context_no end
      and t.project = r.project
    offset 0
  ) as t
  left join lateral (
    select d.code, d.message
    from (
      select d.* from dead_letter as d
      where d.content_no = t.content_no and d.target_locale = t.target_locale and d.context_no = t.context_no
        and d.project = t.project
      order by d.revision desc
      offset 0
    ) as d
    where d.replayed_at is null
    order by d.revision desc
    limit 1
  ) as d on true;
end
$$;
