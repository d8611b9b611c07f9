-- The canonical form of a JSON value: RFC 8785, with numbers that every language reads alike.
create or replace function trans_hub.canonical_json(value jsonb) returns text
language sql immutable strict parallel safe
return trans_hub.canonical_json_at(value, 0);
