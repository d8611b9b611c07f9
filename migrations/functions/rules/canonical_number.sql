-- A number as ECMAScript writes it. Read as a double, as JSON.parse does.
create or replace function trans_hub.canonical_number(number numeric) returns text
language plpgsql immutable strict parallel safe
-- The shortest digits that read back as the same double; the setting of the session must not matter.
set extra_float_digits = 1
as $$
declare
  double double precision;
begin
  -- From half a step above the greatest double on, a number reads as infinite.
  if abs(number) >= 1.797693134862315807e308 then
    raise exception using errcode = 'TH008', column = 'context', message = 'holds a number beyond a double''s range';
  end if;
  -- To half of the smallest double, it reads as zero; the cast would refuse it.
  double := case when abs(number) <= 2.4703282292062327e-324 then 0 else number end;
  if double = trunc(double) then
    if abs(double) > 9007199254740991 then
      raise exception using errcode = 'TH008', column = 'context',
        message = 'holds a whole number beyond 2^53 - 1, which other languages would round',
        hint = 'Send it as a string.';
    end if;
    return double::bigint;
  end if;
  if abs(double) < 1e-6 then
    return replace(double::text, 'e-0', 'e-');
  end if;
  return double::text::numeric; -- from the digits: the direct cast keeps 15 of them
end
$$;
