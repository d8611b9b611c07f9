-- The tag in a call's defaults: a short name without blanks, so that it cannot hold a text. Null: there is none. Raises TH001 for
-- another value.
create or replace function trans_hub.tag_of(defaults jsonb) returns text
language plpgsql immutable
as $$
declare
  tag text := defaults ->> 'tag';
begin
  if tag is not null and (
    jsonb_typeof(defaults -> 'tag') <> 'string' or length(tag) > 64 or tag !~ '^[0-9A-Za-z][0-9A-Za-z._:/@+-]*$'
  ) then
    raise exception using errcode = 'TH001', column = 'tag',
      message = 'tag must be 1 to 64 letters of English, digits and . _ : / @ + -';
  end if;
  return tag;
end
$$;
