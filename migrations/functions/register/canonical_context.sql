-- The canonical form of a context that a caller hands over as JSON text; null: no context. Raises TH008.
create or replace function trans_hub.canonical_context(context text) returns text
language plpgsql immutable
as $$
declare
  value jsonb;
begin
  begin
    value := context::jsonb;
  exception when data_exception or program_limit_exceeded then
    raise exception using errcode = 'TH008', column = 'context', message = 'is not JSON';
  end;
  if jsonb_typeof(value) not in ('object', 'null') then
    raise exception using errcode = 'TH008', column = 'context', message = 'must be an object';
  end if;
  return canonical_json(normal_context(value));
end
$$;
