-- Leases webhooks with new events to the calling server, and fixes the page of each: the events that it delivers in this turn, and in
-- each turn after it until all of them were taken. Webhooks whose last try failed have places of their own, so that receivers that hang
-- leave room for the others.
--
-- A page begins when its oldest event is as old as the debounce. A page of export.changed is fixed, and then waits for the delay of
-- exports: an export that a server keeps for that long has all of its changes by then.
create or replace function trans_hub.claim_webhooks(
  most integer, most_failing integer, lease_ms double precision, debounce_ms double precision, export_delay_ms double precision,
  page_events integer
)
returns setof trans_hub.webhook
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set jit = off
as $$
begin
  update webhook as w
  set page_to = p.page_to, sent_to = p.position, next_at = clock_timestamp() + make_interval(secs => export_delay_ms / 1000)
  from (
    select w.webhook_id, w.position, least(h.position, w.position + page_events) as page_to
    from webhook as w
    join feed_head as h on h.position > w.position
    where w.type = 'export.changed' and w.disabled_at is null and w.page_to is null and w.next_at <= clock_timestamp()
    for update of w skip locked
  ) as p
  where w.webhook_id = p.webhook_id;

  return query
  with head as materialized (
    select
      -- As feed.sql.ts has it.
      left(replace(h.epoch::text, '-', ''), 12) || lower(left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)) as epoch,
      h.position, h.oldest
    from feed_head as h
  ), due as materialized (
    select w.webhook_id, w.failures, w.next_at
    from webhook as w
    cross join head as h
    where w.disabled_at is null and w.next_at <= clock_timestamp()
      and (w.lease_until is null or w.lease_until <= clock_timestamp())
      and (
        w.page_to is not null or w.epoch <> h.epoch or w.position < h.oldest or w.position > h.position
        or w.type = 'translations.settled' and (
          select e.at
          from event_position as p
          join event as e on e.n = p.n
          where p.position = w.position + 1
        ) <= clock_timestamp() - make_interval(secs => debounce_ms / 1000)
      )
  ), healthy as materialized (
    select w.* from webhook as w
    where w.webhook_id in (select d.webhook_id from due as d where d.failures = 0 order by d.next_at limit most)
      and (w.lease_until is null or w.lease_until <= clock_timestamp()) and w.disabled_at is null and w.next_at <= clock_timestamp()
    for update skip locked
  ), failing as materialized (
    select w.* from webhook as w
    where w.webhook_id in (select d.webhook_id from due as d where d.failures > 0 order by d.next_at limit most_failing)
      and (w.lease_until is null or w.lease_until <= clock_timestamp()) and w.disabled_at is null and w.next_at <= clock_timestamp()
    for update skip locked
  ), taken as materialized (
    select
      t.webhook_id, t.position, t.page_to, t.sent_to, h.epoch, h.position as head,
      t.epoch <> h.epoch or t.position < h.oldest or t.position > h.position as is_lost
    from (select * from healthy union all select * from failing) as t
    cross join head as h
  )
  update webhook as w
  set
    lease = gen_random_uuid(),
    lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000),
    is_reset = w.is_reset or t.is_lost,
    epoch = t.epoch,
    -- Where events were lost, the receiver begins anew at the end of the feed.
    position = case when t.is_lost then t.head else w.position end,
    page_to = case when t.is_lost then t.head else coalesce(t.page_to, least(t.head, t.position + page_events)) end,
    sent_to = case when t.is_lost then t.head else coalesce(t.sent_to, t.position) end
  from taken as t
  where w.webhook_id = t.webhook_id
  returning w.*;
end
$$;
