import type { Engine } from "../contract/engine.ts";
import type { EngineLimits } from "../contract/engine-gate.ts";
import { SettingsError } from "../contract/errors.ts";
import { type Logger, SILENT_LOGGER } from "../contract/logger.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import { DEFAULT_PROJECT, parseName } from "../rules/item.ts";
import { canonicalLocale } from "../rules/locale.ts";
import type { CoordinatorObserver } from "./observer.ts";

/** How a coordinator works, whatever store it stands on. */
export interface CoordinatorOptions {
  /** For everything that names none. Default: `default`. */
  project?: string | undefined;
  /** For everything that names none. Default: `und`, the engine detects it. */
  sourceLocale?: string | undefined;
  /**
   * Needed only by who processes. The first is the active one; what it refuses goes to the next. They stay
   * the caller's: `close` does not close them, as another coordinator may use them.
   * Default: none.
   */
  engines?: readonly Engine[] | undefined;
  /**
   * Name of the engine that the fleet translates with, for who only registers and was given none: rows stored by
   * `pseudo` then count as missing, unless it is `pseudo`. Default: the active one of `engines`.
   */
  registersFor?: string | undefined;
  /** The most rows (items × target locales) of requests waiting in memory; further calls wait. Default 10,000. */
  maxConcurrentRequests?: number | undefined;
  /**
   * Requests of new work are refused while more texts than this wait, with `BacklogFullError`. Not those inside a caller's
   * transaction (`client`). Default: no limit but the database's.
   */
  maxBacklog?: number | undefined;
  /**
   * While processing: a request that waited longer, since it was made or put back to work, fails with `TH_EXPIRED`, and no
   * engine is asked. Default: none does.
   */
  requestLifetimeSeconds?: number | undefined;
  /** The most translations kept in memory; 0: none. Default 10,000. */
  cacheSize?: number | undefined;
  /** How old an answer from memory may be; 0: nothing is kept. Default 60. */
  cacheTtlSeconds?: number | undefined;
  /** What nobody used for longer may be collected. Fractions allowed. Default 90. */
  retentionDays?: number | undefined;
  /** Bytes in UTF-8. Default 1 MiB. */
  maxTextBytes?: number | undefined;
  /** The most texts that go to an engine together. Default 50. */
  batchSize?: number | undefined;
  /** A text that failed this often goes to the dead letters. Default 5. */
  maxAttempts?: number | undefined;
  /** For one engine call. Default 120. */
  engineTimeoutSeconds?: number | undefined;
  /** What each engine may be asked, by its name, kept together by all that use the store. Default: anything. */
  engineLimits?: Readonly<Record<string, EngineLimits>> | undefined;
  /** Engine calls at once, while processing. Default 4. */
  concurrency?: number | undefined;
  /** Pino-like. Default: silence. */
  logger?: Logger | undefined;
  /** Hears what happens, in figures: `producerMetrics` of `@trans-hub/metrics` is one. Default: nobody. */
  observer?: CoordinatorObserver | undefined;
}

export interface ConnectOptions extends CoordinatorOptions {
  /** `postgres://…`; not needed with `handler`. */
  databaseUrl?: string | undefined;
  /** Past a pooler, to PostgreSQL itself. Default: `databaseUrl`. */
  directUrl?: string | undefined;
  /** The most connections of this coordinator. Default 10. */
  maxConnections?: number | undefined;
  /** Milliseconds to wait for a connection. Default 30,000. */
  connectTimeoutMs?: number | undefined;
  /** The most bytes of text that go to an engine together. */
  batchBytes?: number | undefined;
  /** As shown in `pg_stat_activity`. Default: `trans-hub`. */
  applicationName?: string | undefined;
  /** Another store, open already. It stays open when the coordinator closes. */
  handler?: PersistenceHandler | undefined;
}

/** Options with nothing left open. */
export type CoordinatorSettings = {
  [Name in Exclude<keyof CoordinatorOptions, OpenOption>]-?: NonNullable<CoordinatorOptions[Name]>;
} & Pick<CoordinatorOptions, OpenOption>;

/** Options whose default is none. */
type OpenOption = "registersFor" | "maxBacklog" | "requestLifetimeSeconds" | "observer";

/** Names of options that are whole numbers, with the least that makes sense. */
const WHOLE_NUMBERS = {
  maxConcurrentRequests: 1,
  maxBacklog: 1,
  cacheSize: 0,
  maxTextBytes: 1,
  batchSize: 1,
  maxAttempts: 1,
  concurrency: 1,
} as const;

/** Names of options that may be fractions, and whether 0 makes sense. */
const LENGTHS = {
  cacheTtlSeconds: true,
  retentionDays: true,
  engineTimeoutSeconds: false,
  requestLifetimeSeconds: false,
} as const;

/**
 * @throws {SettingsError} Names every option at fault.
 * @throws {InvalidItemError} A project or source locale that can be none.
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
    concurrency: options.concurrency ?? 4,
    logger: options.logger ?? SILENT_LOGGER,
    observer: options.observer,
  };
  const problems = [
    ...Object.entries(WHOLE_NUMBERS).flatMap(([key, least]) => {
      const value = settings[key as keyof typeof WHOLE_NUMBERS];
      // Only those without a default may be left open.
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
  ];
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}
