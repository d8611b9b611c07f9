import type { Engine } from "../contract/engine.ts";
import type { EngineLimits } from "../contract/engine-gate.ts";
import { SettingsError } from "../contract/errors.ts";
import { type Logger, SILENT_LOGGER } from "../contract/logger.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import { DEFAULT_PROJECT, parseName } from "../rules/item.ts";
import { canonicalLocale } from "../rules/locale.ts";
import type { ProjectEngines } from "../rules/project-engines.ts";
import type { CoordinatorObserver } from "./observer.ts";

/** Options of a coordinator that do not depend on its store. */
export interface CoordinatorOptions {
  /** The project of items and queries that name none. Default: `default`. */
  project?: string | undefined;
  /** The source locale of items and queries that name none. Default: `und`, the engine detects it. */
  sourceLocale?: string | undefined;
  /**
   * Needed only to translate in this process. The first engine is active; texts that it refuses go to the next. `close`
   * does not close engines, as another coordinator may use them.
   * Default: none.
   */
  engines?: readonly Engine[] | undefined;
  /**
   * The name of the fleet's engine, for a coordinator that only registers and has no engines: rows stored by `pseudo`
   * then count as missing, unless the name is `pseudo`. Default: the active one of `engines`.
   */
  registersFor?: string | undefined;
  /** The greatest number of rows (items × target locales) in memory; calls beyond it wait for room. Default 10,000. */
  maxConcurrentRequests?: number | undefined;
  /**
   * While more texts than this wait in the store, requests of new work are refused with `BacklogFullError`. Requests
   * inside the caller's transaction (`client`) are not. Default: the database's bound, or none.
   */
  maxBacklog?: number | undefined;
  /**
   * Seconds. While processing, a request that has waited longer since it was made or put back to work fails with
   * `TH_EXPIRED`, and no engine is asked. Default: requests do not expire.
   */
  requestLifetimeSeconds?: number | undefined;
  /** The greatest number of translations kept in memory; 0: none. Default 10,000. */
  cacheSize?: number | undefined;
  /** The greatest age of an answer from memory, in seconds; 0: none is kept. Default 60. */
  cacheTtlSeconds?: number | undefined;
  /** Days without use after which a text may be collected. Fractions allowed. Default 90. */
  retentionDays?: number | undefined;
  /** The longest text, in bytes of UTF-8. Default 1 MiB. */
  maxTextBytes?: number | undefined;
  /** The greatest number of texts of one batch, and of one engine call. Default 50. */
  batchSize?: number | undefined;
  /** Attempts at a text before it goes to the dead letters. Default 5. */
  maxAttempts?: number | undefined;
  /** Seconds for one engine call. Default 120. */
  engineTimeoutSeconds?: number | undefined;
  /** Limits of engines, by name. All processes on the store keep them together. Default: no limits. */
  engineLimits?: Readonly<Record<string, EngineLimits>> | undefined;
  /**
   * The engines that may get the texts of each project, such as `{ private: ["local"], shop: ["openai", "deepl"] }`: names,
   * and the words `local` and `third-party`. It holds for the calls of this process, as `TH_PROJECT_ENGINES` does for a
   * worker's. Default: each project may use every engine.
   */
  projectEngines?: ProjectEngines | undefined;
  /** Concurrent engine calls, while processing. Default 4. */
  concurrency?: number | undefined;
  /** A logger such as pino. Default: nothing is logged. */
  logger?: Logger | undefined;
  /** Receives figures for metrics, such as `producerMetrics` of `@trans-hub/metrics`. Default: none. */
  observer?: CoordinatorObserver | undefined;
}

export interface ConnectOptions extends CoordinatorOptions {
  /**
   * `postgres://…`, or a function that gives the URL of this moment, for passwords that are replaced while the process
   * runs: each new connection calls it. It must not throw. Not needed with `handler`.
   */
  databaseUrl?: string | (() => string) | undefined;
  /** The URL of PostgreSQL itself, if `databaseUrl` leads through a pooler; or a function. Default: `databaseUrl`. */
  directUrl?: string | (() => string) | undefined;
  /**
   * The URL of a standby that answers reads, or a function. Texts that it does not have are read from `databaseUrl`.
   * Default: none.
   */
  readUrl?: string | (() => string) | undefined;
  /** The greatest number of connections of this coordinator. Default 10. */
  maxConnections?: number | undefined;
  /** Milliseconds to wait for a connection. Default 30,000. */
  connectTimeoutMs?: number | undefined;
  /** The greatest number of bytes of text in one batch. Default: the store's. */
  batchBytes?: number | undefined;
  /** The name shown in `pg_stat_activity`. Default: `trans-hub`. */
  applicationName?: string | undefined;
  /** Another store, already open. It stays open when the coordinator closes. */
  handler?: PersistenceHandler | undefined;
}

