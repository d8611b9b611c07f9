/** Chooses a command's database and migrates it. */
import { readdir } from "node:fs/promises";
import { applyMigrations } from "@trans-hub/core/client";
import { type Secret, secretNow } from "@trans-hub/engines/registry";
import type { CommandContext, GlobalOptions } from "./command-context.ts";
import type { Settings } from "./settings/settings.ts";
import { UsageError } from "./usage-error.ts";

export interface ChosenDatabase {
  kind: "named" | "embedded";
  /** The URL at the command's start. */
  databaseUrl: string;
  /** A connection without a pooler; undefined: `databaseUrl`. */
  directUrl: string | undefined;
  /** These two and a standby for reads, for a process that runs for long: a URL from a file is a function, as it may change. */
  rotating: { databaseUrl: Secret; directUrl: Secret | undefined; readUrl: Secret | undefined };
  /** Folder of the embedded database. */
  dataDir?: string;
  /** Migrates the schema: always on the embedded database, on a named one only with `--migrate`. */
  prepare(): Promise<void>;
  /** Releases the embedded server, which stops some seconds after its last client. */
  close(): Promise<void>;
}

/** Whether this command will use the embedded PostgreSQL. */
export function usesEmbedded(settings: Pick<Settings, "databaseUrl">, options: GlobalOptions): boolean {
  return options.embedded === true || settings.databaseUrl === undefined;
}

/**
 * Finds the database that the environment names, or else opens the embedded one. A named one is not contacted yet.
 *
 * The embedded one migrates itself; a named one migrates only on request, because other releases may be at work on it.
 *
 * @throws {UsageError} The embedded database would be used silently in a place where it could lose data.
 */
export async function openDatabase(
  context: CommandContext,
  settings: Pick<Settings, "databaseUrl" | "directUrl" | "readUrl" | "dataDir">,
  options: GlobalOptions,
): Promise<ChosenDatabase> {
  const { databaseUrl: rotatingUrl, directUrl: rotatingDirectUrl, readUrl } = settings;
  if (rotatingUrl === undefined || options.embedded) return openEmbeddedDatabase(context, settings, options);
  const databaseUrl = secretNow(rotatingUrl);
  const directUrl = rotatingDirectUrl === undefined ? undefined : secretNow(rotatingDirectUrl);
  return {
    kind: "named",
    databaseUrl,
    directUrl,
    rotating: { databaseUrl: rotatingUrl, directUrl: rotatingDirectUrl, readUrl },
    prepare: async () => {
      if (!options.migrate) return;
      const onWaiting = (what: string) => context.output.note(`Waiting for ${what}`);
      await applyMigrations({ databaseUrl, directUrl, connectTimeoutMs: CONNECT_TIMEOUT_MS, onWaiting });
    },
    close: async () => undefined,
  };
}

/** Opens the embedded PostgreSQL and reports it on stderr. */
export async function openEmbeddedDatabase(
  { cwd, env, output, signal }: CommandContext,
  settings: Pick<Settings, "dataDir">,
  options: GlobalOptions,
): Promise<ChosenDatabase> {
  if (options.embedded !== true) refuseWhereDataCouldBeLost(env);
  const { findDataDir, openEmbedded } = await loadEmbedded();
  const folder = findDataDir(cwd, settings.dataDir);
  // A command in the wrong folder would otherwise work without a word on a database that no other command sees.
  if (await isNew(folder)) output.note(`Making a new embedded PostgreSQL in ${folder}`);
  const { databaseUrl, dataDir, close } = await openEmbedded({ dataDir: folder, signal });
  output.note(`Using the embedded PostgreSQL in ${dataDir}`);
  return {
    kind: "embedded",
    databaseUrl,
    directUrl: undefined,
    rotating: { databaseUrl, directUrl: undefined, readUrl: undefined },
    dataDir,
    prepare: async () => {
      await applyMigrations({ databaseUrl });
    },
    close,
  };
}

/** A folder that cannot be read is reported when it is opened. */
async function isNew(folder: string): Promise<boolean> {
  return await readdir(folder).then(
    (names) => names.length === 0,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
}

/**
 * Connection timeout in milliseconds. With it, an unreachable database is reported within 5 s of the command's start,
 * Node's own start included.
 */
export const CONNECT_TIMEOUT_MS = 3_000;

/**
 * A container's file system disappears with the container, and a server's working folder is not expected to hold data.
 * In both places the embedded database is used only on explicit request.
 */
function refuseWhereDataCouldBeLost(env: NodeJS.ProcessEnv): void {
  const place =
    env.NODE_ENV === "production"
      ? "with NODE_ENV=production"
      : env.KUBERNETES_SERVICE_HOST
        ? "in Kubernetes"
        : process.pid === 1
          ? "as a container's main process"
          : undefined;
  if (place === undefined) return;
  throw new UsageError(
    `no database is set, and ${place} the embedded PostgreSQL is used only with --embedded`,
    "Set TH_DATABASE_URL, or add --embedded to keep the data in files of this machine.",
  );
}

async function loadEmbedded(): Promise<typeof import("@trans-hub/embedded")> {
  try {
    return await import("@trans-hub/embedded");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new UsageError(
      "no database is set, and the embedded PostgreSQL is not installed here",
      "Set TH_DATABASE_URL, or install @trans-hub/embedded.",
    );
  }
}
