/** Reads the schema of a database on connecting, and refuses one that this code may not run on. */
import { z } from "zod";
import { SchemaNewerError } from "../../contract/errors.ts";
import { NEWEST_GRAPHILE_MIGRATION, NEWEST_MIGRATION, requireFitSchema } from "./schema-version.ts";
import { type Database, rows, statement } from "./statement.ts";

/** Read once, on connecting, so that a schema that is missing, old or too new is reported plainly and at once. */
const listMigrations = statement({
  name: "schema.migrations",
  row: z.object({ names: z.array(z.string()), newer_graphile: z.number().nullable() }),
  text: "select names, newer_graphile from trans_hub.schema_state($1, $2)",
});

/**
 * @throws {SchemaMissingError} The schema is not there, or older.
 * @throws {SchemaNewerError} It is newer, and does not say that this release may run beside it.
 */
export async function checkSchema(db: Database): Promise<void> {
  const [schema] = await rows(db, listMigrations, [NEWEST_MIGRATION, NEWEST_GRAPHILE_MIGRATION]);
  requireFitSchema(schema?.names ?? []);
  if (schema?.newer_graphile) {
    throw new SchemaNewerError(`graphile-worker's schema is newer than this release knows (${schema.newer_graphile})`);
  }
}
