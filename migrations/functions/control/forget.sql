-- Removes a text of a project from every table: its uses, translations, dead letters, batches, items of the inbox, and the
-- text and its contexts themselves where no other project or id uses them.
--
--   of_business_id   names every text that was ever registered under this id (forget_uses says which of them stay)
--   of_text          or else names one text, under all its ids: with a format only in this context, otherwise in each
--
-- Gives the number of texts that the project no longer has (each context counts, items of the inbox included), and the
-- number of named texts that stay for another id, context or project.
--
-- A registration of the text at the same moment waits, and makes the text anew; a worker that translates it finds no row,
-- and stores nothing.
create or replace function trans_hub.forget(
  of_project text, of_business_id text, of_source_locale text, of_text text, of_context text, of_format text,
  out forgotten bigint, out still_used bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = '5s'
set enable_seqscan = off
set jit = off
as $$
declare
  of_content_id uuid := content_id(of_source_locale, of_text);
  in_context uuid := context_id(of_context, of_format);
  in_every_context boolean := of_format is null;
  in_inbox bigint;
  in_memory bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('forget');
  end if;
  in_inbox := forget_in_inbox(
    of_project, of_business_id, null, of_text, of_content_id, in_context, in_every_context, null
  );
  select f.forgotten + in_inbox, f.still_used into forgotten, still_used
  from forget_uses(
    of_project, of_business_id, null,
    lock_contents(case
      when of_business_id is null then array(select c.content_no from content as c where c.content_id = of_content_id)
      else array(select s.content_no from source as s where s.project = of_project and s.business_id = of_business_id)
    end),
    case
      when in_every_context then null
      when in_context is null then 0
      -- A context without a row is -1, which no use has.
      else coalesce((select x.context_no from context as x where x.context_id = in_context), -1)
    end
  ) as f;
  -- A pair of the memory may have been imported for a text that was never requested.
  if of_text is not null and in_every_context and exists (select from memory_text) then
    in_memory := forget_in_memory(of_project, array[of_text], array[of_source_locale]);
    forgotten := greatest(forgotten, least(in_memory, 1));
  end if;
end
$$;
