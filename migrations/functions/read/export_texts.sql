-- The texts of a project by business id, in one locale or, where it has none, in the first of its fallbacks that has one: at most
-- `most` ids (10,000) after `after`, in the order of the database, and at most 32 MiB of texts. `page_rows` counts the ids of the page
-- before that cut.
--
-- An id stands for the text that was seen last under it and was requested in one of the locales: plural forms of two locales can be
-- made from different texts under one id. `is_known`: there is such a text. A source text stands for itself in its own locale, also
-- where nobody requested that.
--
-- `is_due`: the last note of the use is so old that this read is to be noted (`touch_uses`); the rule of `touch`. An export is polled,
-- and asks for the note of no more uses than that.
--
-- `key_text` is the source text of an id that ends in a hash, because its key was too long for an id (docs/catalogs.md).
--
-- It has the rights of its caller: it gives texts that the caller cannot name.
create or replace function trans_hub.export_texts(
  of_project text, target_locales text[], id_prefix text, only_approved boolean, after text, most integer
) returns table (
  business_id text, content_no bigint, context_no bigint, text text, is_known boolean, is_due boolean, key_text text, page_rows bigint
)
language plpgsql stable rows 1000
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
  due_before timestamptz;
begin
  due_before := now() - least(
    interval '1 day', (select min(g.retention) / 10 from gc_run as g where g.started_at > now() - interval '1 day')
  );
  return query
  select p.business_id, p.content_no, p.context_no, p.text, p.is_known, p.is_due, p.key_text, p.page_rows
  from (
    select
      i.*, count(*) over () as page_rows,
      sum(coalesce(octet_length(i.text), 0)::bigint) over page as bytes_so_far,
      row_number() over page as ord
    from (
      -- One pass along the key of the uses: the rows of an id are sorted by themselves, and the pass ends with the page.
      select distinct on (s.business_id)
        s.business_id, s.content_no, s.context_no, k.text, k.is_known, s.last_seen_at < due_before as is_due,
        case when octet_length(c.text) <= 16384 and s.business_id ~ '~[0-9a-f]{16}$' then c.text end as key_text
      from source as s
      cross join unnest(target_locales) with ordinality as w (locale, ord)
      left join lateral (
        select t.status, case when octet_length(t.text) <= 16777216 then t.text end as text,
          t.text is not null and (t.status = 'approved' or not only_approved) as has_text
        from translation as t
        where t.content_no = s.content_no and t.target_locale = w.locale and t.context_no = s.context_no
          and t.project = of_project
        offset 0
      ) as t on true
      -- Most rows need no source text: half of the look-ups are saved.
      left join lateral (
        select c.source_locale, c.text from content as c
        where c.content_no = s.content_no and (t.has_text is not true or s.business_id ~ '~[0-9a-f]{16}$')
        offset 0
      ) as c on true
      cross join lateral (
        select
          t.status is not null or coalesce(c.source_locale = w.locale, false) as is_known,
          case
            when t.has_text then t.text
            when c.source_locale = w.locale and octet_length(c.text) <= 16777216 then c.text
          end as text
      ) as k
      where s.project = of_project and s.business_id > after and (id_prefix is null or starts_with(s.business_id, id_prefix))
      order by s.business_id, k.is_known desc, s.last_seen_at desc, s.content_no desc, s.context_no, k.text is null, w.ord
      limit least(greatest(coalesce(most, 0), 0), 10000)
    ) as i
    window page as (order by i.business_id rows unbounded preceding)
  ) as p
  where p.bytes_so_far <= 33554432 or p.ord = 1
  order by p.ord;
end
$$;
