import { errorFields } from "../contract/error-fields.ts";
import { SettingsError } from "../contract/errors.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import { type ConnectOptions, parseCoordinatorOptions } from "./options.ts";

/**
 * Opens the store on PostgreSQL that `Coordinator.connect` asks for.
 *
 * @throws {SettingsError} An option is missing or has a bad value.
 * @throws {DatabaseUnavailableError | DatabaseRefusedError | SchemaMissingError | SchemaNewerError}
 */
export async function openPostgresStore(options: ConnectOptions): Promise<PersistenceHandler> {
  const {
    databaseUrl,
    directUrl,
    readUrl,
    maxConnections = 10,
    connectTimeoutMs,
    batchBytes,
    applicationName,
  } = options;
  if (databaseUrl === undefined || databaseUrl === "") {
    throw new SettingsError([{ key: "databaseUrl", problem: "is missing" }], {
      hint: "Pass the URL of a database, such as process.env.TH_DATABASE_URL.",
    });
  }
  const { batchSize, retentionDays, logger } = parseCoordinatorOptions(options);
  // Loaded here and not at the top: an application with a store of its own does not load the driver of this one.
  // biome-ignore lint/style/noRestrictedImports: the one place above the seam that names our store, for the comfort of `connect`.
  const { PostgresPersistenceHandler } = await import("../postgres/postgres-persistence-handler.ts");
  return PostgresPersistenceHandler.connect({
    databaseUrl,
    directUrl,
    readUrl,
    maxConnections,
    connectTimeoutMs,
    batchSize,
    batchBytes,
    retentionDays,
    applicationName,
    onConnectionLost: (error) => logger.warn({ error: errorFields(error) }, "database.connection_lost"),
    onLockWait: (wait) => logger.warn(wait, "lock.waiting"),
  });
}
