/**
 * Makes the numbered migration of `migrations/functions`, where each SQL function stands in a file of its own:
 *
 *     npm run migration                     # makes the unreleased one again, or the next number
 *     npm run migration -- quality-flags    # names it
 *     npm run migration -- --check          # says whether it is up to date; needs no database
 *     npm run migration -- --release        # marks all migrations as released: from then on none may be edited
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { FunctionsError } from "./function-files.ts";
import { faultOf, markReleased, writeMigration } from "./function-migration.ts";

const ROOT = resolve(import.meta.dirname, "..");
const MIGRATIONS = resolve(ROOT, "migrations");
const VERSION = resolve(ROOT, "packages/core/src/postgres/database/schema-version.ts");

function main(argument: string | undefined): void {
  if (argument === "--release") markReleased(MIGRATIONS);
  else if (argument === "--check") check();
  else write(argument);
}

function check(): void {
  const fault = faultOf(MIGRATIONS);
  if (fault !== undefined) throw new FunctionsError(fault);
}

function write(name: string | undefined): void {
  const file = writeMigration(MIGRATIONS, name);
  console.log(file === undefined ? "migrations/functions says nothing new" : `migrations/${file}`);
  if (file === undefined) return;
  const newest = file.slice(0, -".sql".length);
  writeFileSync(
    VERSION,
    readFileSync(VERSION, "utf8").replace(/(NEWEST_MIGRATION = )"([^"]+)"/, (all, start, known) =>
      known.slice(0, 4) > newest.slice(0, 4) ? all : `${start}"${newest}"`,
    ),
  );
}

try {
  main(process.argv[2]);
} catch (error) {
  if (!(error instanceof FunctionsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
