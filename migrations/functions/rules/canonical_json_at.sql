-- The canonical form of a JSON value that stands `level` containers deep; see canonical_json.
create or replace function trans_hub.canonical_json_at(value jsonb, level integer) returns text
language plpgsql immutable strict parallel safe
as $$
begin
  if level >= 32 and jsonb_typeof(value) in ('object', 'array') then
    raise exception using errcode = 'TH008', column = 'context', message = 'is nested deeper than 32 levels';
  end if;
  case jsonb_typeof(value)
    when 'object' then
      return '{' || coalesce((
        select string_agg(
          to_json(member.key)::text || ':' || case jsonb_typeof(member.value)
            when 'string' then member.value::text
            else trans_hub.canonical_json_at(member.value, level + 1)
          end,
          ','
          -- By UTF-16 code units, in which a character from U+10000 on begins with a surrogate and so comes before
          -- U+E000 … U+FFFF. UTF-8 has it the other way round, so those get the last character put before them.
          order by case
            when member.key ~ E'[\\uE000-\\uFFFF\\U0010FFFF]' then regexp_replace(
              replace(member.key, E'\U0010FFFF', E'\U0010FFFF\u0001'), E'[\\uE000-\\uFFFF]', E'\U0010FFFF\\&', 'g'
            )
            else member.key
          end collate "C"
        )
        from jsonb_each(value) as member (key, value)
      ), '') || '}';
    when 'array' then
      return '[' || coalesce((
        select string_agg(trans_hub.canonical_json_at(element.value, level + 1), ',' order by element.place)
        from jsonb_array_elements(value) with ordinality as element (value, place)
      ), '') || ']';
    when 'number' then
      return trans_hub.canonical_number(value::numeric);
    else
      -- PostgreSQL escapes in a string what JSON.stringify escapes, and in the same way.
      return value::text;
  end case;
end
$$;
