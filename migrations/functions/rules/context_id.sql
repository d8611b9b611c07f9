-- The first 16 bytes of SHA-256 over the canonical context (RFC 8785), a zero byte and the declared format, in UTF-8. Null for an
-- item without context and with the format "auto".
create or replace function trans_hub.context_id(canonical text, format text) returns uuid
language sql immutable parallel safe
return case when canonical is not null or format <> 'auto' then encode(
  substr(sha256(convert_to(coalesce(canonical, ''), 'UTF8') || '\x00'::bytea || convert_to(format, 'UTF8')), 1, 16),
  'hex'
)::uuid end;
