/** Finds a PostgreSQL with client programs on this machine: the npm packages contain only a server. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const DEBIAN = "/usr/lib/postgresql";
const PROGRAMS = ["initdb", "postgres", "pg_basebackup", "pg_dump", "pg_restore", "psql"];

/**
 * A folder with `bin/`, server and clients of one version, for `TH_TEST_POSTGRES`. The newest one; undefined when there
 * is none.
 */
export function findPostgres(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  return readdirSync(DEBIAN)
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(DEBIAN, version))
    .find((folder) => PROGRAMS.every((program) => existsSync(join(folder, "bin", program))));
}
