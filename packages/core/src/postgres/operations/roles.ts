/** Makes the roles of a database, each with the rights that its work needs and no others. */
import type pg from "pg";
import { DatabaseRefusedError, DatabaseUnavailableError, SettingsError, TransHubError } from "../../contract/errors.ts";
import { shownKey, unknownKeyProblem } from "../../rules/known-names.ts";
import { canonicalLocale } from "../../rules/locale.ts";
import { optionKinds as kinds, optionCheck } from "../../rules/options.ts";
import { databaseError, errorCode, isCatalogRace } from "../database/database-error.ts";
import { driver } from "../database/driver.ts";
import { GRAPHILE_SCHEMA } from "../database/graphile-worker.ts";
import { applyMigrations, migrationStatus } from "../database/migrate.ts";
import { newClient } from "../database/pool.ts";
import { UNLIMITED_SESSION } from "../database/session-settings.ts";
import { foundation, grants, ROLE_KINDS, type RoleKind, type RoleNames, type RolesFacts } from "./role-statements.ts";
import { scramVerifier } from "./scram.ts";

export interface CreateRolesOptions {
  /** The URL of a superuser, or of a role that may create roles and owns the database. Must bypass a pooler. */
  databaseUrl: string;
  directUrl?: string | undefined;
  /** The prefix of the names. Default `trans_hub`: `trans_hub_worker` and so on. */
  prefix?: string | undefined;
  /**
   * Passwords to set; printable ASCII. A role without one keeps its present password; a new one cannot log in by
   * password yet.
   */
  passwords?: Readonly<Partial<Record<RoleKind, string>>> | undefined;
  /**
   * The target locales in which the reviewer may review; `*`: every one. Default: those that it has, of a new role none. Locales of
   * further roles, which are members of it, are rows of `trans_hub.reviewer_locale`.
   */
  reviewerLocales?: readonly string[] | undefined;
  /** Migrate too, as the owner role. Default: false. */
  migrate?: boolean | undefined;
  /** Only report the statements. Default: false. */
  dryRun?: boolean | undefined;
  /** Milliseconds to wait for a connection. Default 30,000. */
  connectTimeoutMs?: number | undefined;
}

export interface RolesReport {
  /** Names by purpose. */
  roles: RoleNames;
  /** Names of the newly made roles. */
  created: string[];
  /** All statements that were run, or would be, in order; without passwords. */
  statements: string[];
  /** False: the schema is not migrated yet, so nothing in it could be granted. Run this again after the migration. */
  complete: boolean;
}

const checkOptions = optionCheck<CreateRolesOptions>("createRoles", {
  databaseUrl: kinds.required(kinds.postgresUrl),
  directUrl: kinds.postgresUrl,
  prefix: kinds.text,
  passwords: kinds.object,
  reviewerLocales: kinds.names,
  migrate: kinds.flag,
  dryRun: kinds.flag,
  connectTimeoutMs: kinds.milliseconds,
});

/** SQLSTATE of a missing right. */
const MAY_NOT = "42501";

/**
 * SQLSTATEs of two concurrent runs that make or change the same object: the second one reads the present state again.
 */
const CONFLICTS = ["23505", "42710", "42P06", "40P01"];

/** A try fails only because another run succeeded, so this many concurrent runs all succeed. */
const MOST_TRIES = 20;

/** Names that begin with pg_ belong to the server. */
const PREFIX = /^(?!pg_)[a-z_][a-z0-9_]{0,49}$/;

/** Longer than any client accepts. */
const MOST_PASSWORD_CHARACTERS = 1_000;

/** A statement that waits for a table queues all others behind itself. Milliseconds. */
const LOCK_TIMEOUT_MS = 2_000;

/**
 * Makes the roles and adapts existing ones, with the same result each time: attributes, memberships, owners and rights,
 * in one transaction. An existing owner of the schema stays its owner, unless it is a superuser: then its objects go to
 * `<prefix>_owner`, because functions that run with their owner's rights must not run with all rights.
 *
 * @throws {SettingsError} The prefix or a password is not usable.
 * @throws {DatabaseRefusedError} Missing rights.
 * @throws {DatabaseUnavailableError} Also when a table was locked for long: nothing was done.
 */
