/** A PostgreSQL with its client programs, where this machine has one: the npm packages bring a server and nothing else. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const DEBIAN = "/usr/lib/postgresql";
const PROGRAMS = ["initdb", "postgres", "pg_basebackup", "pg_dump", "pg_restore", "psql"];

/** A folder with `bin/`, server and clients of one version, for `TH_TEST_POSTGRES`. The newest there is; undefined: none. */
export function findPostgres(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  return readdirSync(DEBIAN)
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(DEBIAN, version))
    .find((folder) => PROGRAMS.every((program) => existsSync(join(folder, "bin", program))));
}
