-- Whether a person has to look at a translation, for this reason (QueueReason in packages/core/src/contract/read.ts): no row has two.
-- A person has looked, if the latest act of one is no undo and left the row as it is; if the row is another since, it has changed.
create or replace function trans_hub.is_to_review(t trans_hub.translation, reason text, sample_percent double precision)
returns boolean
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  last record;
  is_decided boolean;
begin
  if t.status = 'approved' then
    -- A mark holds for the revision that an edit of the glossary found.
    return reason = 'changed' and exists (
      select from stale_mark as m
      where m.content_no = t.content_no and m.target_locale = t.target_locale and m.context_no = t.context_no
        and m.project = t.project and m.revision = t.revision
      offset 0
    );
  end if;
  if t.status <> 'translated' or (reason = 'flagged') <> (t.quality_flags is not null) then
    return false;
  end if;
  -- The same texts at each call: a share of the numbers from 0 to 65,535 by a hash of the id and the locale.
  if reason = 'sample' and (
    select get_byte(h.hash, 0) * 256 + get_byte(h.hash, 1)
    from sha256(convert_to(t.content_no || '-' || t.context_no || '/' || t.target_locale, 'UTF8')) as h (hash)
  ) >= sample_percent * 655.36 then
    return false;
  end if;
  select a.action, a.status_after, a.revision_after, a.text_after into last
  from review_act as a
  where a.content_no = t.content_no and a.target_locale = t.target_locale and a.context_no = t.context_no
    and a.project = t.project and a.action <> 'replace'
  order by a.act_no desc
  limit 1;
  is_decided := found and last.action <> 'undo';
  if is_decided and last.status_after = t.status and last.revision_after = t.revision
    and last.text_after is not distinct from t.text
  then
    return false;
  end if;
  return reason = 'flagged' or (reason = 'changed') = (is_decided or follows_approved(t));
end
$$;
