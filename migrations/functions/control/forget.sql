-- Removes a text of a project from every table: its uses, translations, dead letters, batches, items of the inbox, and the
-- text and its contexts themselves where no other project or id uses them.
--
--   of_business_id   names every text that was ever registered under this id. A text that another id of the project uses
--                    stays for that id; a use without an id does not keep it (reading by text makes one).
--   of_text          or else names one text, under all its ids: with a format only in this context, otherwise in each
--
-- Gives the number of texts that the project no longer has (each context counts, items of the inbox included), and the
-- number of named texts that stay for another id, context or project.
--
-- A registration of the text at the same moment waits, and makes the text anew; a worker that translates it finds no row,
-- and stores nothing.
create or replace function trans_hub.forget(
  of_project text, of_business_id text, of_source_locale text, of_text text, of_context text, of_format text,
  out forgotten bigint, out still_used bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = '5s'
set enable_seqscan = off
set jit = off
as $$
declare
  of_content_id uuid := content_id(of_source_locale, of_text);
  in_context uuid := context_id(of_context, of_format);
  in_context_no integer;
  in_every_context boolean := of_format is null;
  contents bigint[];
  contexts integer[];
  -- The texts that the project loses: each (content, context) once.
  gone_contents bigint[];
  gone_contexts integer[];
  doomed tid[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('forget');
  end if;
  still_used := 0;
  forgotten := forget_in_inbox(of_project, of_business_id, of_text, of_content_id, in_context, in_every_context);

  contents := lock_contents(case
    when of_business_id is null then array(select c.content_no from content as c where c.content_id = of_content_id)
    else array(select s.content_no from source as s where s.project = of_project and s.business_id = of_business_id)
  end);
  -- A context without a row is -1, which no use has.
  in_context_no := case
    when in_context is null then 0
    else coalesce((select x.context_no from context as x where x.context_id = in_context), -1)
  end;

  -- A text that a person approved may have a translation and no use.
  select array_agg(r.content_no), array_agg(r.context_no) into gone_contents, gone_contexts
  from (
    select s.content_no, s.context_no
    from source as s
    where s.content_no = any (contents) and s.project = of_project
      and (of_business_id is null or s.business_id = of_business_id)
    union
    select t.content_no, t.context_no
    from translation as t
    where of_business_id is null and t.content_no = any (contents) and t.project = of_project
  ) as r
  where in_every_context or r.context_no = in_context_no;
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
    and (of_business_id is null or s.business_id = of_business_id)
    and (in_every_context or s.context_no = in_context_no);

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
  perform remove_translations(doomed);
  -- A letter may outlive its row.
  delete from dead_letter as d
  using unnest(gone_contents, gone_contexts) as r (content_no, context_no)
  where d.content_no = r.content_no and d.context_no = r.context_no and d.project = of_project;
  perform prune_batches((
    select array_agg(b.batch_id) from batch as b where b.project = of_project and b.content_nos && gone_contents
  ));

  perform remove_unused_contents(contents);
  delete from context as x
  where x.context_no = any (contexts)
    and not exists (select from source as s where s.context_no = x.context_no and s.context_no <> 0 offset 0)
    and not exists (select from translation as t where t.context_no = x.context_no and t.context_no <> 0 offset 0);

  forgotten := forgotten + coalesce(cardinality(gone_contents), 0);
  select count(*) into still_used from content as c where c.content_no = any (contents);
end
$$;
