-- The code of the catalogue for the SQLSTATE of a refused item:
--
--   TH001  TH_ITEM_SHAPE       not an item, or a field of the wrong type
--   TH002  TH_TEXT_EMPTY       a text of no characters
--   TH003  TH_TEXT_TOO_LONG    a text over the limit
--   TH004  TH_TEXT_CHARACTERS  U+0000 or half a surrogate pair
--   TH005  TH_LOCALE           not a locale
--   TH006  TH_BUSINESS_ID      empty or over 255 bytes
--   TH007  TH_PROJECT          empty or over 255 bytes
--   TH008  TH_CONTEXT          not an object of plain JSON, over 8,192 bytes, or over 32 levels deep
--   TH009  TH_PRIORITY         not interactive, normal or bulk
--   TH010  TH_FORMAT           not a known format
--
-- The message is the problem in words, without the text; "column" is the field, where the rule knows it.
create or replace function trans_hub.item_code(state text) returns text
language sql immutable
return case state
  when 'TH002' then 'TH_TEXT_EMPTY'
  when 'TH003' then 'TH_TEXT_TOO_LONG'
  when 'TH004' then 'TH_TEXT_CHARACTERS'
  when 'TH005' then 'TH_LOCALE'
  when 'TH006' then 'TH_BUSINESS_ID'
  when 'TH007' then 'TH_PROJECT'
  when 'TH008' then 'TH_CONTEXT'
  when 'TH009' then 'TH_PRIORITY'
  when 'TH010' then 'TH_FORMAT'
  else 'TH_ITEM_SHAPE'
end;
