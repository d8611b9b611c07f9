/** The migrations as a next release would bring them: ours, and some that only a test has. */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface NextRelease {
  /** For `applyMigrations({ folder })`. */
  readonly folder: string;
  remove(): Promise<void>;
}

/** @param migrations From the name, such as `9001_add-quality.beside-0008`, to the SQL that goes up. */
export async function nextRelease(migrations: Record<string, string>): Promise<NextRelease> {
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-migrations-"));
  await cp(resolve(import.meta.dirname, "../../migrations"), folder, { recursive: true });
  for (const [name, up] of Object.entries(migrations)) {
    await writeFile(join(folder, `${name}.sql`), `-- Of a test.\n-- Up Migration\n${up}\n-- Down Migration\nselect;\n`);
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
