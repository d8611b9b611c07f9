-- Whether these are hints in their one form, or null: objects of strings and numbers, where note and key are strings and maxLength is
-- a whole number from 1 to 1,000,000, of at most 4,096 bytes: those of the keys and strings, and 8 for each number. All in one look:
-- as a function of one hint it took 25 µs for each.
create or replace function trans_hub.are_hints(hints jsonb[]) returns boolean
language plpgsql immutable
as $$
begin
  return not exists (
    select
    from (
      select h.ord, jsonb_typeof(h.hint) as kind, m.key, jsonb_typeof(m.value) as value_kind, m.value
      from unnest(hints) with ordinality as h (hint, ord)
      left join lateral jsonb_each(case when jsonb_typeof(h.hint) = 'object' then h.hint end) as m on true
      where h.hint is not null
    ) as m
    group by m.ord
    having sum(octet_length(m.key) + case m.value_kind when 'string' then octet_length(m.value #>> '{}') else 8 end) > 4096
      or not bool_and(case
        when m.kind <> 'object' then false
        when m.key in ('note', 'key') then m.value_kind = 'string'
        when m.value_kind = 'string' then m.key <> 'maxLength'
        when m.key = 'maxLength' then
          case when m.value_kind = 'number' then (m.value)::numeric between 1 and 1000000 and (m.value)::numeric % 1 = 0 else false end
        -- What JavaScript reads as a number.
        when m.value_kind = 'number' then abs((m.value)::numeric) <= 1.7976931348623157e308
        else m.key is null
      end)
  );
end
$$;
