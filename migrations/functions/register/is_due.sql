-- Whether a row of `translation` that is there does not do for a request: a forced one, one of `pseudo` that a real engine is
-- asked for, a waiting one that is wanted sooner, and a waiting one that would expire before the request does.
create or replace function trans_hub.is_due(
  status trans_hub.translation_status, engine text, priority smallint, expires_at timestamptz,
  is_forced boolean, for_engine text, wanted_priority smallint, wanted_until timestamptz
) returns boolean
language sql immutable
return coalesce(
  case
    when status = 'pending' then priority > wanted_priority or expires_at < coalesce(wanted_until, 'infinity')
    when status = 'translated' then is_forced or (for_engine <> 'pseudo' and engine = 'pseudo')
    when status = 'failed' then is_forced
  end,
  false
);
