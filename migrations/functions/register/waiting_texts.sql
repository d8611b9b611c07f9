-- How many texts wait: in batches, and in the inbox unless they were refused. The bound of the backlog counts these.
create or replace function trans_hub.waiting_texts() returns bigint
language plpgsql stable
as $$
begin
  return (select coalesce(sum(cardinality(b.content_nos)), 0) from batch as b)
    + (select coalesce(sum(i.texts), 0) from inbox as i where i.refused is null);
end
$$;
