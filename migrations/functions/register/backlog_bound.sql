-- The most texts that may wait; null: any number. It is the bound of the database (alter database … set trans_hub.max_backlog),
-- or the caller's own, if that is lower. The database's is read from the catalog, because each session may change the setting
-- for itself: so no producer lifts it. Only where the database has none, the setting of the session counts, which may be that of
-- a role or of postgresql.conf.
--
-- A session in which the setting is null connected while there was no bound, and has set none: a session can set it to '', but
-- not to null. Such a session pays nothing for the look-up, of some 15 µs.
create or replace function trans_hub.backlog_bound(of_caller bigint) returns bigint
language plpgsql stable
as $$
declare
  setting text := current_setting('trans_hub.max_backlog', true);
begin
  if setting is not null then
    setting := coalesce(
      (
        select split_part(c.setting, '=', 2)
        from pg_db_role_setting as s
        cross join unnest(s.setconfig) as c (setting)
        where s.setrole = 0 and starts_with(c.setting, 'trans_hub.max_backlog=')
          and s.setdatabase in (0, (select d.oid from pg_database as d where d.datname = current_database()))
        order by s.setdatabase desc
        limit 1
      ),
      setting
    );
    if setting !~ '^[0-9]{0,18}$' then
      raise exception using errcode = 'TH001', column = 'trans_hub.max_backlog',
        message = 'must be a whole number', hint = 'Correct it: alter database … set trans_hub.max_backlog.';
    end if;
  end if;
  return least(case when of_caller < 0 then 0 else of_caller end, nullif(setting, '')::bigint);
end
$$;
