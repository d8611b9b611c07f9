/** What each role may do, as the statements that bring it about. Pure: from what is there to what is missing. */
import pg from "pg";
import { GRAPHILE_SCHEMA } from "../database/graphile-worker.ts";

/** `migrator` changes the schema, `producer` registers and reads its own, `worker` works, `reader` looks. */
export const ROLE_KINDS = ["migrator", "producer", "worker", "reader"] as const;
export type RoleKind = (typeof ROLE_KINDS)[number];

/** Roles by what they are for, and the one that owns everything and logs in nowhere. */
export type RoleNames = Readonly<Record<RoleKind | "owner", string>>;

export interface PresentRole {
  name: string;
  canLogin: boolean;
  /** Attributes by their names in `alter role` that ours have not, such as `superuser`. */
  excess: readonly string[];
  /** Of the owner role. */
  isOwnersMember: boolean;
}

export interface PresentObject {
  /** As in `alter <kind> …`: schema, table, view, sequence, routine, type. */
  kind: string;
  /** Quoted, with its schema and, of routines, its arguments. */
  identity: string;
}

/** What the database has of it already. */
export interface RolesFacts {
  database: string;
  /** Who runs the statements. */
  admin: { name: string; isSuperuser: boolean; isOwnersMember: boolean };
  roles: readonly PresentRole[];
  schemas: readonly string[];
  /** In both schemas, the schemas too, and not the owner role's. */
  strangers: readonly PresentObject[];
  /** Tables of graphile-worker that show rows by policies only, and have none for the worker. */
  closedTables: readonly string[];
  /** Of our functions those that PostgreSQL lets write nothing, being stable or immutable; quoted, with their arguments. */
  harmlessFunctions: readonly string[];
  /** Whether both schemas are migrated to what this release needs. */
  isMigrated: boolean;
}

const OWN_SCHEMA = "trans_hub";

/** What a producer calls: the functions for any language, and those that the library stands on. */
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
  "touch",
] as const;

/** What a worker may only look at: which migrations there are, and when a backup was made, others say. */
const READ_ONLY_TABLES = [`${OWN_SCHEMA}.migration`, `${OWN_SCHEMA}.backup_run`, `${GRAPHILE_SCHEMA}.migrations`];

const id = pg.escapeIdentifier;

/** Makes roles and schemas and what is to hold for all that is made in them later. Nothing, where all of it is there. */
export function foundation(names: RoleNames, facts: RolesFacts): string[] {
  const owner = id(names.owner);
  const schemas = [OWN_SCHEMA, GRAPHILE_SCHEMA];
  return [
    ...oneRole(names.owner, false, facts),
    ...ROLE_KINDS.flatMap((kind) => oneRole(names[kind], true, facts)),
    ...memberships(names, facts),
    `grant connect on database ${id(facts.database)} to ${ROLE_KINDS.map((kind) => id(names[kind])).join(", ")}`,
    // create schema wants it even where the schema is there.
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
    // Who is no superuser makes things for the owner role only as its member.
    ...(admin.isSuperuser || admin.isOwnersMember ? [] : [`grant ${owner} to ${id(admin.name)}`]),
    ...(isMember("migrator") ? [] : [`grant ${owner} to ${id(names.migrator)}`]),
    ...(["producer", "worker", "reader"] as const)
      .filter(isMember)
      .map((kind) => `revoke ${owner} from ${id(names[kind])}`),
  ];
}

/** For what later migrations make, so that an upgrade needs no new grants. */
function futureGrants(names: RoleNames): string[] {
  const inSchema = (schema: string) => `alter default privileges for role ${id(names.owner)} in schema ${schema} grant`;
  return [
    `${inSchema(OWN_SCHEMA)} select, insert, update, delete on tables to ${id(names.worker)}`,
    `${inSchema(OWN_SCHEMA)} select on tables to ${id(names.reader)}`,
    `${inSchema(OWN_SCHEMA)} execute on functions to ${id(names.worker)}`,
    `${inSchema(GRAPHILE_SCHEMA)} select, insert, update, delete on tables to ${id(names.worker)}`,
  ];
}

/** What each role may do with what is there: taken away first, so that none keeps more than is meant for it. */
export function grants(names: RoleNames, facts: RolesFacts): string[] {
  const [producer, worker, reader] = [id(names.producer), id(names.worker), id(names.reader)];
  const all = `${producer}, ${worker}, ${reader}`;
  const schemas = `${OWN_SCHEMA}, ${GRAPHILE_SCHEMA}`;
  const producers = PRODUCER_FUNCTIONS.map((name) => `${OWN_SCHEMA}.${name}`).join(", ");
  return [
    `revoke all on all tables in schema ${schemas} from ${all}`,
    `revoke all on all routines in schema ${OWN_SCHEMA} from public, ${all}`,
    `revoke all on schema ${schemas} from ${all}`,
    `grant usage on schema ${OWN_SCHEMA} to ${all}`,
    // The migration gave it, and a dump brings no grants: for roles that may call one function and nothing else.
    `grant usage on schema ${OWN_SCHEMA} to public`,
    `grant usage on schema ${GRAPHILE_SCHEMA} to ${worker}, ${reader}`,
    `grant execute on function ${producers} to ${producer}`,
    `grant select, insert, update, delete on all tables in schema ${schemas} to ${worker}`,
    `revoke insert, update, delete on ${READ_ONLY_TABLES.join(", ")} from ${worker}`,
    `grant execute on all routines in schema ${OWN_SCHEMA} to ${worker}`,
    `grant select on all tables in schema ${OWN_SCHEMA} to ${reader}`,
    `grant select on ${GRAPHILE_SCHEMA}.jobs to ${reader}`,
    // What a scaler and metrics ask is among them. `touch` is not: who only looks keeps nothing from being collected.
    `grant execute on function ${facts.harmlessFunctions.join(", ")} to ${reader}`,
    ...facts.closedTables.map(
      (table) =>
        `create policy ${worker} on ${GRAPHILE_SCHEMA}.${id(table)} to ${worker} using (true) with check (true)`,
    ),
  ];
}
