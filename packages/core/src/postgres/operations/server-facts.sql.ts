/** Facts about the server. Every statement works for any role: a fact that the role may not see is null, or counted. */
import { z } from "zod";
import { statement } from "../database/statement.ts";

/** A session, transaction or slot holds back vacuum when it is older than this, or spans this many transactions. */
export const HELD_SECONDS = 3_600;
export const HELD_TRANSACTIONS = 500_000;

export const readServer = statement({
  name: "diagnosis.server",
  row: z.object({
    version: z.int(),
    version_text: z.string(),
    is_encrypted: z.boolean(),
    is_standby: z.boolean(),
    is_read_only: z.boolean(),
    fsync: z.boolean(),
    full_page_writes: z.boolean(),
    synchronous_commit: z.string(),
    autovacuum: z.boolean(),
    max_connections: z.int(),
    reserved_connections: z.int(),
    used_connections: z.int(),
    role_connections: z.int().nullable(),
    database_connections: z.int().nullable(),
    archives: z.boolean(),
    last_archived_at: z.date().nullable(),
    last_archive_failed_at: z.date().nullable(),
  }),
  text: `
    select
      current_setting('server_version_num')::int as version,
      split_part(current_setting('server_version'), ' ', 1) as version_text,
      coalesce((select s.ssl from pg_stat_ssl as s where s.pid = pg_backend_pid()), false) as is_encrypted,
      pg_is_in_recovery() as is_standby,
      current_setting('default_transaction_read_only')::boolean as is_read_only,
      current_setting('fsync')::boolean as fsync,
      current_setting('full_page_writes')::boolean as full_page_writes,
      -- Of a new session: this connection has settings of its own.
      (select s.reset_val from pg_settings as s where s.name = 'synchronous_commit') as synchronous_commit,
      current_setting('autovacuum')::boolean and current_setting('track_counts')::boolean as autovacuum,
      current_setting('max_connections')::int as max_connections,
      current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved_connections,
      (select coalesce(sum(d.numbackends), 0)::int from pg_stat_database as d) as used_connections,
      (select nullif(r.rolconnlimit, -1) from pg_roles as r where r.rolname = current_user) as role_connections,
      (select nullif(d.datconnlimit, -1) from pg_database as d where d.datname = current_database()) as database_connections,
      current_setting('archive_mode') <> 'off' as archives,
      a.last_archived_time as last_archived_at,
      a.last_failed_time as last_archive_failed_at
    from pg_stat_archiver as a`,
});

export const readRole = statement({
  name: "diagnosis.role",
  row: z.object({
    name: z.string(),
    is_superuser: z.boolean(),
    is_owner: z.boolean(),
    is_owned_by_superuser: z.boolean(),
    may_read: z.boolean(),
    may_write: z.boolean(),
    sees_jobs: z.boolean(),
    open_to_everybody: z.array(z.string()),
  }),
  text: `
    with own as (
      select n.oid, n.nspname, n.nspowner, n.nspacl from pg_namespace as n where n.nspname in ('trans_hub', 'graphile_worker')
    ), us as (
      select r.rolname, r.rolsuper, r.rolbypassrls from pg_roles as r where r.rolname = current_user
    )
    select
      us.rolname::text as name,
      us.rolsuper as is_superuser,
      coalesce((select bool_or(pg_has_role(o.nspowner, 'USAGE')) from own as o where o.nspname = 'trans_hub'), false) as is_owner,
      coalesce((
        select bool_or(r.rolsuper) from own as o join pg_roles as r on r.oid = o.nspowner where o.nspname = 'trans_hub'
      ), false) as is_owned_by_superuser,
      coalesce(has_table_privilege(to_regclass('trans_hub.translation')::oid, 'select'), false) as may_read,
      coalesce(
        has_table_privilege(to_regclass('trans_hub.translation')::oid, 'update')
        and has_table_privilege(to_regclass('trans_hub.worker_node')::oid, 'insert'), false
      ) as may_write,
      -- graphile-worker's tables have row-level security.
      us.rolsuper or us.rolbypassrls or not exists (
        select from own as o join pg_class as c on c.relnamespace = o.oid
        where o.nspname = 'graphile_worker' and c.relrowsecurity
          and not (
            pg_has_role(c.relowner, 'USAGE')
            or has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'select') and exists (
              select from pg_policy as p
              where p.polrelid = c.oid and exists (
                select from unnest(p.polroles) as r (oid) where r.oid = 0 or pg_has_role(r.oid, 'USAGE')
              )
            )
          )
      ) as sees_jobs,
      array(
        select 'schema ' || o.nspname from own as o, aclexplode(o.nspacl) as a
        where a.grantee = 0 and a.privilege_type = 'CREATE'
        union
        select 'table ' || o.nspname || '.' || c.relname
        from own as o join pg_class as c on c.relnamespace = o.oid, aclexplode(c.relacl) as a
        where a.grantee = 0
        union
        select 'function ' || o.nspname || '.' || p.proname
        from own as o join pg_proc as p on p.pronamespace = o.oid,
          aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
        where a.grantee = 0 and p.prosecdef
        order by 1
      ) as open_to_everybody
    from us`,
});

