import type { CollectOptions } from "../contract/collect.ts";
import type { Engine } from "../contract/engine.ts";
import type { EngineLimits } from "../contract/engine-gate.ts";
import { type Logger, SILENT_LOGGER } from "../contract/logger.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import { MAX_STORED_TEXT_BYTES } from "../contract/text-size.ts";
import type { Instructions } from "../rules/instructions.ts";
import { DEFAULT_PROJECT } from "../rules/item.ts";
import { canonicalLocale } from "../rules/locale.ts";
import { optionKinds as kinds, type OptionTable, optionCheck } from "../rules/options.ts";
import type { Prices } from "../rules/prices.ts";
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
  /** The longest text, in bytes of UTF-8, up to 16 MiB. Default 1 MiB. */
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
  /**
   * Instructions for language models: a text, or `{ all, locales: { de: "…" }, projects: { shop: "…" } }`. They hold for the
   * calls of this process, as `TH_INSTRUCTIONS` does for a worker's, and have at most 4 KiB for one call. Default: none.
   */
  instructions?: Instructions | undefined;
  /**
   * `approved`: a text that a person approved in another context or project is reused for the same text, with the engine `memory` and
   * the flag `reused`, by the calls of this process, as `TH_MEMORY_REUSE` does for a worker. Default: `off`.
   */
  memoryReuse?: "off" | "approved" | undefined;
  /**
   * The prices of engines, by which the calls of this process are booked, as `TH_PRICES_FILE` says them for a worker. Default:
   * none is known.
   */
  prices?: Prices | undefined;
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
type OpenOption =
  | "registersFor"
  | "maxBacklog"
  | "requestLifetimeSeconds"
  | "instructions"
  | "memoryReuse"
  | "prices"
  | "observer";

const YEAR_SECONDS = 31_536_000;
const DAY_SECONDS = 86_400;
const MOST_BYTES = 104_857_600;

const COORDINATOR_OPTIONS: OptionTable<CoordinatorOptions> = {
  project: kinds.project,
  sourceLocale: kinds.sourceLocale,
  engines: kinds.engines,
  registersFor: kinds.name,
  maxConcurrentRequests: kinds.whole(1, 10_000_000),
  maxBacklog: kinds.whole(1, 1_000_000_000),
  requestLifetimeSeconds: kinds.positive(YEAR_SECONDS),
  cacheSize: kinds.whole(0, 10_000_000),
  cacheTtlSeconds: kinds.decimal(0, YEAR_SECONDS),
  retentionDays: kinds.decimal(0, 36_500),
  maxTextBytes: kinds.whole(1, MAX_STORED_TEXT_BYTES),
  batchSize: kinds.whole(1, 1_000),
  maxAttempts: kinds.whole(1, 10_000),
  engineTimeoutSeconds: kinds.positive(DAY_SECONDS),
  engineLimits: kinds.engineLimits,
  projectEngines: kinds.projectEngines,
  instructions: kinds.instructions,
  memoryReuse: kinds.oneOf("off", "approved"),
  prices: kinds.prices,
  concurrency: kinds.whole(1, 10_000),
  logger: kinds.methods("a logger such as pino", "debug", "info", "warn", "error"),
  observer: kinds.someMethods("an observer", "opened", "closed", "requested", "registered", "read", "reviewed"),
};

const STORE = kinds.methods(
  "a store",
  ...([
    "register",
    "enqueue",
    "read",
    "readKeys",
    "list",
    "approve",
    "work",
    "close",
  ] satisfies (keyof PersistenceHandler)[]),
);

/** @throws {SettingsError} The handler is none. */
export const checkStore = optionCheck<{ handler: PersistenceHandler }>("a coordinator", {
  handler: kinds.required(STORE),
});

/** @throws {SettingsError} Names every option at fault. */
export const checkCollectOptions = optionCheck<Partial<CollectOptions>>("runGarbageCollection", {
  project: kinds.project,
  retentionDays: COORDINATOR_OPTIONS.retentionDays,
  eventRetentionDays: COORDINATOR_OPTIONS.retentionDays,
  dryRun: kinds.flag,
  includeApproved: kinds.flag,
  signal: kinds.signal,
});

/** @throws {SettingsError} The project is none. */
export const checkStatusOptions = optionCheck<{ project?: string | null }>("status", {
  project: (value, key) => (value === null ? [] : kinds.project(value, key)),
});

/** @throws {SettingsError} The name of an engine is none. */
export const checkEngineName = optionCheck<{ name: string }>("switchEngine", { name: kinds.required(kinds.name) });

const checkCoordinatorOptions = optionCheck<CoordinatorOptions>("a coordinator", COORDINATOR_OPTIONS);

const checkConnectOptions = optionCheck<ConnectOptions>("Coordinator.connect", {
  ...COORDINATOR_OPTIONS,
  databaseUrl: kinds.connectionUrl,
  directUrl: kinds.connectionUrl,
  readUrl: kinds.connectionUrl,
  maxConnections: kinds.whole(1, 10_000),
  connectTimeoutMs: kinds.milliseconds,
  batchBytes: kinds.whole(1, MOST_BYTES),
  applicationName: kinds.text,
  handler: STORE,
});

/** The options of `connect`, apart by their user. */
interface ConnectParts {
  /** Undefined: the store on PostgreSQL is to be opened. */
  handler: PersistenceHandler | undefined;
  store: Omit<ConnectOptions, keyof CoordinatorOptions | "handler">;
  coordinator: CoordinatorOptions;
}

/** @throws {SettingsError} Names every option at fault. */
export function parseConnectOptions(options: ConnectOptions): ConnectParts {
  const {
    handler,
    databaseUrl,
    directUrl,
    readUrl,
    maxConnections,
    connectTimeoutMs,
    batchBytes,
    applicationName,
    ...coordinator
  } = checkConnectOptions(options);
  const store = { databaseUrl, directUrl, readUrl, maxConnections, connectTimeoutMs, batchBytes, applicationName };
  return { handler, store, coordinator };
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {SettingsError} Names every option at fault.
 */
export function parseCoordinatorOptions(given: CoordinatorOptions): CoordinatorSettings {
  const options = checkCoordinatorOptions(given);
  return {
    project: options.project ?? DEFAULT_PROJECT,
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
    instructions: options.instructions,
    memoryReuse: options.memoryReuse,
    prices: options.prices,
    concurrency: options.concurrency ?? 4,
    logger: options.logger ?? SILENT_LOGGER,
    observer: options.observer,
  };
}