/** Options with their defaults filled in. */
export type CoordinatorSettings = {
  [Name in Exclude<keyof CoordinatorOptions, OpenOption>]-?: NonNullable<CoordinatorOptions[Name]>;
} & Pick<CoordinatorOptions, OpenOption>;

/** Options that stay undefined by default. */
type OpenOption = "registersFor" | "maxBacklog" | "requestLifetimeSeconds" | "observer";

/** Options that are whole numbers, with their least value. */
const WHOLE_NUMBERS = {
  maxConcurrentRequests: 1,
  maxBacklog: 1,
  cacheSize: 0,
  maxTextBytes: 1,
  batchSize: 1,
  maxAttempts: 1,
  concurrency: 1,
} as const;

/** Options that may be fractions, and whether they may be 0. */
const LENGTHS = {
  cacheTtlSeconds: true,
  retentionDays: true,
  engineTimeoutSeconds: false,
  requestLifetimeSeconds: false,
} as const;

/** A program in plain JavaScript may pass a string, whose letters would then count as names. */
function isListOfNames(names: unknown): boolean {
  return Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === "string");
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {SettingsError} Names every option at fault.
 * @throws {InvalidItemError} The project or the source locale is not valid.
 */
export function parseCoordinatorOptions(options: CoordinatorOptions): CoordinatorSettings {
  const settings: CoordinatorSettings = {
    project: parseName(options.project ?? DEFAULT_PROJECT, "project", "TH_PROJECT"),
    sourceLocale: canonicalLocale(options.sourceLocale ?? "und", "sourceLocale", { allowUndetermined: true }),
    engines: options.engines ?? [],
    registersFor: options.registersFor,
    maxBacklog: options.maxBacklog,
    requestLifetimeSeconds: options.requestLifetimeSeconds,
    maxConcurrentRequests: options.maxConcurrentRequests ?? 10_000,
    cacheSize: options.cacheSize ?? 10_000,
    cacheTtlSeconds: options.cacheTtlSeconds ?? 60,
    retentionDays: options.retentionDays ?? 90,
    maxTextBytes: options.maxTextBytes ?? 1_048_576,
    batchSize: options.batchSize ?? 50,
    maxAttempts: options.maxAttempts ?? 5,
    engineTimeoutSeconds: options.engineTimeoutSeconds ?? 120,
    engineLimits: options.engineLimits ?? {},
    projectEngines: options.projectEngines ?? {},
    concurrency: options.concurrency ?? 4,
    logger: options.logger ?? SILENT_LOGGER,
    observer: options.observer,
  };
  const problems = [
    ...Object.entries(WHOLE_NUMBERS).flatMap(([key, least]) => {
      const value = settings[key as keyof typeof WHOLE_NUMBERS];
      // Only options without a default are undefined here.
      return value === undefined || (Number.isSafeInteger(value) && value >= least)
        ? []
        : [{ key, problem: `must be a whole number from ${least}` }];
    }),
    ...Object.entries(LENGTHS).flatMap(([key, mayBeZero]) => {
      const value = settings[key as keyof typeof LENGTHS];
      if (value === undefined || (Number.isFinite(value) && (value > 0 || (mayBeZero && value === 0)))) return [];
      return [{ key, problem: mayBeZero ? "must be 0 or more" : "must be more than 0" }];
    }),
    ...Object.entries(settings.engineLimits).flatMap(([engine, limits]) =>
      Object.entries(limits)
        .filter(([, value]) => value !== undefined && !(Number.isSafeInteger(value) && value >= 1))
        .map(([limit]) => ({ key: `engineLimits.${engine}.${limit}`, problem: "must be a whole number from 1" })),
    ),
    ...Object.entries(settings.projectEngines)
      .filter(([, names]) => !isListOfNames(names))
      .map(([project]) => ({
        key: `projectEngines.${project}`,
        problem: "must be a list of names, with one at least",
      })),
  ];
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}
