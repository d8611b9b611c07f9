-- Removes a project's text from every table: its uses, translations, dead letters, what its batches say of it, items of the
-- inbox that hold it, and the text and its contexts themselves where nobody else uses them.
--
--   of_business_id   names every text that was ever registered under this id. A text that another id of the project uses
--                    too stays for it; a use without an id does not hold it (reading by text makes one).
--   of_text          or else names one text, under all its ids; with a format only in this context, otherwise in each
--
-- Gives how many texts the project has no more (each context its own, items of the inbox included), and how many of those
-- named stay for another id, context or project.
--
-- Locks in the order that everybody takes them in: inbox, content, context, then the rest by key. Who is registering the
-- text finds it collected and makes it anew; who is translating it has a row no more, and stores nothing.
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
  rows_of_inbox bigint[];
  taken bigint;
  contents bigint[];
  contexts integer[];
  -- What the project has no more, a distinct (content, context) once.
  gone_contents bigint[];
  gone_contexts integer[];
  doomed tid[];
begin
  forgotten := 0;
  still_used := 0;

  -- Until no row is left that holds it: one that somebody had in hand may come back as two.
  loop
    select array_agg(i.id) into rows_of_inbox
    from inbox as i
    where exists (
      select from jsonb_array_elements(i.items) as e (value)
      where is_to_forget(
        e.value, i.defaults, of_project, of_business_id, of_text, of_content_id, in_context, in_every_context
      )
    );
    exit when rows_of_inbox is null;
    perform from inbox as i where i.id = any (rows_of_inbox) order by i.id for update;
    with kept as materialized (
      select
        i.id,
        jsonb_agg(e.value order by e.ord) filter (where not e.goes) as items,
        count(*) filter (where e.goes) as gone
      from inbox as i
      cross join lateral (
        select e.value, e.ord, is_to_forget(
          e.value, i.defaults, of_project, of_business_id, of_text, of_content_id, in_context, in_every_context
        ) as goes
        from jsonb_array_elements(i.items) with ordinality as e (value, ord)
      ) as e
      where i.id = any (rows_of_inbox)
      group by i.id
    ), emptied as (
      delete from inbox as i using kept as k where i.id = k.id and k.items is null
    ), cut as (
      update inbox as i set items = k.items from kept as k where i.id = k.id and k.items is not null
    )
    select coalesce(sum(k.gone), 0) into taken from kept as k;
    forgotten := forgotten + taken;
  end loop;

  if of_business_id is null then
    select array_agg(c.content_no) into contents
    from (select c.content_no from content as c where c.content_id = of_content_id for update) as c;
  else
    select array_agg(c.content_no) into contents
    from (
      select c.content_no
      from content as c
      where c.content_no = any (array(
        select s.content_no from source as s where s.project = of_project and s.business_id = of_business_id
      ))
      order by c.content_id
      for update
    ) as c;
  end if;
  -- Without a row, -1: no use is in a context that is not there.
  in_context_no := case
    when in_context is null then 0
    else coalesce((select x.context_no from context as x where x.context_id = in_context), -1)
  end;

  -- The rows of the project that are meant. A text that a person approved may have no use any more.
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

  -- What another id of the project still uses is its own to forget.
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

  -- A statement of its own: what a worker stores while this waits for it is out of the sight of the statement that waited,
  -- which would lock it and leave it there.
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

  -- Letters of rows that are gone already, too.
  delete from dead_letter as d
  using unnest(gone_contents, gone_contexts) as r (content_no, context_no)
  where d.content_no = r.content_no and d.context_no = r.context_no and d.project = of_project;

  perform prune_batches((
    select array_agg(b.batch_id) from batch as b where b.project = of_project and b.content_nos && gone_contents
  ));

  delete from content as c
  where c.content_no = any (contents)
    and not exists (select from source as s where s.content_no = c.content_no offset 0)
    and not exists (select from translation as t where t.content_no = c.content_no offset 0);
  delete from context as x
  where x.context_no = any (contexts)
    and not exists (select from source as s where s.context_no = x.context_no and s.context_no <> 0 offset 0)
    and not exists (select from translation as t where t.context_no = x.context_no and t.context_no <> 0 offset 0);

  forgotten := forgotten + coalesce(cardinality(gone_contents), 0);
  select count(*) into still_used from content as c where c.content_no = any (contents);
end
$$;
