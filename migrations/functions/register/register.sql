-- Registers items, each once for each of its target locales: the door of the library. The doors for SQL are `request`, and
-- `enqueue` with register_inbox; all of them end in register_admitted.
--
-- Everything that the caller knows comes in two records, of which a role with EXECUTE may hand over anything: are_fit refuses
-- items of another shape, and fit_options keeps the options within bounds. All identity (sha256, canonical JSON) is made in the database. A
-- text that the caller calls verbatim is stored as translated only where is_verbatim agrees. The opposite mistake costs
-- one call to an engine and is not looked for: is_verbatim for 1,000 texts takes 1.9 ms, a sixth of their registration.
create or replace function trans_hub.register(items trans_hub.grouped_items, options trans_hub.register_options)
returns trans_hub.register_receipt
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
-- register_items sets the timeout of a lock. Without this line it would stay for the rest of the caller's transaction.
set lock_timeout = 0
-- Plans must not depend on statistics: the first import runs on tables that were never analyzed.
set enable_seqscan = off
-- The line above makes plans look expensive, and PostgreSQL compiles expensive plans: before version 18, some 60 ms a call.
set jit = off
as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('register');
  end if;
  if not are_fit(items) then
    perform refuse_unfit(items);
  end if;
  if items.contexts is not null then
    -- Each different one once: canonical_json takes 40 µs, and texts of one screen share their context.
    items.contexts := array(
      select d.canonical
      from unnest(items.contexts) with ordinality as c (context, ord)
      left join (
        select u.context, canonical_context(u.context) as canonical
        from (select distinct c.context from unnest(items.contexts) as c (context)) as u
        offset 0
      ) as d using (context)
      order by c.ord
    );
  end if;
  if items.verbatim is not null then
    items.verbatim := array(
      select v.verbatim and is_verbatim(items.texts[v.ord])
      from unnest(items.verbatim) with ordinality as v (verbatim, ord)
      order by v.ord
    );
  end if;
  return register_items(items, fit_options(options));
end
$$;
