/**
 * The rights of each role, as the statements that grant them. Pure: from the present state to the missing statements.
 */
import { driver } from "../database/driver.ts";
import { GRAPHILE_SCHEMA } from "../database/graphile-worker.ts";

/**
 * `migrator` changes the schema, `producer` registers and reads its own texts, `worker` works, `reader` only reads, `server` does
 * over HTTP the acts of applications and operators, `reviewer` reads and reviews, in the target locales that
 * `trans_hub.reviewer_locale` names for it.
 */
export const ROLE_KINDS = ["migrator", "producer", "worker", "reader", "server", "reviewer"] as const;
export type RoleKind = (typeof ROLE_KINDS)[number];

/** Names of the roles by purpose, and of the role that owns everything and cannot log in. */
export type RoleNames = Readonly<Record<RoleKind | "owner", string>>;

export interface PresentRole {
  name: string;
  canLogin: boolean;
  /** Attributes by their names in `alter role` that our roles must not have, such as `superuser`. */
  excess: readonly string[];
  /** Whether it is a member of the owner role. */
  isOwnersMember: boolean;
}

export interface PresentObject {
  /** The kind in `alter <kind> …`: schema, table, view, sequence, routine, type. */
  kind: string;
  /** Quoted, with its schema and, for routines, its arguments. */
  identity: string;
}

/** The present state of roles and rights in the database. */
export interface RolesFacts {
  database: string;
  /** The role that runs the statements. */
  admin: { name: string; isSuperuser: boolean; isOwnersMember: boolean };
  roles: readonly PresentRole[];
  schemas: readonly string[];
  /** Objects in both schemas, and the schemas themselves, that the owner role does not own. */
  strangers: readonly PresentObject[];
  /** Tables of graphile-worker with row-level security and without a policy for the worker. */
  closedTables: readonly string[];
  /** The target locales that the reviewer is to have. Undefined: those that it has. */
  reviewerLocales: readonly string[] | undefined;
  /** Whether both schemas are migrated to this release's version. */
  isMigrated: boolean;
}

const OWN_SCHEMA = "trans_hub";

/** The functions that a producer calls: those for any language, and those behind the library. */
export const PRODUCER_FUNCTIONS = [
  "request",
  "enqueue",
  "get_translations",
  "schema_state",
  "register",
  "append_to_inbox",
  "open_lanes",
  "read_by_text",
  "read_by_business_id",
  "read_outdated",
  "touch",
] as const;

/**
 * The functions that a reader calls: those of the library's reads, of scalers and of metrics. None of them writes; `touch` is
 * excluded, because a reader must not keep texts from being collected. Functions behind others take arguments that only those
 * make, so no reader may call them.
 */
export const READER_FUNCTIONS = [
  "schema_state",
  "read_by_text",
  "read_by_business_id",
  "read_outdated",
  "export_texts",
  "row_state",
  "search_uses",
  "is_to_review",
  "follows_approved",
  "similar_units",
  "same_units",
  "stored_text",
  "open_dead_letter",
  "find_row",
  "content_id",
  "context_id",
  "is_paused",
  "budget_rooms",
  "due_lanes",
  "ready_texts",
  "oldest_ready_seconds",
] as const;

/** The functions that a reviewer calls beside those of a reader. */
export const REVIEWER_FUNCTIONS = ["review"] as const;

/** Tables that a worker may only read: others write the list of migrations, the record of backups, and the locales of reviewers. */
const READ_ONLY_TABLES = [
  `${OWN_SCHEMA}.migration`,
  `${OWN_SCHEMA}.backup_run`,
  `${OWN_SCHEMA}.reviewer_locale`,
  `${GRAPHILE_SCHEMA}.migrations`,
];

/** The history of translations: its rows are added and, with their translation, removed; no role but the owner changes one. */
const HISTORY = `${OWN_SCHEMA}.review_act`;

/** The tokens of the HTTP API. Only the owner makes them: a worker or a server that was taken over must not leave itself a token. */
const TOKENS = `${OWN_SCHEMA}.api_token`;

const id = (name: string): string => driver().escapeIdentifier(name);

/** Makes roles and schemas, and the default rights of objects made in them later. Empty when all of it exists. */
export function foundation(names: RoleNames, facts: RolesFacts): string[] {
  const owner = id(names.owner);
  const schemas = [OWN_SCHEMA, GRAPHILE_SCHEMA];
  return [
    ...oneRole(names.owner, false, facts),
    ...ROLE_KINDS.flatMap((kind) => oneRole(names[kind], true, facts)),
    ...memberships(names, facts),
    `grant connect on database ${id(facts.database)} to ${ROLE_KINDS.map((kind) => id(names[kind])).join(", ")}`,
    // create schema requires this right even where the schema exists.
    `grant create on database ${id(facts.database)} to ${owner}`,
    `alter role ${id(names.migrator)} in database ${id(facts.database)} set role = ${owner}`,
    ...schemas
      .filter((schema) => !facts.schemas.includes(schema))
      .map((schema) => `create schema ${schema} authorization ${owner}`),
    ...facts.strangers.map(({ kind, identity }) => `alter ${kind} ${identity} owner to ${owner}`),
    ...futureGrants(names),
  ];
}

