-- The hints of texts of a project, by the places of the texts from 1; null: none of them has one. Of the uses of a text, the hint
-- that was said last counts, but each maxLength: the translation has to fit all of them. At most 1,000 uses of a text are looked at.
create or replace function trans_hub.hints_of(of_project text, content_nos bigint[], context_nos bigint[]) returns json
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  -- Of a project without hints, this look is all: a third of the other.
  if not exists (select from hint as h where h.content_no = any (content_nos) and h.project = of_project) then
    return null;
  end if;
  return (
    select json_object_agg(i.ord, i.hint)
    from (
      select
        i.ord,
        (array_agg(h.hint order by h.noted_at desc, h.business_id))[1]
        || jsonb_strip_nulls(jsonb_build_object('maxLength', min((h.hint ->> 'maxLength')::numeric))) as hint
      from unnest(content_nos, context_nos) with ordinality as i (content_no, context_no, ord)
      cross join lateral (
        select h.hint, h.noted_at, h.business_id
        from hint as h
        where h.content_no = i.content_no and h.context_no = i.context_no and h.project = of_project
        limit 1000
      ) as h
      where h.hint <> '{}'
      group by i.ord
    ) as i
  );
end
$$;
