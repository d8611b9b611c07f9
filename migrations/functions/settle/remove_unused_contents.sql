-- Removes the texts that have no use and no translation any more, and the hints of uses that have ended. The caller holds their locks, taken by a statement before
-- this one, so that it sees every row that was registered until then. Gives how many.
create or replace function trans_hub.remove_unused_contents(content_nos bigint[]) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  removed bigint;
begin
  -- Mostly there are no hints at all.
  if exists (select from hint) then
    delete from hint as h
    where h.content_no = any (content_nos)
      and not exists (
        select from source as s
        where s.project = h.project and s.business_id = h.business_id
          and s.content_no = h.content_no and s.context_no = h.context_no
        offset 0
      );
  end if;
  delete from content as c
  where c.content_no = any (content_nos)
    and not exists (select from source as s where s.content_no = c.content_no offset 0)
    and not exists (select from translation as t where t.content_no = c.content_no offset 0);
  get diagnostics removed = row_count;
  return removed;
end
$$;
