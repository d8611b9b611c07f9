-- Removes events that are older than the retention: among the next `most` positions, up to the first younger one. Gives how many.
-- Switches the feed off where nobody has read it for as long: its readers would have to list everything anew all the same.
create or replace function trans_hub.prune_events(retention interval, most integer) returns integer
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  first bigint;
  last bigint;
  removed integer;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('prune_events');
  end if;
  delete from feed_switch as w
  where w.read_at < now() - greatest(retention, interval '1 hour') and w.opened_at < now() - greatest(retention, interval '1 hour')
    -- Servers read for webhooks only what there is to read.
    and not exists (select from webhook as h where h.disabled_at is null);
  perform from feed_head for update;
  first := (select min(p.position) from event_position as p);
  select least(first + most - 1, h.position) into last from feed_head as h;
  -- An event up to `oldest` is of an earlier opening of the feed; no reader gets it any more.
  last := coalesce(
    (
      select p.position - 1
      from event_position as p
      join event as e on e.n = p.n
      where p.position between first and last and p.position > (select h.oldest from feed_head as h)
        and e.at >= now() - retention
      order by p.position
      limit 1
    ),
    last
  );
  if first is null or last < first then
    return 0;
  end if;
  delete from event as e using event_position as p where p.position between first and last and e.n = p.n;
  delete from event_position as p where p.position between first and last;
  get diagnostics removed = row_count;
  update feed_head as h set oldest = greatest(h.oldest, last);
  return removed;
end
$$;
