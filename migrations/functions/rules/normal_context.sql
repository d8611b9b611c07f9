-- A caller's context as an object, or null where it says nothing (null, "" and {}). A string is short for {"note": …}, unless
-- it begins with a brace: then it is the object in JSON.
--
-- Not parallel safe: it catches errors of the parser, and PostgreSQL 14 to 16 take no savepoint in a parallel query.
create or replace function trans_hub.normal_context(value jsonb) returns jsonb
language plpgsql immutable strict parallel unsafe
as $$
declare
  object jsonb := value;
  note text;
begin
  if jsonb_typeof(value) = 'string' then
    note := value #>> '{}';
    if note = '' then
      return null;
    elsif starts_with(note, '{') then
      begin
        object := note::jsonb;
      exception
        when data_exception or program_limit_exceeded then
          raise exception using errcode = 'TH008', column = 'context', message = 'begins with a brace and is not JSON';
      end;
    else
      object := jsonb_build_object('note', note);
    end if;
  end if;
  if jsonb_typeof(object) = 'null' or object = '{}' then
    return null;
  elsif jsonb_typeof(object) <> 'object' then
    raise exception using errcode = 'TH008', column = 'context', message = 'is neither an object nor a string';
  -- The canonical form is never the longer one, and takes some ten times as long to make: callers make it from the result.
  elsif octet_length(object::text) > 8192 and octet_length(trans_hub.canonical_json(object)) > 8192 then
    raise exception using errcode = 'TH008', column = 'context', message = 'is longer than 8,192 bytes';
  end if;
  return object;
end
$$;
