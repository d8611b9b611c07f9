-- The revision of a row that is made now. It begins above all that an earlier row of its key ever had, each of which took a
-- transaction of its own: who still has that one in hand, or has read it, is not to be taken for up to date.
create or replace function trans_hub.first_revision() returns integer
language sql volatile
return 1 + pg_catalog.pg_current_xact_id()::text::bigint % 1000000000;