export async function createRoles(options: CreateRolesOptions): Promise<RolesReport> {
  const { prefix = "trans_hub", passwords = {}, migrate = false, dryRun = false } = checkOptions(options);
  requireFit(prefix, passwords);
  const reviewerLocales = options.reviewerLocales?.map((locale) =>
    locale === "*" ? locale : canonicalLocale(locale, "reviewerLocales"),
  );
  const url = options.directUrl ?? options.databaseUrl;
  const client = newClient({
    connectionString: url,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 30_000,
    application_name: "trans-hub roles",
  });
  try {
    await client.connect();
    await client.query(UNLIMITED_SESSION);
    const names = namesOf(prefix, await presentOwner(client));
    const look = () => readFacts(client, names, options, reviewerLocales);
    const { facts: before, statements } = await perform(client, look, dryRun, (facts) => [
      ...foundation(names, facts),
      ...passwordStatements(names, passwords),
    ]);
    if (migrate && !dryRun)
      await applyMigrations({ ...asRole(url, names.owner), connectTimeoutMs: options.connectTimeoutMs });
    // The first look may have been that of a role without access, which could not see whether the schema is migrated.
    const { facts: after, statements: granted } = await perform(
      client,
      dryRun ? async () => before : look,
      dryRun,
      (facts) => (facts.isMigrated ? grants(names, facts) : []),
    );
    statements.push(...granted);
    const present = new Set(before.roles.map(({ name }) => name));
    const created = [names.owner, ...ROLE_KINDS.map((kind) => names[kind])].filter((name) => !present.has(name));
    return { roles: names, created, statements, complete: after.isMigrated };
  } catch (error) {
    throw toldPlainly(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function requireFit(prefix: string, passwords: Readonly<Partial<Record<RoleKind, string>>>): void {
  const given: [string, unknown][] = Object.entries(passwords).filter(([, password]) => password !== undefined);
  const problems = given
    .filter(([, password]) => !isPassword(password))
    .map(([kind]) => ({
      key: `password of ${kind}`,
      problem: `must be printable ASCII, on one line, no longer than ${MOST_PASSWORD_CHARACTERS}`,
    }));
  for (const [kind] of given) {
    if ((ROLE_KINDS as readonly string[]).includes(kind)) continue;
    problems.push({ key: `password of ${shownKey(kind)}`, problem: unknownKeyProblem(kind, ROLE_KINDS, "of a role") });
  }
  if (!PREFIX.test(prefix)) {
    problems.push({
      key: "prefix",
      problem: "must be lower-case letters, digits and _, no longer than 50, and not begin with pg_",
    });
  }
  if (problems.length > 0) throw new SettingsError(problems);
}

function isPassword(password: unknown): boolean {
  return typeof password === "string" && /^[\x20-\x7e]+$/.test(password) && password.length <= MOST_PASSWORD_CHARACTERS;
}

function namesOf(prefix: string, owner = `${prefix}_owner`): RoleNames {
  return {
    owner,
    migrator: `${prefix}_migrator`,
    producer: `${prefix}_producer`,
    worker: `${prefix}_worker`,
    reader: `${prefix}_reader`,
    server: `${prefix}_server`,
    reviewer: `${prefix}_reviewer`,
  };
}

/** Statements that leave no password in any log: only its verifier goes to the server. */
function passwordStatements(names: RoleNames, passwords: Readonly<Partial<Record<RoleKind, string>>>): string[] {
  return ROLE_KINDS.flatMap((kind) => {
    const password = passwords[kind];
    if (password === undefined) return [];
    return [
      `alter role ${driver().escapeIdentifier(names[kind])} password ${driver().escapeLiteral(scramVerifier(password))}`,
    ];
  });
}

/**
 * Reads the present state and runs the missing statements in one transaction; repeats both when a concurrent run
 * changed the same.
 */
async function perform(
  client: pg.Client,
  look: () => Promise<RolesFacts>,
  dryRun: boolean,
  statementsFor: (facts: RolesFacts) => string[],
): Promise<{ facts: RolesFacts; statements: string[] }> {
  for (let tries = 1; ; tries += 1) {
    const facts = await look();
    const statements = statementsFor(facts);
    try {
      if (!dryRun) await inTransaction(client, statements);
      return { facts, statements: statements.map((statement) => statement.replace(/ password '.*$/, " password '…'")) };
    } catch (error) {
      if (tries === MOST_TRIES || !isConflict(error)) throw error;
    }
  }
}

async function inTransaction(client: pg.Client, statements: readonly string[]): Promise<void> {
  await client.query(`begin; set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
  try {
    for (const statement of statements) await client.query(statement);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

function isConflict(error: unknown): boolean {
  return CONFLICTS.includes(errorCode(error) ?? "") || isCatalogRace(error);
}

/** The same database, as this role from the start. Of two equal options the driver uses the last. */
function asRole(url: string, role: string): { databaseUrl: string; directUrl: undefined } {
  const given = /[?&]options=([^&#]*)/.exec(url)?.[1] ?? "";
  const options = `${given}${encodeURIComponent(` -c role=${role}`)}`;
  return { databaseUrl: `${url}${url.includes("?") ? "&" : "?"}options=${options}`, directUrl: undefined };
}

function toldPlainly(error: unknown): unknown {
  if (error instanceof TransHubError) return error;
  const code = errorCode(error);
  if (code === "55P03") {
    return new DatabaseUnavailableError("A table of Trans-Hub was locked for too long, so nothing was changed", {
      cause: error,
      hint: "Run it again.",
    });
  }
  if (code === MAY_NOT) {
    return new DatabaseRefusedError(`The database refused: ${(error as Error).message}`, {
      cause: error,
      hint: "Run it as a superuser, or as a role with CREATEROLE that owns the database.",
    });
  }
  return databaseError(error);
}

/** The owner of our schema, unless that is a superuser. */
async function presentOwner(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ owner: string }>(
    `select r.rolname as owner from pg_namespace as n join pg_roles as r on r.oid = n.nspowner
     where n.nspname = 'trans_hub' and not r.rolsuper`,
  );
  return rows[0]?.owner;
}

const FACTS = `
  with own as (
    select oid, nspname, nspowner from pg_namespace where nspname in ('trans_hub', '${GRAPHILE_SCHEMA}')
  ), owner as (
    select (select oid from pg_roles where rolname = $1) as oid
  ), thing as (
    select 'schema' as kind, quote_ident(nspname) as identity, nspowner as owner, 0 as place from own
    union all
    select case c.relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end,
      format('%I.%I', nspname, relname), relowner, 1
    from own join pg_class as c on c.relnamespace = own.oid
    where c.relkind in ('r', 'p', 'v', 'S')
      -- A sequence of a column goes with its table.
      and not exists (select from pg_depend as d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i') and c.relkind = 'S')
    union all
    select 'routine', format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)), proowner, 2
    from own join pg_proc as p on p.pronamespace = own.oid
    union all
    select 'type', format('%I.%I', nspname, typname), typowner, 3
    from own join pg_type as t on t.typnamespace = own.oid
    left join pg_class as c on c.oid = t.typrelid
    -- Types of tables and arrays go with their table or element type.
    where (t.typtype in ('e', 'd') or (t.typtype = 'c' and c.relkind = 'c'))
  )
  select
    current_database() as database,
    json_build_object(
      'name', current_user,
      'isSuperuser', (select rolsuper from pg_roles where rolname = current_user),
      'isOwnersMember', owner.oid is not null and pg_has_role(current_user, owner.oid, 'USAGE')
    ) as admin,
    coalesce((
      select json_agg(json_build_object(
        'name', r.rolname,
        'canLogin', r.rolcanlogin,
        'excess', array_remove(array[
          case when r.rolsuper then 'superuser' end, case when r.rolcreatedb then 'createdb' end,
          case when r.rolcreaterole then 'createrole' end, case when r.rolreplication then 'replication' end,
          case when r.rolbypassrls then 'bypassrls' end
        ], null),
        'isOwnersMember', exists (select from pg_auth_members as m where m.roleid = owner.oid and m.member = r.oid)
      )) from pg_roles as r where r.rolname = any ($2::text[])
    ), '[]') as roles,
    array(select nspname::text from own) as schemas,
    coalesce((
      select json_agg(json_build_object('kind', kind, 'identity', identity) order by place, identity)
      from thing where thing.owner is distinct from owner.oid
    ), '[]') as strangers,
    array(
      select c.relname::text from own join pg_class as c on c.relnamespace = own.oid
      where nspname = '${GRAPHILE_SCHEMA}' and c.relrowsecurity
        and not exists (select from pg_policy as p where p.polrelid = c.oid and p.polname = $3)
      order by 1
    ) as "closedTables"
  from owner`;

async function readFacts(
  client: pg.Client,
  names: RoleNames,
  options: CreateRolesOptions,
  reviewerLocales: readonly string[] | undefined,
): Promise<RolesFacts> {
  const { rows } = await client.query<Omit<RolesFacts, "isMigrated" | "reviewerLocales">>(FACTS, [
    names.owner,
    Object.values(names),
    names.worker,
  ]);
  const [facts] = rows;
  if (facts === undefined) throw new Error("the facts about roles gave no row");
  return { ...facts, isMigrated: await isMigrated(options), reviewerLocales };
}

async function isMigrated(options: CreateRolesOptions): Promise<boolean> {
  try {
    const { databaseUrl, directUrl, connectTimeoutMs } = options;
    return (await migrationStatus({ databaseUrl, directUrl, connectTimeoutMs })).pending.length === 0;
  } catch (error) {
    if (errorCode((error as Error).cause) === MAY_NOT) return false;
    throw error;
  }
}
