-- Locks texts before their rows are removed, in the order in which every function locks them (README of this folder), and
-- gives those that exist. A registration of such a text waits here, and then makes its rows anew.
create or replace function trans_hub.lock_contents(content_nos bigint[]) returns bigint[]
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select array_agg(c.content_no)
  from (
    select c.content_no from content as c where c.content_no = any (content_nos) order by c.content_id for update
  ) as c
$$;
