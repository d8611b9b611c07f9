-- Ends uses of texts by a project, and removes the texts that it no longer uses from every table but the inbox: see forget.
-- The caller holds the locks of the texts (lock_contents).
--
--   of_business_id   ends the uses under this id
--   id_prefix        or else those under ids that begin so
--   neither          every use, and translations without one
--   in_context_no    only in this context; null: in each
--
-- A text that another id of the project uses stays for that id; a use without an id does not keep it (reading by text makes
-- one).
create or replace function trans_hub.forget_uses(
  of_project text, of_business_id text, id_prefix text, contents bigint[], in_context_no bigint,
  out forgotten bigint, out still_used bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  is_by_text boolean := of_business_id is null and id_prefix is null;
  contexts bigint[];
  -- The texts that the project loses: each (content, context) once.
  gone_contents bigint[];
  gone_contexts bigint[];
  doomed tid[];
begin
  forgotten := 0;
  still_used := 0;
  -- A text that a person approved may have a translation and no use.
  select array_agg(r.content_no), array_agg(r.context_no) into gone_contents, gone_contexts
  from (
    select s.content_no, s.context_no
    from source as s
    where s.content_no = any (contents) and s.project = of_project
      and (is_by_text or s.business_id = of_business_id or starts_with(s.business_id, id_prefix))
    union
    select t.content_no, t.context_no
    from translation as t
    where is_by_text and t.content_no = any (contents) and t.project = of_project
  ) as r
  where in_context_no is null or r.context_no = in_context_no;
  if gone_contents is null then
    return;
  end if;
  contents := gone_contents;

  select array_agg(x.context_no) into contexts
  from (
    select x.context_no from context as x where x.context_no = any (gone_contexts) order by x.context_id for update
  ) as x;

  delete from source as s
  where s.content_no = any (contents) and s.project = of_project
    and (is_by_text or s.business_id = of_business_id or starts_with(s.business_id, id_prefix))
    and (in_context_no is null or s.context_no = in_context_no);

  -- A text that another id of the project uses stays.
  select array_agg(r.content_no), array_agg(r.context_no) into gone_contents, gone_contexts
  from unnest(gone_contents, gone_contexts) as r (content_no, context_no)
  where not exists (
    select from source as s
    where s.content_no = r.content_no and s.context_no = r.context_no and s.project = of_project and s.business_id <> ''
    offset 0
  );
  delete from source as s
  using unnest(gone_contents, gone_contexts) as r (content_no, context_no)
  where s.content_no = r.content_no and s.context_no = r.context_no and s.project = of_project;

  -- Locked by one statement and removed by the next: see remove_translations.
  select array_agg(t.ctid) into doomed
  from (
    select t.ctid
    from translation as t
    join unnest(gone_contents, gone_contexts) as r (content_no, context_no) using (content_no, context_no)
    where t.project = of_project
    order by t.content_no, t.target_locale, t.context_no, t.project
    for update of t
  ) as t;
  perform remove_translations(doomed, 'forgotten');
  -- A letter or an act may outlive its row.
  delete from dead_letter as d
  using unnest(gone_contents, gone_contexts) as r (content_no, context_no)
  where d.content_no = r.content_no and d.context_no = r.context_no and d.project = of_project;
  delete from review_act as a
  using unnest(gone_contents, gone_contexts) as r (content_no, context_no)
  where a.content_no = r.content_no and a.context_no = r.context_no and a.project = of_project;
  perform prune_batches((
    select array_agg(b.batch_id) from batch as b where b.project = of_project and b.content_nos && gone_contents
  ));

  -- A text that the project does not have any more, in any context, leaves its memory too.
  if exists (select from memory_text) then
    perform forget_in_memory(of_project, array_agg(c.text), array_agg(c.source_locale))
    from content as c
    where c.content_no = any (gone_contents)
      and not exists (select from source as s where s.content_no = c.content_no and s.project = of_project offset 0)
      and not exists (select from translation as t where t.content_no = c.content_no and t.project = of_project offset 0);
  end if;

  perform remove_unused_contents(contents);
  delete from context as x
  where x.context_no = any (contexts)
    and not exists (select from source as s where s.context_no = x.context_no and s.context_no <> 0 offset 0)
    and not exists (select from translation as t where t.context_no = x.context_no and t.context_no <> 0 offset 0);

  forgotten := coalesce(cardinality(gone_contents), 0);
  select count(*) into still_used from content as c where c.content_no = any (contents);
end
$$;
