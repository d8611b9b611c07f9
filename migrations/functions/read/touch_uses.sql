-- Notes that the texts of an export were read: uses by their keys, where `touch` takes the text that was seen last under an id. An
-- older text stays older: it is noted a microsecond before the newest one of its id, which is noted as well. Uses that another
-- transaction has locked are passed over.
create or replace function trans_hub.touch_uses(
  of_project text, business_ids text[], content_nos bigint[], context_nos bigint[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
  due_before timestamptz;
  given record;
begin
  due_before := now() - least(
    interval '1 day', (select min(g.retention) / 10 from gc_run as g where g.started_at > now() - interval '1 day')
  );
  for given in
    select
      g.content_no, g.context_no, g.business_id, n.content_no as newest_content_no, n.context_no as newest_context_no
    from unnest(business_ids, content_nos, context_nos) as g (business_id, content_no, context_no)
    cross join lateral (
      select s.content_no, s.context_no from source as s
      where s.project = of_project and s.business_id = g.business_id
      order by s.last_seen_at desc, s.content_no desc
      limit 1
    ) as n
    order by g.content_no, g.context_no, g.business_id
  loop
    -- The lock that registering takes. A text that a collection has locked is about to go.
    perform from content as c where c.content_no = given.content_no for key share skip locked;
    continue when not found;
    update source as s
    set last_seen_at = now() - case
      when (s.content_no, s.context_no) = (given.newest_content_no, given.newest_context_no) then interval '0'
      else interval '1 microsecond'
    end
    where s.ctid in (
      select s.ctid from source as s
      where s.project = of_project and s.business_id = given.business_id and s.last_seen_at < due_before
        and (s.content_no, s.context_no) in (
          (given.content_no, given.context_no), (given.newest_content_no, given.newest_context_no)
        )
      for no key update skip locked
    );
  end loop;
end
$$;
