-- The items of a row of the inbox. A row of another shape is one item, which read_item then refuses by name: a reader of the
-- inbox must survive each row, or one row stops the fleet.
create or replace function trans_hub.inbox_list(items jsonb) returns jsonb
language sql immutable
return case when jsonb_typeof(items) = 'array' then items else jsonb_build_array(items) end;
