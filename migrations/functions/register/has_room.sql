-- Whether these items fit under the bound of the backlog. The rows that they ask for are counted first; single rows are looked
-- up only where that is too many, because a row that is there needs no room.
create or replace function trans_hub.has_room(items jsonb, defaults jsonb, asked integer) returns boolean
language plpgsql stable
as $$
declare
  bound bigint := backlog_bound(
    case when jsonb_typeof(defaults -> 'maxBacklog') = 'number' then
      least(9223372036854775807, greatest(0, floor((defaults ->> 'maxBacklog')::numeric)))::bigint
    end
  );
begin
  if bound is null or waiting_texts() + asked <= bound then
    return true;
  end if;
  return refused_items(items_as_groups((read_items(items, defaults, 2147483647)).good), bound) is null;
end
$$;
