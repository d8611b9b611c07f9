-- Registers items of which the contexts are canonical. Its callers are the doors, register and request: they pin search_path,
-- lock_timeout, enable_seqscan and jit for everything below. A function below a door has no setting of its own, and only the
-- owner and a worker may call it.
--
-- The bound is backlog_bound, in texts that wait in batches or in the inbox. Items whose new rows would go over it are refused;
-- rows that are there pass. It is a bound on load and no quota: calls at the same moment may go over it together.
create or replace function trans_hub.register_items(items trans_hub.grouped_items, options trans_hub.register_options)
returns trans_hub.register_receipt
language plpgsql volatile
as $$
declare
  bound bigint := backlog_bound(options.max_backlog);
  refused boolean[];
  receipt register_receipt;
begin
  if bound is not null then
    refused := refused_items(items, bound);
  end if;
  if refused is null then
    return register_admitted(items, options);
  end if;
  if not (true = all (refused)) then
    receipt := register_admitted(admitted_items(items, refused), options);
  end if;
  return receipt_with_refused(receipt, refused);
end
$$;
