/** Which schemas this code may run on, by the names of their migrations (ADR 0019). */
import { SchemaMissingError, SchemaNewerError } from "../../contract/errors.ts";

/** The newest migration that this code was written for; a test holds it equal to the newest file. */
export const NEWEST_MIGRATION = "0002_functions";

/** graphile-worker's newest migration, by its number; a test holds it equal to the package's. */
export const NEWEST_GRAPHILE_MIGRATION = 20;

/** `0009_add-quality.beside-0008`: a release that knows 0008 may run beside it. */
const BESIDE = /\.beside-(\d{4})$/;

/**
 * Whether code whose newest migration is `newest` may run where `name`, which it does not know, was applied. A name without
 * the ending admits no older release.
 */
export function mayRunBeside(name: string, newest: string = NEWEST_MIGRATION): boolean {
  const [, oldest] = BESIDE.exec(name) ?? [];
  return oldest !== undefined && Number(oldest) <= Number(newest.slice(0, 4));
}

/**
 * Refuses a schema that this code may not run on.
 *
 * @param present The names of migrations from `newest` on, in any order.
 * @throws {SchemaMissingError} This code's newest migration is not there.
 * @throws {SchemaNewerError} A newer migration does not admit this code.
 */
export function requireFitSchema(present: readonly string[], newest: string = NEWEST_MIGRATION): void {
  const unfit = present.find((name) => name !== newest && !mayRunBeside(name, newest));
  if (unfit !== undefined) throw newerSchema(unfit);
  if (!present.includes(newest)) {
    throw new SchemaMissingError(`The database has no migration ${newest}, which this release needs`);
  }
}

export function newerSchema(name: string): SchemaNewerError {
  return new SchemaNewerError(
    `The database has the migration ${name}, which this release does not know and may not run beside`,
  );
}
