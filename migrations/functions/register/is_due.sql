-- Whether an existing row of `translation` does not satisfy a request. That is so for a forced request, unless the row is pending
-- or approved; for a text of `pseudo`, where a real engine is active; for a waiting row that is requested with a higher priority;
-- and for a waiting row that expires before the request does.
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
