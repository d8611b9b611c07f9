-- How many rows these items ask for: each once for each of its target locales. An item of another shape counts as one.
create or replace function trans_hub.asked_rows(items jsonb, defaults jsonb) returns integer
language sql immutable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select least(2147483647, coalesce(sum(greatest(1, case
    when jsonb_typeof(l.locales) = 'array' then jsonb_array_length(l.locales)
  end)), 0))::integer
  from jsonb_array_elements(inbox_list(items)) as e (value)
  cross join lateral (
    select coalesce(nullif(e.value -> 'targetLocales', 'null'), defaults -> 'targetLocales') as locales
  ) as l
$$;
