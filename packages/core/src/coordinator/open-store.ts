import { errorFields } from "../contract/error-fields.ts";
import { SettingsError } from "../contract/errors.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import type { ConnectOptions, CoordinatorSettings } from "./options.ts";

/**
 * Opens the store on PostgreSQL that `Coordinator.connect` asks for. Its options are checked already.
 *
 * @throws {SettingsError} `databaseUrl` is missing.
 * @throws {DatabaseUnavailableError | DatabaseRefusedError | SchemaMissingError | SchemaNewerError}
 */
export async function openPostgresStore(
  { databaseUrl, ...options }: Omit<ConnectOptions, "handler">,
  { batchSize, retentionDays, logger }: CoordinatorSettings,
): Promise<PersistenceHandler> {
  if (databaseUrl === undefined) {
    throw new SettingsError([{ key: "databaseUrl", problem: "is missing" }], {
      hint: "Pass the URL of a database, such as process.env.TH_DATABASE_URL.",
    });
  }
  // Loaded here and not at the top: an application with a store of its own does not load the driver of this one.
  // biome-ignore lint/style/noRestrictedImports: the one place above the seam that names our store, for the comfort of `connect`.
  const { PostgresPersistenceHandler } = await import("../postgres/postgres-persistence-handler.ts");
  return PostgresPersistenceHandler.connect({
    ...options,
    databaseUrl,
    batchSize,
    retentionDays,
    onConnectionLost: (error) => logger.warn({ error: errorFields(error) }, "database.connection_lost"),
    onLockWait: (wait) => logger.warn(wait, "lock.waiting"),
  });
}
