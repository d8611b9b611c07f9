/** A next release for tests: migrations, functions, and code that needs them. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { markReleased, writeMigration } from "../../../scripts/function-migration.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/** From the name, such as `9001_add-quality.beside-0008`, to the SQL that goes up. */
export type NextMigrations = Readonly<Record<string, string>>;

/** From the path, such as `read/find_row`, to the new text of the file, or null where the release has no such file. */
export type NextFunctions = Readonly<Record<string, ((text: string) => string) | string | null>>;

/** Migrations 9001, 9002 and so on, each of which adds a column `note` to one table, beside the release `beside`. */
export function addingNotes(tables: readonly string[], beside: string): NextMigrations {
  return Object.fromEntries(
    tables.map((table, at) => [
      `${9001 + at}_note-of-${table.replaceAll("_", "-")}.beside-${beside.slice(0, 4)}`,
      `alter table trans_hub.${table} add column if not exists note text;`,
    ]),
  );
}

export interface NextRelease {
  /** For `applyMigrations({ folder })`. */
  readonly folder: string;
  /** The newest of its migrations. */
  readonly newest: string;
  remove(): Promise<void>;
}

export interface NextProgram extends NextRelease {
  /** Its `trans-hub`, of version 9.0.0, which refuses a database without the newest of its migrations. */
  readonly bin: string;
}

/**
 * Makes the folder of migrations of a next release. The functions that it changes get their numbered migration from the
 * script that makes ours.
 *
 * @param before The release before it. Default: this one.
 */
export async function nextRelease(
  migrations: NextMigrations,
  functions: NextFunctions = {},
  before: { folder: string } = { folder: join(ROOT, "migrations") },
): Promise<NextRelease> {
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-migrations-"));
  const newest = await release(folder, before.folder, migrations, functions);
  return { folder, newest, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** As {@link nextRelease}, with the code of this one, but for its version and the migration that it needs. */
export async function nextProgram(migrations: NextMigrations, functions: NextFunctions = {}): Promise<NextProgram> {
  const root = await mkdtemp(join(tmpdir(), "trans-hub-next-"));
  // Links between packages are relative, so they point into the copy; all other packages are resolved through the link
  // here.
  const isSource = (path: string) => !["dist", "sample"].includes(basename(path)) && !path.endsWith(".test.ts");
  await cp(join(ROOT, "packages"), join(root, "packages"), {
    recursive: true,
    verbatimSymlinks: true,
    filter: isSource,
  });
  await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
  const folder = join(root, "migrations");
  await mkdir(folder);
  const newest = await release(folder, join(ROOT, "migrations"), migrations, functions);
  const core = join(root, "packages/core");
  await edit(join(core, "src/postgres/database/schema-version.ts"), /(NEWEST_MIGRATION = )"[^"]+"/, `$1"${newest}"`);
  await edit(join(core, "package.json"), /("version": )"[^"]+"/, '$1"9.0.0"');
  return {
    folder,
    newest,
    bin: join(root, "packages/cli/src/bin.js"),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** @returns The name of the newest migration. */
async function release(
  folder: string,
  before: string,
  migrations: NextMigrations,
  functions: NextFunctions,
): Promise<string> {
  await cp(before, folder, { recursive: true });
  markReleased(folder);
  for (const [name, up] of Object.entries(migrations)) {
    await writeFile(join(folder, `${name}.sql`), `-- Of a test.\n-- Up Migration\n${up}\n-- Down Migration\nselect;\n`);
  }
  for (const [path, change] of Object.entries(functions)) {
    const file = join(folder, "functions", `${path}.sql`);
    if (change === null) {
      await rm(file);
    } else {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, typeof change === "string" ? change : change(await readFile(file, "utf8")));
    }
  }
  writeMigration(folder);
  const names = (await readdir(folder)).filter((file) => file.endsWith(".sql")).sort();
  return basename(names.at(-1) ?? "", ".sql");
}

async function edit(file: string, what: RegExp, by: string): Promise<void> {
  const before = await readFile(file, "utf8");
  if (!what.test(before)) throw new Error(`${file} has nothing like ${what}`);
  await writeFile(file, before.replace(what, by));
}