export const listTables = statement({
  name: "diagnosis.tables",
  row: z.object({ name: z.string(), dead: z.coerce.number(), live: z.coerce.number(), is_vacuumed: z.boolean() }),
  text: `
    select
      s.schemaname || '.' || s.relname as name, s.n_dead_tup as dead, s.n_live_tup as live,
      not coalesce(c.reloptions && array['autovacuum_enabled=false', 'autovacuum_enabled=off'], false) as is_vacuumed
    from pg_stat_user_tables as s join pg_class as c on c.oid = s.relid
    where s.schemaname in ('trans_hub', 'graphile_worker')
    order by s.n_dead_tup desc`,
});

/**
 * Holders that keep dead rows from being removed. Of other roles' sessions, a role without pg_read_all_stats sees only
 * that they exist.
 */
export const listHolders = statement({
  name: "diagnosis.holders",
  row: z.object({ what: z.string(), seconds: z.int().nullable(), transactions: z.coerce.number().nullable() }),
  text: `
    select
      format('session %s (%s, %s)', a.pid, coalesce(nullif(a.application_name, ''), a.usename), a.state) as what,
      extract(epoch from clock_timestamp() - a.xact_start)::int as seconds,
      age(a.backend_xmin) as transactions
    from pg_stat_activity as a
    where a.datname = current_database() and a.pid <> pg_backend_pid()
      and (a.xact_start < clock_timestamp() - make_interval(secs => $1) or age(a.backend_xmin) > $2)
    union all
    select
      format('prepared transaction %L', p.gid), extract(epoch from clock_timestamp() - p.prepared)::int, age(p.transaction)
    from pg_prepared_xacts as p
    where p.database = current_database()
      and (p.prepared < clock_timestamp() - make_interval(secs => $1) or age(p.transaction) > $2)
    union all
    select
      format('replication slot %L%s', s.slot_name, case when s.active then '' else ', which nobody reads' end), null,
      greatest(age(s.xmin), age(s.catalog_xmin))
    from pg_replication_slots as s
    where not s.active or greatest(age(s.xmin), age(s.catalog_xmin)) > $2
    order by 1
    limit 5`,
});

export const countHiddenSessions = statement({
  name: "diagnosis.hidden_sessions",
  row: z.object({ hidden: z.int() }),
  text: `
    select count(*)::int as hidden from pg_stat_activity as a
    where a.datname = current_database() and a.query = '<insufficient privilege>'`,
});

export const readBackup = statement({
  name: "diagnosis.backup",
  row: z.object({ started_at: z.date().nullable() }),
  text: "select max(b.started_at) as started_at from trans_hub.backup_run as b",
});

export const countLetters = statement({
  name: "diagnosis.letters",
  row: z.object({ open: z.int() }),
  text: "select count(*)::int as open from trans_hub.dead_letter as d where d.replayed_at is null",
});

/** The locales of reviewers; `isRole` false: the server has no role of this name. */
export const listReviewerLocales = statement({
  name: "diagnosis.reviewer_locales",
  row: z.object({ role: z.string(), locale: z.string(), isRole: z.boolean() }),
  text: `
    select l.role_name as role, l.target_locale as locale, r.oid is not null as "isRole"
    from trans_hub.reviewer_locale as l
    left join pg_roles as r on r.rolname = l.role_name
    order by l.role_name, l.target_locale
    limit 1000`,
});

/** A time limit below this ends statements of ours that are only slow. */
const SHORT_SECONDS = 5;

/**
 * Settings that change the meaning of our statements, or end sessions in the middle of their work: of a new session of this role,
 * and those that are stored for roles that may register. docs/operations.md explains each; `synchronous_commit` is in
 * another check.
 */
