/** For operators' programs: migrations, roles, facts about the server, and errors in a form fit for a log. */
import "./supported-node.ts";

export { type ErrorFields, errorFields } from "./contract/error-fields.ts";
export { CatalogError, EmbeddedDatabaseError, EnginesStoppedError } from "./contract/errors.ts";
export {
  applyMigrations,
  type MigrateOptions,
  type MigrationReport,
  migrationStatus,
  revertMigration,
} from "./postgres/database/migrate.ts";
export { ROLE_KINDS, type RoleKind, type RoleNames } from "./postgres/operations/role-statements.ts";
export { type CreateRolesOptions, createRoles, type RolesReport } from "./postgres/operations/roles.ts";
export { type FactsOptions, readServerFacts, type ServerFacts } from "./postgres/operations/server-facts.ts";
export { type OptionKind, type OptionTable, optionCheck, optionKinds } from "./rules/options.ts";
export { version } from "./version.ts";
