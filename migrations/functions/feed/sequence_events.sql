-- Gives the next positions to events that were committed without one, in the order of their numbers. Gives how many.
--
-- One session at a time does it; the others find the head locked and do nothing. The lock is taken by a statement of its own: the
-- next one then sees every position that was given before. In one statement, the snapshot is older than the lock, and a
-- position would be given twice.
--
-- An event that is committed is seen here with all events of lower numbers about the same texts: their transactions ended before this
-- one got its locks. So the order of numbers within a step, and of steps, is the order of changes of each text.
create or replace function trans_hub.sequence_events(most integer) returns integer
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set jit = off
as $$
declare
  sequenced integer;
begin
  -- Mostly there is nothing to do, and then it writes nothing and takes no lock.
  if not exists (select from event_queue) then
    return 0;
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('sequence_events');
  end if;
  perform from feed_head for update skip locked;
  if not found then
    return 0;
  end if;
  -- A position that a reader was told must not be given to another event after a crash. Until the end of the transaction, which
  -- a SET of the function is not.
  if current_setting('synchronous_commit') not in ('on', 'remote_apply', 'remote_write') then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  with head as materialized (
    select h.position from feed_head as h
  ), next as materialized (
    select q.ctid from event_queue as q order by q.n limit most
  ), gone as (
    delete from event_queue as q where q.ctid = any (array(select x.ctid from next as x)) returning q.n
  ), placed as (
    insert into event_position (position, n)
    select h.position + row_number() over (order by g.n), g.n
    from gone as g, head as h
    returning position
  ), moved as (
    update feed_head as f
    set position = f.position + p.count
    from (select count(*) as count from placed) as p
    where p.count > 0
    returning p.count
  )
  select coalesce(max(m.count), 0)::integer into sequenced from moved as m;
  return sequenced;
end
$$;
