-- The options within their bounds: a batch larger than these could not be loaded by a worker, and would be in the way of the
-- batches that are loaded with it. Releases send what they please, so a value beyond a bound is no error.
create or replace function trans_hub.fit_options(options trans_hub.register_options) returns trans_hub.register_options
language plpgsql immutable
as $$
begin
  return row(
    least(greatest(coalesce(options.batch_size, 50), 1), 1000),
    least(greatest(coalesce(options.batch_bytes, 32768), 1), 1048576),
    least(greatest(coalesce(options.touch_after, interval '1 day'), interval '0'), interval '1 year'),
    options.for_engine,
    least(greatest(coalesce(options.lock_timeout_ms, 100), 1), 60000),
    options.max_backlog
  )::register_options;
end
$$;