function oneRole(name: string, logsIn: boolean, { roles }: RolesFacts): string[] {
  const present = roles.find((role) => role.name === name);
  if (present === undefined) return [`create role ${id(name)} ${logsIn ? "login" : "nologin"}`];
  const changes = [
    ...present.excess.map((attribute) => `no${attribute}`),
    ...(present.canLogin === logsIn ? [] : [logsIn ? "login" : "nologin"]),
  ];
  return changes.length === 0 ? [] : [`alter role ${id(name)} ${changes.join(" ")}`];
}

function memberships(names: RoleNames, { roles, admin }: RolesFacts): string[] {
  const owner = id(names.owner);
  const isMember = (kind: RoleKind) => roles.some((role) => role.name === names[kind] && role.isOwnersMember);
  return [
    // Without superuser rights, only a member of the owner role can make objects for it.
    ...(admin.isSuperuser || admin.isOwnersMember ? [] : [`grant ${owner} to ${id(admin.name)}`]),
    ...(isMember("migrator") ? [] : [`grant ${owner} to ${id(names.migrator)}`]),
    ...ROLE_KINDS.filter((kind) => kind !== "migrator")
      .filter(isMember)
      .map((kind) => `revoke ${owner} from ${id(names[kind])}`),
  ];
}

/** Rights to objects of later migrations, so that an upgrade needs no new grants. */
function futureGrants(names: RoleNames): string[] {
  const inSchema = (schema: string) => `alter default privileges for role ${id(names.owner)} in schema ${schema} grant`;
  return [
    `${inSchema(OWN_SCHEMA)} select, insert, update, delete on tables to ${id(names.worker)}`,
    `${inSchema(OWN_SCHEMA)} select, insert, update, delete on tables to ${id(names.server)}`,
    `${inSchema(OWN_SCHEMA)} select on tables to ${id(names.reader)}, ${id(names.reviewer)}`,
    `${inSchema(OWN_SCHEMA)} execute on functions to ${id(names.worker)}, ${id(names.server)}`,
    `${inSchema(GRAPHILE_SCHEMA)} select, insert, update, delete on tables to ${id(names.worker)}`,
  ];
}

/** The rights of each role to the present objects: all are revoked first, so that no role keeps more than intended. */
export function grants(names: RoleNames, facts: RolesFacts): string[] {
  const [producer, worker, reader, server] = [id(names.producer), id(names.worker), id(names.reader), id(names.server)];
  const reviewer = id(names.reviewer);
  const all = `${producer}, ${worker}, ${reader}, ${server}, ${reviewer}`;
  const schemas = `${OWN_SCHEMA}, ${GRAPHILE_SCHEMA}`;
  const named = (functions: readonly string[]) => functions.map((name) => `${OWN_SCHEMA}.${name}`).join(", ");
  const producers = named(PRODUCER_FUNCTIONS);
  const readers = named(READER_FUNCTIONS);
  return [
    `revoke all on all tables in schema ${schemas} from ${all}`,
    `revoke all on all routines in schema ${OWN_SCHEMA} from public, ${all}`,
    `revoke all on schema ${schemas} from ${all}`,
    `grant usage on schema ${OWN_SCHEMA} to ${all}`,
    // The migration granted this, and a dump contains no grants: it is needed by roles that may call a single function.
    `grant usage on schema ${OWN_SCHEMA} to public`,
    `grant usage on schema ${GRAPHILE_SCHEMA} to ${worker}, ${reader}, ${server}, ${reviewer}`,
    `grant execute on function ${producers} to ${producer}`,
    `grant select, insert, update, delete on all tables in schema ${schemas} to ${worker}`,
    // The rows of a worker, without the queue: functions with the owner's rights add, move and remove its jobs.
    `grant select, insert, update, delete on all tables in schema ${OWN_SCHEMA} to ${server}`,
    `revoke insert, update, delete on ${READ_ONLY_TABLES.join(", ")} from ${worker}, ${server}`,
    `grant execute on all routines in schema ${OWN_SCHEMA} to ${worker}, ${server}`,
    `revoke update on ${HISTORY} from ${worker}, ${server}`,
    `grant select on all tables in schema ${OWN_SCHEMA} to ${reader}, ${reviewer}`,
    `grant select on ${GRAPHILE_SCHEMA}.jobs to ${reader}, ${server}, ${reviewer}`,
    `revoke all on ${TOKENS} from ${worker}, ${reader}, ${server}, ${reviewer}`,
    `grant select, update (last_used_on) on ${TOKENS} to ${server}`,
    `grant execute on function ${readers} to ${reader}, ${reviewer}`,
    `grant execute on function ${named(REVIEWER_FUNCTIONS)} to ${reviewer}`,
    ...reviewerLocales(names, facts),
    ...facts.closedTables.map(
      (table) =>
        `create policy ${worker} on ${GRAPHILE_SCHEMA}.${id(table)} to ${worker} using (true) with check (true)`,
    ),
  ];
}

/** Sets the target locales in which the reviewer may review; see trans_hub.may_review. */
function reviewerLocales(names: RoleNames, { reviewerLocales: locales }: RolesFacts): string[] {
  if (locales === undefined) return [];
  const literal = (value: string) => driver().escapeLiteral(value);
  const role = literal(names.reviewer);
  const table = `${OWN_SCHEMA}.reviewer_locale`;
  return [
    `delete from ${table} where role_name = ${role}`,
    ...locales.map((locale) => `insert into ${table} (role_name, target_locale) values (${role}, ${literal(locale)})`),
  ];
}
