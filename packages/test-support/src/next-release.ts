/** A simulated next release: migrations, and code that needs them. */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../../..");

export interface NextRelease {
  /** For `applyMigrations({ folder })`. */
  readonly folder: string;
  remove(): Promise<void>;
}

export interface NextProgram extends NextRelease {
  /** Its `trans-hub`, of version 9.0.0, which refuses a database without the newest of its migrations. */
  readonly bin: string;
}

/** @param migrations SQL of the up migrations by name, such as `9001_add-quality.beside-0008`. */
export async function nextRelease(migrations: Record<string, string>): Promise<NextRelease> {
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-migrations-"));
  await addMigrations(folder, migrations);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Like {@link nextRelease}, with this release's code, except for its version and the migration that it needs. */
export async function nextProgram(migrations: Record<string, string>): Promise<NextProgram> {
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
  await addMigrations(folder, migrations);
  const newest = Object.keys(migrations).sort().at(-1) ?? "";
  const core = join(root, "packages/core");
  await edit(join(core, "src/postgres/database/schema-version.ts"), /(NEWEST_MIGRATION = )"[^"]+"/, `$1"${newest}"`);
  await edit(join(core, "package.json"), /("version": )"[^"]+"/, '$1"9.0.0"');
  return {
    folder,
    bin: join(root, "packages/cli/src/bin.js"),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

async function addMigrations(folder: string, migrations: Record<string, string>): Promise<void> {
  await cp(join(ROOT, "migrations"), folder, { recursive: true });
  for (const [name, up] of Object.entries(migrations)) {
    await writeFile(join(folder, `${name}.sql`), `-- Of a test.\n-- Up Migration\n${up}\n-- Down Migration\nselect;\n`);
  }
}

async function edit(file: string, what: RegExp, by: string): Promise<void> {
  const before = await readFile(file, "utf8");
  if (!what.test(before)) throw new Error(`${file} has nothing like ${what}`);
  await writeFile(file, before.replace(what, by));
}
