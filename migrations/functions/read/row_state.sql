-- The state of a row of `translation` as every reader shows it. A new column of the readers is added here and to stored_text,
-- and then to the result of each reader that passes it on.
--
-- A text over 16 MiB (MAX_STORED_TEXT_BYTES in packages/core/src/contract/text-size.ts) is not shown, and its row says so: one
-- enormous row made every reader of its neighbours fail. The size is in the row's pointer, so asking reads no text.
--
-- Only a row that failed at its present revision is asked for its dead letter, by a function that is called then: as a join, the
-- look-up cost each read 20 µs of 95, and each text of a hundred 1 of 9.
--
-- Inlined, so it has no SET and qualifies its names. Callers write `row(t.*)::trans_hub.translation`: PostgreSQL then takes each column where it
-- stands. Given `t` it forms a value of the whole row first, with its text (a page of 1,000 rows took 6 to 18 % longer).
create or replace function trans_hub.row_state(t trans_hub.translation) returns table (
  id text, business_ids text[], status text, text text, engine text, model text, flags text[], revision integer, error_code text,
  error_message text
)
language sql stable rows 1
as $$
  select
    -- See rules/translation-id.ts. Joined here, once for all readers: as two columns they took as long.
    t.content_no::text || '-' || t.context_no::text,
    nullif(array(
      select s.business_id from trans_hub.source as s
      where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project and s.business_id <> ''
      order by s.business_id
    ), '{}'),
    t.status::text, case when octet_length(t.text) <= 16777216 then t.text end, t.engine, t.model, t.quality_flags, t.revision,
    case when octet_length(t.text) > 16777216 then 'TH_TEXT_TOO_LONG' else d.error[1] end,
    case
      when octet_length(t.text) > 16777216 then 'The stored text is longer than 16777216 bytes'
      else d.error[2]
    end
  from (
    select case
      when t.status = 'failed' or t.failed_revision = t.revision
      then trans_hub.open_dead_letter(t.content_no, t.target_locale, t.context_no, t.project)
    end as error
    offset 0
  ) as d
$$;
