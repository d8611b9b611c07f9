-- Raises the error for items that are not fit: the field at fault, and never its value, which may be a text.
create or replace function trans_hub.refuse_unfit(items trans_hub.grouped_items) returns void
language plpgsql stable
as $$
declare
  n integer := cardinality(items.texts);
  g integer := cardinality(items.group_projects);
  fault record;
begin
  select f.state, f.field, f.problem into fault
  from (
    values
      (n is null or array_ndims(items.texts) > 1, 'TH001', 'text', 'must be a list with one dimension'),
      (array_position(items.texts, null) is not null, 'TH001', 'text', 'is missing'),
      ('' = any (items.texts), 'TH002', 'text', 'is empty'),
      (exists (select from unnest(items.business_ids) as i where octet_length(i) > 255), 'TH006', 'businessId',
        'must be 1 to 255 bytes'),
      (not items.formats <@ array['auto', 'text', 'icu', 'i18next', 'printf', 'html', 'markdown', 'java', 'fluent', 'strftime'], 'TH010', 'format',
        'must be one of auto, text, icu, i18next, printf, html, markdown, java, fluent, strftime'),
      (not are_hints(items.hints), 'TH001', 'hint', hint_problem()),
      (exists (select from unnest(items.group_projects) as i where octet_length(i) between 1 and 255 is not true), 'TH007',
        'project', 'must be 1 to 255 bytes'),
      (exists (
        select from unnest(items.group_source_locales) as i
        where (i ~ '^[A-Za-z0-9]{2,8}(-[A-Za-z0-9]{1,8})*$' and octet_length(i) <= 255) is not true
      ), 'TH005', 'sourceLocale', 'is not a locale'),
      (exists (select from unnest(items.group_priorities) as i where i between -1 and 1 is not true), 'TH009', 'priority',
        'must be -1, 0 or 1'),
      (array_position(items.group_forced, null) is not null, 'TH001', 'force', 'must be true or false'),
      (exists (
        select from unnest(items.want_locales) as i
        where (i ~ '^[A-Za-z0-9]{2,8}(-[A-Za-z0-9]{1,8})*$' and octet_length(i) <= 255) is not true
      ), 'TH005', 'targetLocales', 'is not a locale'),
      (exists (select from generate_series(1, g) as i where i = any (items.want_groups) is not true), 'TH001',
        'targetLocales', 'must be a list of at least one locale for each group of items'),
      (true, 'TH001', 'item', 'must be columns of one length, with groups from 1 to the number of groups')
  ) as f (is_fault, state, field, problem)
  where f.is_fault
  limit 1;
  raise exception using errcode = fault.state, column = fault.field, message = fault.problem;
end
$$;
