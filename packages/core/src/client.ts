/**
 * For programs that start, act once and end, such as commands: the coordinator and the store on PostgreSQL. The checks of
 * translations and the engines' side are loaded by the first act that needs them.
 */
import "./supported-node.ts";

export { Coordinator } from "./coordinator/coordinator.ts";
export { applyMigrations, type MigrateOptions, type MigrationReport } from "./postgres/database/migrate.ts";
export { type PostgresOptions, PostgresPersistenceHandler } from "./postgres/postgres-persistence-handler.ts";
