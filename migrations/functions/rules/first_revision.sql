-- The revision of a new row. It is higher than every revision of an earlier row with the same key, because each of those took
-- a transaction of its own: a worker or reader that holds the earlier row must not pass for up to date.
create or replace function trans_hub.first_revision() returns integer
language sql volatile
return 1 + pg_catalog.pg_current_xact_id()::text::bigint % 1000000000;
