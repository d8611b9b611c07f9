-- The counts that forget, or all steps of forget_by_prefix together, would give now. Takes the arguments of forget, and the
-- prefix. Changes nothing and waits for no lock.
create or replace function trans_hub.count_to_forget(
  of_project text, of_business_id text, id_prefix text, of_source_locale text, of_text text, of_context text, of_format text,
  out forgotten bigint, out still_used bigint
)
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  of_content_id uuid := content_id(of_source_locale, of_text);
  in_context uuid := context_id(of_context, of_format);
  in_every_context boolean := of_format is null;
  contents bigint[];
  contexts bigint[];
  in_inbox bigint;
begin
  if of_text is not null then
    select array_agg(r.content_no), array_agg(r.context_no) into contents, contexts
    from (
      select s.content_no, s.context_no
      from content as c join source as s on s.content_no = c.content_no and s.project = of_project
      where c.content_id = of_content_id
      union
      select t.content_no, t.context_no
      from content as c join translation as t on t.content_no = c.content_no and t.project = of_project
      where c.content_id = of_content_id
    ) as r
    where in_every_context or r.context_no = case
      when in_context is null then 0
      else (select x.context_no from context as x where x.context_id = in_context)
    end;
  elsif of_business_id is not null then
    select array_agg(s.content_no), array_agg(s.context_no) into contents, contexts
    from source as s where s.project = of_project and s.business_id = of_business_id;
  else
    select array_agg(s.content_no), array_agg(s.context_no) into contents, contexts
    from (
      select distinct s.content_no, s.context_no from source as s
      where s.project = of_project and starts_with(s.business_id, id_prefix)
    ) as s;
  end if;

  with named as materialized (
    select r.content_no, r.context_no, of_text is null and exists (
      select from source as s
      where s.content_no = r.content_no and s.context_no = r.context_no and s.project = of_project and s.business_id <> ''
        and not (coalesce(s.business_id = of_business_id, false) or coalesce(starts_with(s.business_id, id_prefix), false))
      offset 0
    ) as stays
    from unnest(contents, contexts) as r (content_no, context_no)
  ), gone as materialized (
    select n.content_no, n.context_no from named as n where not n.stays
  )
  select
    (select count(*) from gone),
    (
      select count(*)
      from (select distinct n.content_no from named as n) as c
      where exists (
        select from source as s
        where s.content_no = c.content_no and not (
          s.project = of_project and (
            coalesce(s.business_id = of_business_id, false) or coalesce(starts_with(s.business_id, id_prefix), false)
            or (s.content_no, s.context_no) in (select g.content_no, g.context_no from gone as g)
          )
        )
        offset 0
      ) or exists (
        select from translation as t
        where t.content_no = c.content_no and not (
          t.project = of_project and (t.content_no, t.context_no) in (select g.content_no, g.context_no from gone as g)
        )
        offset 0
      )
    )
  into forgotten, still_used;

  select count(*) into in_inbox
  from inbox as i
  cross join lateral jsonb_array_elements(inbox_list(i.items)) as e (value)
  where is_to_forget(
    e.value, i.defaults, of_project, of_business_id, id_prefix, of_text, of_content_id, in_context, in_every_context
  );
  forgotten := forgotten + in_inbox;
  if forgotten = 0 and of_text is not null and in_every_context and exists (
    select from memory_text as t
    where t.source_id = content_id('', of_text) and t.project = of_project
      and (split_part(of_source_locale, '-', 1) in (split_part(t.source_locale, '-', 1), 'und') or t.source_locale = 'und')
  ) then
    forgotten := 1;
  end if;
end
$$;
