-- The error of a row's open dead letter, {code, message}; null: it has none. A row has one letter for each revision at which it
-- failed; the newest counts, and a replay, a forced request or an approval closes it.
--
-- The look-up by key stands in a subquery of its own, and "is it open" is asked outside of it. Asked inside, PostgreSQL
-- takes the index of open letters, which has the same condition, and reads all open letters for each row.
--
-- It qualifies its names, because a SET would cost more than the look-up.
create or replace function trans_hub.open_dead_letter(
  of_content_no bigint, of_target_locale text, of_context_no bigint, of_project text
) returns text[]
language plpgsql stable
as $$
begin
  return (
    select array[d.code, d.message]
    from (
      select d.* from trans_hub.dead_letter as d
      where d.content_no = of_content_no and d.target_locale = of_target_locale and d.context_no = of_context_no
        and d.project = of_project
      order by d.revision desc
      offset 0
    ) as d
    where d.replayed_at is null
    order by d.revision desc
    limit 1
  );
end
$$;
