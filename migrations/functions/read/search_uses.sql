-- The keys of the translations that a filter fits, from a bounded number of uses of a project (packages/core/src/postgres/read/read.sql.ts).
-- Null: any; queued_for is a reason of is_to_review. A text with several ids comes at the least of them that begins with the prefix.
--
-- One row always: where the looks ended (ended_*: null at the end of the project), how many there were, and the hits.
create or replace function trans_hub.search_uses(
  of_project text, of_locale text, after_business_id text, after_content_no bigint, after_context_no bigint,
  most_looks integer, most_hits integer, of_status text, of_flag text, of_engine text, prefix text, words text,
  since timestamptz, queued_for text, sample_percent double precision
) returns table (
  looked_at bigint, ended_business_id text, ended_content_no bigint, ended_context_no bigint, business_ids text[],
  content_nos bigint[], context_nos bigint[]
)
language plpgsql stable rows 1
set search_path = pg_catalog, trans_hub, pg_temp
-- Only the order of the index lets a page end where it is full. On tables never analyzed, a bitmap and a sort read every use of
-- the project for each page: 40,150 rows for 50 of 20,000.
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
#variable_conflict use_column
declare
  used record;
  stored translation;
begin
  looked_at := 0;
  business_ids := '{}';
  content_nos := '{}';
  context_nos := '{}';
  for used in
    select s.business_id, s.content_no, s.context_no from source as s
    where s.project = of_project
      and (s.business_id, s.content_no, s.context_no) > (after_business_id, after_content_no, after_context_no)
    order by s.project, s.business_id, s.content_no, s.context_no
    limit greatest(0, least(most_looks, 10000))
  loop
    looked_at := looked_at + 1;
    ended_business_id := used.business_id;
    ended_content_no := used.content_no;
    ended_context_no := used.context_no;
    continue when prefix is not null and not starts_with(used.business_id, prefix);
    select t.* into stored from translation as t
    where t.content_no = used.content_no and t.target_locale = of_locale and t.context_no = used.context_no
      and t.project = of_project;
    continue when not found
      or of_status is not null and stored.status::text <> of_status
      or of_flag is not null and of_flag <> all (coalesce(stored.quality_flags, '{}'))
      or of_engine is not null and stored.engine is distinct from of_engine
      or since is not null and stored.updated_at < since;
    continue when queued_for is not null and not is_to_review(stored, queued_for, sample_percent);
    continue when words is not null and position(lower(words) in lower(coalesce(stored.text, ''))) = 0
      and not exists (
        select from content as c where c.content_no = used.content_no and position(lower(words) in lower(c.text)) > 0
      );
    continue when exists (
      select from source as other
      where other.content_no = used.content_no and other.context_no = used.context_no and other.project = of_project
        and other.business_id < used.business_id and (prefix is null or starts_with(other.business_id, prefix))
    );
    business_ids := business_ids || used.business_id;
    content_nos := content_nos || used.content_no;
    context_nos := context_nos || used.context_no;
    if cardinality(content_nos) = most_hits then
      return next;
      return;
    end if;
  end loop;
  if looked_at < most_looks then
    ended_business_id := null;
  end if;
  return next;
end
$$;
