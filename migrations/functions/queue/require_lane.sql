-- Raises TH005 unless this is a locale, in its one spelling, into which a text can be translated.
create or replace function trans_hub.require_lane(locale text) returns void
language plpgsql immutable
as $$
begin
  if locale is null or locale = 'und' or trans_hub.canonical_locale(locale) <> locale then
    raise exception using errcode = 'TH005', column = 'targetLocales', message = case
      when locale is null then 'is missing'
      when locale = 'und' then 'cannot be und'
      else 'must be in its canonical spelling, such as zh-CN'
    end;
  end if;
end
$$;
