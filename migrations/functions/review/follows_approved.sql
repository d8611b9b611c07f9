-- Whether a text is the newest under a business id of the project, and the translation of one that it followed there is approved.
create or replace function trans_hub.follows_approved(t trans_hub.translation) returns boolean
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  return exists (
    select
    from source as s
    cross join lateral (
      select b.content_no, b.context_no from source as b
      where b.project = s.project and b.business_id = s.business_id
        and (b.last_seen_at, b.content_no) < (s.last_seen_at, s.content_no)
      offset 0
    ) as b
    cross join lateral (
      select from translation as old
      where old.content_no = b.content_no and old.target_locale = t.target_locale and old.context_no = b.context_no
        and old.project = t.project and old.status = 'approved'
      offset 0
    ) as old
    where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project and s.business_id <> ''
      and not exists (
        select from source as n
        where n.project = s.project and n.business_id = s.business_id
          and (n.last_seen_at, n.content_no) > (s.last_seen_at, s.content_no)
        offset 0
      )
  );
end
$$;
