-- The first 16 bytes of SHA-256 over the source locale, a zero byte and the text, both in UTF-8. Stable, because convert_to is
-- stable: declared immutable, it would not be expanded where it is used, and cost twice as much.
create or replace function trans_hub.content_id(source_locale text, text text) returns uuid
language sql stable strict parallel safe
return encode(
  substr(sha256(convert_to(source_locale, 'UTF8') || '\x00'::bytea || convert_to(text, 'UTF8')), 1, 16), 'hex'
)::uuid;
