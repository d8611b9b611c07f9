-- The target locales of each group, each with the fields that the items of the group share.
create or replace function trans_hub.wants_of(items trans_hub.grouped_items) returns trans_hub.want[]
language plpgsql stable
as $$
begin
  return array(
    select
      row(
        w.group_no, w.locale, items.group_projects[w.group_no], items.group_source_locales[w.group_no],
        items.group_priorities[w.group_no], items.group_forced[w.group_no]
      )::want
    from unnest(items.want_groups, items.want_locales) with ordinality as w (group_no, locale, ord)
    order by w.ord
  );
end
$$;
