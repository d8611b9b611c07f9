-- A locale in its one stored spelling: zh_cn is zh-CN, iw is he, fra is fr. "und" passes, because a source may have it.
--
-- Refused are strings that are no locale, and of locales: extensions (-u-, -t-: the format of dates does not change a translation),
-- extended languages (zh-yue is yue) and variants that name a language or region.
create or replace function trans_hub.canonical_locale(locale text) returns text
language plpgsql immutable strict parallel safe
as $$
declare
  part text[] := regexp_match(
    translate(locale, '_', '-'),
    '^([A-Za-z]{2,3})(-[A-Za-z]{4})?(-[A-Za-z]{2}|-[0-9]{3})?((-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*)'
      '((-[xX](-[A-Za-z0-9]{1,8})+)?)$'
  );
  -- Case by "C": in a Turkish database, lower('I') is not i.
  language text := lower(part[1] collate "C");
  script text := initcap(substr(part[2], 2) collate "C");
  region text := upper(substr(part[3], 2) collate "C");
  given_variants text[] := string_to_array(lower(substr(part[4], 2) collate "C"), '-');
  variants text[] := '{}';
  private text := lower(part[7] collate "C");
  alias text[] := string_to_array(trans_hub.language_alias(language), '-');
begin
  if cardinality(given_variants) > 0 then
    variants := array(select distinct v collate "C" from unnest(given_variants) as v order by 1);
  end if;
  if alias is not null then
    language := alias[1];
    if length(alias[2]) = 4 then
      script := coalesce(script, alias[2]);
    else
      region := coalesce(region, alias[2]);
    end if;
  end if;
  region := coalesce(trans_hub.region_alias(region), region);
  if language = 'und' and length(locale) = 3 then
    return language;
  elsif length(locale) <= 100
    and (
      length(language) = 2 and trans_hub.is_language_2(language)
      or length(language) = 3 and trans_hub.is_language_3(language)
    )
    and (script is null or trans_hub.is_script(script))
    and (region is null or trans_hub.is_region(region))
    and cardinality(variants) = cardinality(given_variants)
    and not variants && array[
      'aaland', 'arevela', 'arevmda', 'bokmal', 'gaulish', 'guoyu', 'hakka',
      'heploc', 'lojban', 'nynorsk', 'polytoni', 'saaho', 'xiang'
    ]
  then
    return concat_ws('-', language, script, region, nullif(array_to_string(variants, '-'), '')) || private;
  end if;
  -- A string that is no locale may be anything, a text of a user too: only a short plain one is repeated.
  raise exception using errcode = 'TH005', message = case
    when locale ~ '^[A-Za-z0-9_-]{1,20}$' then format('"%s" is not a locale we know', locale)
    else 'is not a locale'
  end;
end
$$;
