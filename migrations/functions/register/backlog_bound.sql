-- The most texts that may wait; null: any number. The least of three counts: the caller's own, the session's setting
-- trans_hub.max_backlog, and the database's (alter database … set trans_hub.max_backlog). The last is read from the catalog,
-- because every role may change the setting of its own session: so no producer lifts the bound of the database.
create or replace function trans_hub.backlog_bound(of_caller bigint) returns bigint
language plpgsql stable
as $$
declare
  setting text;
  bound bigint := case when of_caller < 0 then 0 else of_caller end;
begin
  foreach setting in array array[
    current_setting('trans_hub.max_backlog', true),
    (
      select split_part(c.setting, '=', 2)
      from pg_db_role_setting as s
      cross join unnest(s.setconfig) as c (setting)
      where s.setrole = 0 and s.setdatabase in (0, (select d.oid from pg_database as d where d.datname = current_database()))
        and starts_with(c.setting, 'trans_hub.max_backlog=')
      order by s.setdatabase desc
      limit 1
    )
  ] loop
    if setting !~ '^[0-9]{0,18}$' then
      raise exception using errcode = 'TH001', column = 'trans_hub.max_backlog',
        message = 'must be a whole number', hint = 'Correct it: alter database … set trans_hub.max_backlog.';
    end if;
    bound := least(bound, nullif(setting, '')::bigint);
  end loop;
  return bound;
end
$$;
