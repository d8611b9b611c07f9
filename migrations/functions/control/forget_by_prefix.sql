-- Forgets the texts of a project whose business ids begin with a prefix, one bounded step in a transaction: at most
-- max_uses uses, after the one given. Gives the last use that was looked at (null: there is none left), and the counts of
-- forget. Steps that were done stay done, so that a run which was cut off is simply made again. The inbox is another matter:
-- forget_in_inbox.
--
-- All uses of a text under the prefix end in the step that finds the first of them: so a text counts once, and one that
-- only such ids use goes as a whole. The ids are compared character by character: an index cannot find a prefix in every
-- collation, so the uses of the project are read once, from step to step.
create or replace function trans_hub.forget_by_prefix(
  of_project text, id_prefix text, after_id text, after_content_no bigint, max_uses integer,
  out reached_id text, out reached_content_no bigint, out forgotten bigint, out still_used bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = '5s'
set enable_seqscan = off
set jit = off
as $$
declare
  contents bigint[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('forget_by_prefix');
  end if;
  select array_agg(distinct s.content_no), (array_agg(s.business_id order by s.ord desc))[1],
    (array_agg(s.content_no order by s.ord desc))[1]
  into contents, reached_id, reached_content_no
  from (
    select s.business_id, s.content_no, row_number() over (order by s.business_id, s.content_no, s.context_no) as ord
    from source as s
    where s.project = of_project and (s.business_id, s.content_no) > (after_id, after_content_no)
      and starts_with(s.business_id, id_prefix)
    order by s.business_id, s.content_no, s.context_no
    limit max_uses
  ) as s;
  select f.forgotten, f.still_used into forgotten, still_used
  from forget_uses(of_project, null, id_prefix, lock_contents(contents), null) as f;
end
$$;