export const listHarmfulSettings = statement({
  name: "diagnosis.harmful_settings",
  row: z.object({ name: z.string(), value: z.string(), of: z.string() }),
  text: `
    with needed (name, value) as (values
      ('default_transaction_isolation', 'read committed'), ('default_transaction_read_only', 'off'),
      ('row_security', 'on'), ('array_nulls', 'on'), ('standard_conforming_strings', 'on'), ('exit_on_error', 'off'),
      ('session_replication_role', 'origin'), ('search_path', null), ('client_encoding', null),
      ('transaction_timeout', null), ('statement_timeout', null), ('lock_timeout', null),
      ('idle_in_transaction_session_timeout', null), ('idle_session_timeout', null)
    ), setting as (
      select s.name, case when s.unit = 'ms' then s.reset_val || 'ms' else s.reset_val end as value, 'this session' as of
      from pg_settings as s
      -- Limits and encoding of this connection are its own.
      where s.name not in ('client_encoding', 'statement_timeout')
      union all
      select
        lower(split_part(c.entry, '=', 1)), substr(c.entry, position('=' in c.entry) + 1),
        case d.setrole when 0 then 'every role' else (select quote_ident(r.rolname) from pg_roles as r where r.oid = d.setrole) end
      from pg_db_role_setting as d
      cross join lateral unnest(d.setconfig) as c (entry)
      where d.setdatabase in (0, (select p.oid from pg_database as p where p.datname = current_database()))
        and (
          d.setrole = 0
          or exists (
            select from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
            where n.nspname = 'trans_hub' and p.proname in ('request', 'enqueue', 'register_inbox')
              and has_function_privilege(d.setrole, p.oid, 'execute')
          )
        )
    ), harmful as (
      select distinct s.name, s.value, s.of
      from setting as s join needed as n using (name)
      where s.of is not null and case
        when s.name like '%\\_timeout' then
          case when s.value ~ '^[0-9]+$' then s.value::numeric / 1000 else extract(epoch from s.value::interval) end
            between 0.001 and ${SHORT_SECONDS}
        -- PostgreSQL looks into its own schema first, unless the path names it at another place.
        when s.name = 'search_path' then s.value ~ 'pg_catalog' and s.value !~ '^"?pg_catalog'
        when s.name = 'client_encoding' then s.value !~* '^utf-?8$|^unicode$'
        else lower(s.value) <> all (case n.value
          when 'on' then array['on', 'true', 'yes', '1']
          when 'off' then array['off', 'false', 'no', '0']
          else array[n.value]
        end)
      end
    )
    select t.name, t.value, t.of from harmful as t
    -- A session has what is stored for its role or for every role: listed once.
    where t.of <> 'this session' or not exists (select from harmful as o where o.name = t.name and o.of <> t.of)
    order by t.of, t.name
    limit 20`,
});

/** Rows of the inbox that a worker has put off: each was behind a lock of another session when it was tried. */
export const readPutOff = statement({
  name: "diagnosis.put_off",
  row: z.object({ waiting: z.int(), seconds: z.int() }),
  text: `
    select
      count(*)::int as waiting,
      coalesce(extract(epoch from clock_timestamp() - min(i.created_at)), 0)::int as seconds
    from trans_hub.inbox as i
    where i.refused is null and i.tries > 0`,
});

/** Sessions that hold a lock under which nothing can be written to one of our tables. A prepared transaction has the process 0. */
export const listTableLocks = statement({
  name: "diagnosis.table_locks",
  row: z.object({ pid: z.int(), lock: z.string(), holder: z.string().nullable() }),
  text: `
    select
      coalesce(l.pid, 0) as pid, min(format('%I.%I', n.nspname, c.relname)) as lock,
      min(coalesce(nullif(a.application_name, ''), a.usename::text)) as holder
    from pg_locks as l
    join pg_class as c on c.oid = l.relation
    join pg_namespace as n on n.oid = c.relnamespace
    left join pg_stat_activity as a on a.pid = l.pid
    where l.granted and l.locktype = 'relation' and l.pid is distinct from pg_backend_pid()
      and l.database = (select d.oid from pg_database as d where d.datname = current_database())
      and n.nspname in ('trans_hub', 'graphile_worker') and c.relkind in ('r', 'p')
      and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    group by l.pid
    order by l.pid
    limit 5`,
});
