/** A command's settings, database and store: opened at its start, closed at its end. */
import type { CoordinatorOptions } from "@trans-hub/core";
import { Coordinator, PostgresPersistenceHandler } from "@trans-hub/core/client";
import type { Engine } from "@trans-hub/core/engine";
import { canonicalLocale, parseName } from "@trans-hub/core/rules";
import type { LockWait, PersistenceHandler } from "@trans-hub/core/store";
import type { Command } from "commander";
import type { CommandContext, GlobalOptions } from "./command-context.ts";
import { type ChosenDatabase, CONNECT_TIMEOUT_MS, openDatabase } from "./database.ts";
import { firstOf, printable } from "./output.ts";
import { isOwnEngine } from "./settings/engine-names.ts";
import { loadEnvironment } from "./settings/environment.ts";
import { parseSettings, type Settings } from "./settings/settings.ts";

export interface Session {
  settings: Settings;
  database: ChosenDatabase;
  handler: PersistenceHandler;
  hub: Coordinator;
}

export interface SessionOptions {
  /** Settings that the command has already read. */
  settings?: Settings | undefined;
  /** The value of `--project`; default: the setting. */
  project?: string | undefined;
  /** The value of `--from`; default: the setting. */
  sourceLocale?: string | undefined;
  /**
   * The first engine is the one that texts are registered for: rows from `pseudo` then count as missing. Default: none.
   */
  engines?: readonly Engine[] | undefined;
}

/** Reads the settings from the environment, `.env` included, and prints a warning for each likely mistake. */
export function readSettings({ cwd, env, output }: CommandContext): Settings {
  const settings = parseSettings(loadEnvironment({ cwd, env }));
  for (const warning of firstOf(settings.warnings)) output.warn(warning);
  return settings;
}

/** Runs `work` with an open session and always closes it. */
export async function withSession<Result>(
  command: Command,
  context: CommandContext,
  options: SessionOptions,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const settings = options.settings ?? readSettings(context);
  const database = await openDatabase(context, settings, command.optsWithGlobals<GlobalOptions>());
  try {
    await database.prepare();
    const onLockWait = (wait: LockWait) => context.output.note(`Waiting for ${describeLockWait(wait)}`);
    const handler = await openStore(database, settings, command.name(), onLockWait);
    try {
      const hub = openCoordinator(handler, settings, options);
      try {
        return await work({ settings, database, handler, hub });
      } finally {
        await hub.close();
      }
    } finally {
      await handler.close();
    }
  } finally {
    await database.close();
  }
}

/** What a process that answers for long gives its coordinator. */
export type Service = Pick<CoordinatorOptions, "logger" | "observer">;

export function openStore(
  { rotating: { databaseUrl, directUrl, readUrl } }: Pick<ChosenDatabase, "rotating">,
  settings: Settings,
  name: string,
  onLockWait?: (wait: LockWait) => void,
): Promise<PersistenceHandler> {
  return PostgresPersistenceHandler.connect({
    databaseUrl,
    directUrl,
    readUrl,
    maxConnections: settings.maxConnections,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    batchSize: settings.batchSize,
    retentionDays: settings.gcRetentionDays,
    pollSeconds: settings.pollSeconds,
    heartbeatSeconds: settings.heartbeatSeconds,
    rescueAfterSeconds: settings.rescueAfterSeconds,
    applicationName: `trans-hub ${name}`,
    onLockWait,
  });
}

export function openCoordinator(
  handler: PersistenceHandler,
  settings: Settings,
  {
    project,
    sourceLocale,
    engines,
    service,
  }: Pick<SessionOptions, "project" | "sourceLocale" | "engines"> & { service?: Service },
): Coordinator {
  const [active] = settings.engines;
  return new Coordinator(handler, {
    // Checked here, so that a bad argument has the code of the field and not that of a setting.
    project: parseName(project ?? settings.project, "project", "TH_PROJECT"),
    sourceLocale: canonicalLocale(sourceLocale ?? settings.sourceLocale, "sourceLocale", { allowUndetermined: true }),
    engines,
    // Commands that only register need to know whether the fleet's engine is pseudo, but no key for it.
    registersFor: active !== undefined && isOwnEngine(active) ? "own" : active,
    retentionDays: settings.gcRetentionDays,
    maxTextBytes: settings.maxTextBytes,
    maxBacklog: settings.maxBacklog,
    // A command reads each row only once.
    ...(service === undefined
      ? { cacheSize: 0 }
      : { ...service, cacheSize: settings.cacheSize, cacheTtlSeconds: settings.cacheTtlSeconds }),
  });
}

/** `a lock on trans_hub.content: server process 4711 (psql, idle in transaction) is in the way`. */
export function describeLockWait({ lock, blockedBy, holder }: Pick<LockWait, "lock" | "blockedBy" | "holder">): string {
  const processes = blockedBy.map((pid) => (pid === 0 ? "a prepared transaction" : `server process ${pid}`));
  const who =
    processes.length === 0
      ? "its holder has ended"
      : `${processes.join(", ")} ${holder === null ? "" : `(${holder}) `}is in the way`;
  return printable(`a lock on ${lock}: ${who}`);
}
