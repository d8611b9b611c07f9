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
