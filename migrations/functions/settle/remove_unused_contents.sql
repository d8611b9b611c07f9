-- Removes the texts that have no use and no translation any more. The caller holds their locks, taken by a statement before
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
  delete from content as c
  where c.content_no = any (content_nos)
    and not exists (select from source as s where s.content_no = c.content_no offset 0)
    and not exists (select from translation as t where t.content_no = c.content_no offset 0);
  get diagnostics removed = row_count;
  return removed;
end
$$;
