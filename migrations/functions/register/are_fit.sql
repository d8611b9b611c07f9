-- Whether items that a caller hands over have the shape of trans_hub.grouped_items, with values that the tables take: one answer
-- for all of them, because it is asked of each call. refuse_unfit then says which field is at fault.
create or replace function trans_hub.are_fit(items trans_hub.grouped_items) returns boolean
language plpgsql stable
as $$
declare
  n integer := cardinality(items.texts);
  g integer := cardinality(items.group_projects);
begin
  return coalesce(
    '' <> all (items.texts)
    and coalesce(array_ndims(items.texts), 1) = 1
    and coalesce(cardinality(items.business_ids), n) = n and coalesce(cardinality(items.contexts), n) = n
    and coalesce(cardinality(items.formats), n) = n and coalesce(cardinality(items.verbatim), n) = n
    and coalesce(cardinality(items.lifetimes), n) = n and coalesce(cardinality(items.item_groups), n) = n
    and g >= least(n, 1) and cardinality(items.group_source_locales) = g and cardinality(items.group_priorities) = g
    and cardinality(items.group_forced) = g and cardinality(items.want_groups) = cardinality(items.want_locales)
    and (
      select count(*) = g and bool_and(
        octet_length(u.project) between 1 and 255
        and u.source_locale ~ '^[A-Za-z0-9]{2,8}(-[A-Za-z0-9]{1,8}){0,20}$' and u.priority between -1 and 1
        and u.forced is not null
      ) is not false
      from unnest(items.group_projects, items.group_source_locales, items.group_priorities, items.group_forced)
        as u (project, source_locale, priority, forced)
      where u.project is not null and u.source_locale is not null and u.priority is not null
    )
    and (
      select count(distinct w.group_no) = g
        and bool_and(w.group_no between 1 and g and w.locale ~ '^[A-Za-z0-9]{2,8}(-[A-Za-z0-9]{1,8}){0,20}$') is not false
        and count(*) = count(w.group_no) and count(*) = count(w.locale)
      from unnest(items.want_groups, items.want_locales) as w (group_no, locale)
    )
    -- Mostly null.
    and (items.item_groups is null or g >= all (items.item_groups) is not false and 1 <= all (items.item_groups) is not false)
    and (items.business_ids is null or coalesce((select max(octet_length(i)) from unnest(items.business_ids) as i), 0) <= 255)
    and (items.lifetimes is null or 1 <= all (items.lifetimes) is not false)
    and (items.formats is null or items.formats <@ array['auto', 'text', 'icu', 'i18next', 'printf', 'html', 'markdown']),
    false
  );
end
$$;
