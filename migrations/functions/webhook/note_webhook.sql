-- Notes how far a turn has come, or its end. No row: another server has the webhook by now, or it was removed.
create or replace function trans_hub.note_webhook(
  of_webhook text, of_lease uuid, outcome text, to_position bigint, lease_ms double precision, has_sent boolean,
  wait_ms double precision, status integer, problem text, disable_after_ms double precision
)
returns setof trans_hub.webhook
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  update trans_hub.webhook as w
  set
    sent_to = case outcome when 'sent' then greatest(w.sent_to, to_position) when 'done' then null else w.sent_to end,
    position = case when outcome = 'done' then w.page_to else w.position end,
    page_to = case when outcome = 'done' then null else w.page_to end,
    is_reset = w.is_reset and outcome <> 'done',
    lease = case when outcome = 'sent' then w.lease end,
    lease_until = case when outcome = 'sent' then clock_timestamp() + make_interval(secs => lease_ms / 1000) end,
    next_at = case
      when outcome in ('done', 'failed') then clock_timestamp() + make_interval(secs => wait_ms / 1000)
      else w.next_at
    end,
    delivered_at = case when has_sent then clock_timestamp() else w.delivered_at end,
    failures = case when has_sent or outcome = 'done' then 0 when outcome = 'failed' then w.failures + 1 else w.failures end,
    failing_since = case
      when has_sent or outcome = 'done' then null
      when outcome = 'failed' then coalesce(w.failing_since, clock_timestamp())
      else w.failing_since
    end,
    last_status = case when has_sent or outcome = 'done' then null when outcome = 'failed' then status else w.last_status end,
    last_problem = case when has_sent or outcome = 'done' then null when outcome = 'failed' then problem else w.last_problem end,
    disabled_because = case
      when outcome <> 'failed' then w.disabled_because
      when disable_after_ms = 0 then 'gone'
      when w.failing_since <= clock_timestamp() - make_interval(secs => disable_after_ms / 1000) then 'failing'
    end,
    disabled_at = case
      when outcome <> 'failed' then w.disabled_at
      when disable_after_ms = 0 or w.failing_since <= clock_timestamp() - make_interval(secs => disable_after_ms / 1000)
        then clock_timestamp()
    end
  where w.webhook_id = of_webhook and w.lease = of_lease
  returning w.*
$$;
