/**
 * Every option of every public function, given values that it does not take: each is told by one clear error, and no call
 * hangs or goes on in silence. Written as a caller in plain JavaScript would: the types forbid most of it.
 *
 * The tables are complete by their types: an option that is added must get its row.
 */
import { setTimeout as wait } from "node:timers/promises";
import {
  type ApproveQuery,
  applyMigrations,
  type CancelQuery,
  type CollectOptions,
  type ConnectOptions,
  Coordinator,
  type CoordinatorOptions,
  canonicalLocale,
  checkTranslation,
  type DeadLetterFilter,
  type EnqueueOptions,
  type EventsQuery,
  type ExportQuery,
  type FollowQuery,
  type ForgetQuery,
  type GetOptions,
  type GetQuery,
  type IdQuery,
  InvalidItemError,
  type Item,
  type ListQuery,
  type MigrateOptions,
  type PageRequest,
  type PauseTarget,
  type ProcessPendingOptions,
  type ReviewListQuery,
  SettingsError,
  type TokenOptions,
  type TranslationToCheck,
  type WaitOptions,
  type WaitQuery,
} from "@trans-hub/core";
import {
  type CreateRolesOptions,
  createRoles,
  migrationStatus,
  readServerFacts,
  revertMigration,
} from "@trans-hub/core/operations";
import {
  type PostgresOptions,
  PostgresPersistenceHandler,
  type TranslateBatchOptions,
  translateBatch,
  type WorkOptions,
} from "@trans-hub/core/store";
import { InMemoryPersistenceHandler } from "@trans-hub/core/testing";
import { findDataDir, openEmbedded, stopEmbedded } from "@trans-hub/embedded";
import { type OpenaiOptions, openai, type PseudoOptions, pseudo } from "@trans-hub/engines";
import { makeEngine } from "@trans-hub/engines/registry";
import {
  producerMetrics,
  ServerMetrics,
  type ServerMetricsOptions,
  WorkerMetrics,
  type WorkerMetricsOptions,
} from "@trans-hub/metrics";
import { createHandler, type ServerOptions, startServer } from "@trans-hub/server";
import {
  createLogger,
  type LogOptions,
  runWorker,
  type StopSignalsOptions,
  stopOnSignals,
  type WorkerOptions,
} from "@trans-hub/worker";
import { describe, expect, test } from "vitest";

/** Values of every type, by a name for the test. Undefined is none of them: it means "not given". */
const VALUES = {
  null: null,
  true: true,
  "-1": -1,
  "0": 0,
  "0.5": 0.5,
  "1": 1,
  "1e30": 1e30,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "''": "",
  "'x'": "x",
  NUL: "a\0b",
  "a digit as a string": "5",
  "a bigint": 5n,
  "a symbol": Symbol("s"),
  "[]": [],
  "{}": {},
  "a function": () => 1,
  "an invalid date": new Date(Number.NaN),
} as const;
type Value = keyof typeof VALUES;

/** The values of the list above that an option takes. */
type Taken = readonly Value[];
const FRACTION: Taken = ["0.5", "1"];
const FROM_0: Taken = ["0", "1"];
const FROM_1: Taken = ["1"];
const FRACTION_FROM_0: Taken = ["0", "0.5", "1"];
const TEXT: Taken = ["'x'", "a digit as a string"];
const ANY_TEXT: Taken = ["''", "'x'", "a digit as a string"];
const FLAG: Taken = ["true"];
const NONE: Taken = [];
const FUNCTION: Taken = ["a function"];
const LIST: Taken = ["[]"];
const OBJECT: Taken = ["{}"];
/** Objects with methods that are all optional. */
const SOME_METHODS: Taken = ["{}", "[]", "an invalid date"];

/** A limit of a list: any whole number from 1, of which a store gives at most 1,000. */
const LIMIT: Taken = FROM_1;

type Table<Given> = { readonly [Name in keyof Required<Given> & string]: Taken };

interface Subject {
  name: string;
  /** Calls the function with these options over good ones. */
  call(given: object): unknown;
  /** Calls it with something that is no object. Left out: it has no such parameter. */
  bare?(given: unknown): unknown;
  table: Readonly<Record<string, Taken>>;
  /** Fields that name or describe a text: their errors are those of an item. */
  fields?: readonly string[];
  /** An unknown key is an error of an item, not of settings. */
  isQuery?: boolean;
}

const NO_SERVER = "postgres://localhost:1/none";
const hub = new Coordinator(new InMemoryPersistenceHandler(), { sourceLocale: "en", engines: [pseudo()] });
const first = async (list: AsyncIterable<unknown>) => {
  for await (const each of list) return each;
  return undefined;
};

const coordinator: Table<CoordinatorOptions> = {
  project: TEXT,
  sourceLocale: NONE,
  engines: LIST,
  registersFor: TEXT,
  maxConcurrentRequests: FROM_1,
  maxBacklog: FROM_1,
  requestLifetimeSeconds: FRACTION,
  cacheSize: FROM_0,
  cacheTtlSeconds: FRACTION_FROM_0,
  retentionDays: FRACTION_FROM_0,
  maxTextBytes: FROM_1,
  batchSize: FROM_1,
  maxAttempts: FROM_1,
  engineTimeoutSeconds: FRACTION,
  engineLimits: [...OBJECT, "an invalid date"],
  projectEngines: [...OBJECT, "an invalid date"],
  instructions: [...ANY_TEXT, ...OBJECT, "an invalid date"],
  memoryReuse: NONE,
  prices: NONE,
  concurrency: FROM_1,
  logger: NONE,
  observer: SOME_METHODS,
};
const connect: Table<ConnectOptions> = {
  ...coordinator,
  databaseUrl: FUNCTION,
  directUrl: FUNCTION,
  readUrl: FUNCTION,
  maxConnections: FROM_1,
  connectTimeoutMs: FRACTION,
  batchBytes: FROM_1,
  applicationName: TEXT,
  handler: NONE,
};
const postgres: Table<PostgresOptions> = {
  databaseUrl: FUNCTION,
  directUrl: FUNCTION,
  readUrl: FUNCTION,
  maxConnections: FROM_1,
  connectTimeoutMs: FRACTION,
  answerTimeoutMs: FRACTION,
  batchSize: FROM_1,
  batchBytes: FROM_1,
  retentionDays: FRACTION_FROM_0,
  pollSeconds: FRACTION,
  heartbeatSeconds: FRACTION,
  rescueAfterSeconds: FRACTION,
  applicationName: TEXT,
  onConnectionLost: FUNCTION,
  onChange: FUNCTION,
  onLockWait: FUNCTION,
};
const migrate: Table<MigrateOptions> = {
  databaseUrl: NONE,
  directUrl: NONE,
  connectTimeoutMs: FRACTION,
  folder: TEXT,
  lockTimeoutMs: FROM_1,
  lockAttempts: FROM_1,
  onWaiting: FUNCTION,
};
const roles: Table<CreateRolesOptions> = {
  databaseUrl: NONE,
  directUrl: NONE,
  prefix: ["'x'"],
  passwords: [...OBJECT, "an invalid date"],
  reviewerLocales: LIST,
  migrate: FLAG,
  dryRun: FLAG,
  connectTimeoutMs: FRACTION,
};
const processing: Table<ProcessPendingOptions> = {
  limit: FROM_0,
  signal: NONE,
  project: TEXT,
  drainMs: FRACTION_FROM_0,
};
const collecting: Table<CollectOptions> = {
  project: TEXT,
  retentionDays: FRACTION_FROM_0,
  eventRetentionDays: FRACTION_FROM_0,
  dryRun: FLAG,
  includeApproved: FLAG,
  signal: NONE,
};
/** Null is "not given" in an item, because JSON has no undefined. */
const orNull = (taken: Taken): Taken => ["null", ...taken];
const item: Table<Item> = {
  text: TEXT,
  sourceLocale: ["null"],
  targetLocales: NONE,
  businessId: orNull(TEXT),
  context: orNull([...ANY_TEXT, "{}"]),
  hint: orNull(["{}"]),
  project: orNull(TEXT),
  priority: ["null"],
  format: ["null"],
  force: orNull(FLAG),
  expiresAfterSeconds: orNull(FROM_1),
  tag: orNull(["'x'", "a digit as a string"]),
};
const { text: _, ...defaults } = item;
const enqueue: Table<EnqueueOptions> = { ...defaults, client: NONE, signal: NONE };
const name = {
  text: TEXT,
  businessId: TEXT,
  sourceLocale: ["null"],
  context: item.context,
  format: ["null"],
  project: orNull(TEXT),
} satisfies Record<string, Taken>;
const get: Table<GetQuery> = {
  ...name,
  id: ["null"],
  targetLocale: NONE,
  fallback: FLAG,
  prefer: NONE,
  outdated: NONE,
};
const byId: Table<IdQuery> = { id: NONE, targetLocale: NONE, project: orNull(TEXT) };
const getOptions: Table<GetOptions> = {
  targetLocale: NONE,
  fallback: FLAG,
  prefer: NONE,
  outdated: NONE,
  sourceLocale: ["null"],
  context: item.context,
  format: ["null"],
  project: orNull(TEXT),
};
const list: Table<ListQuery> = {
  targetLocale: NONE,
  status: NONE,
  flag: TEXT,
  businessIdPrefix: ANY_TEXT,
  prefer: NONE,
  project: TEXT,
};
const exporting: Table<ExportQuery> = {
  targetLocale: NONE,
  businessIdPrefix: ANY_TEXT,
  prefer: NONE,
  fallback: FLAG,
  project: TEXT,
};
const search: Table<ReviewListQuery> = {
  ...list,
  engine: TEXT,
  search: TEXT,
  changedSince: NONE,
  queue: FLAG,
  // Without the queue it is refused.
  sample: NONE,
  cursor: NONE,
  limit: LIMIT,
};
const waitOptions: Table<WaitOptions> = {
  targetLocale: NONE,
  timeoutMs: FRACTION_FROM_0,
  signal: NONE,
  sourceLocale: ["null"],
  context: item.context,
  format: ["null"],
  project: orNull(TEXT),
};
const waiting: Table<WaitQuery> = { ...name, targetLocales: LIST, timeoutMs: FRACTION_FROM_0, signal: NONE };
const approve: Table<ApproveQuery> = {
  ...name,
  id: ["null"],
  targetLocale: NONE,
  approvedText: TEXT,
  revision: FROM_0,
  note: ANY_TEXT,
  by: TEXT,
};
// A prefix stands alone, without the text that the call has already.
const forget: Table<ForgetQuery> = { ...name, businessIdPrefix: ["null"], dryRun: FLAG };
const cancel: Table<CancelQuery> = { project: TEXT, targetLocale: NONE, businessIdPrefix: TEXT };
const pause: Table<PauseTarget> = { engine: TEXT, project: TEXT, targetLocale: NONE };
const creatingToken: Table<TokenOptions> = {
  projects: NONE,
  scopes: NONE,
  locales: NONE,
  expiresInSeconds: FRACTION,
  label: TEXT,
};
const letters: Table<DeadLetterFilter> = {
  project: TEXT,
  id: ["a digit as a string"],
  engine: TEXT,
  targetLocale: NONE,
  code: TEXT,
  since: NONE,
};
const page: Table<PageRequest> = { cursor: NONE, limit: LIMIT };
const worker: Table<WorkerOptions> = {
  connect: FUNCTION,
  // Another error says that a worker needs an engine.
  engines: LIST,
  logger: NONE,
  until: NONE,
  signal: NONE,
  locales: LIST,
  project: TEXT,
  concurrency: FROM_1,
  batchSize: FROM_1,
  maxAttempts: FROM_1,
  engineTimeoutMs: FRACTION,
  lifetimeSeconds: FRACTION_FROM_0,
  engineLimits: [...OBJECT, "an invalid date"],
  projectEngines: [...OBJECT, "an invalid date"],
  instructions: [...ANY_TEXT, ...OBJECT, "an invalid date"],
  memoryReuse: NONE,
  prices: NONE,
  outageMs: FRACTION,
  drainMs: FRACTION_FROM_0,
  upkeep: NONE,
  metricsPort: FROM_0,
  onSettled: FUNCTION,
};
const working: Table<WorkOptions> = {
  locales: LIST,
  project: TEXT,
  until: NONE,
  concurrency: FROM_1,
  maxItems: FROM_1,
  signal: NONE,
  drainMs: FRACTION_FROM_0,
  lifetimeSeconds: FRACTION_FROM_0,
  limit: FROM_0,
  upkeep: NONE,
  observer: SOME_METHODS,
};
const translating: Table<TranslateBatchOptions> = {
  engines: LIST,
  projectEngines: [...OBJECT, "an invalid date"],
  instructions: [...ANY_TEXT, ...OBJECT, "an invalid date"],
  prices: NONE,
  memoryReuse: NONE,
  maxAttempts: FROM_1,
  engineTimeoutMs: FRACTION,
  random: FUNCTION,
  now: FUNCTION,
  limits: [...OBJECT, "an invalid date"],
  gate: NONE,
  limiterTimes: [...OBJECT, "an invalid date"],
  onFault: FUNCTION,
  onLimitChange: FUNCTION,
  onBudget: FUNCTION,
  onCall: FUNCTION,
  onTurn: FUNCTION,
  onMemory: FUNCTION,
};
const signals: Table<StopSignalsOptions> = {
  isAsked: FLAG,
  drainMs: FRACTION_FROM_0,
  logger: NONE,
  exit: FUNCTION,
  name: NONE,
};
const logs: Table<LogOptions> = { level: NONE, destination: NONE };
const openaiTable: Table<OpenaiOptions> = {
  apiKey: [...TEXT, "a function"],
  baseURL: TEXT,
  model: TEXT,
  temperature: FRACTION_FROM_0,
  timeoutMs: FRACTION,
  processor: NONE,
  thinkingTokens: FROM_0,
  maxItemsPerCall: FROM_1,
  maxBytesPerCall: FROM_1,
};
const pseudoTable: Table<PseudoOptions> = { expansion: FRACTION_FROM_0 };
const metrics: Table<WorkerMetricsOptions> = {
  slots: FROM_1,
  engines: LIST,
  isReady: FUNCTION,
  keepMs: FRACTION_FROM_0,
  staleMs: FRACTION_FROM_0,
  patienceMs: FRACTION,
};
const checking: Table<TranslationToCheck> = {
  source: [...ANY_TEXT, "NUL"],
  translation: [...ANY_TEXT, "NUL"],
  format: NONE,
  sourceLocale: [...ANY_TEXT, "NUL"],
  targetLocale: [...ANY_TEXT, "NUL"],
  pluralCategory: [...ANY_TEXT, "NUL"],
  maxLength: FROM_1,
  by: NONE,
  warnings: FLAG,
};

const logger = createLogger({ destination: { write: () => undefined } });
const goodWorker: WorkerOptions = {
  connect: async () => new InMemoryPersistenceHandler(),
  engines: [pseudo()],
  logger,
  until: "ready",
  signal: AbortSignal.timeout(1),
  concurrency: 1,
  batchSize: 1,
  maxAttempts: 1,
  engineTimeoutMs: 1_000,
  drainMs: 0,
};
const goodServer: ServerOptions = { hub, store: new InMemoryPersistenceHandler() };
const serving: Table<ServerOptions> = {
  hub: NONE,
  store: NONE,
  authenticator: NONE,
  limits: [...OBJECT, "an invalid date"],
  logger: NONE,
  onAnswer: FUNCTION,
  onDatabaseUnavailable: FUNCTION,
  maxWaits: FROM_0,
  publicExports: LIST,
  webhooks: NONE,
  fleet: [...OBJECT, "an invalid date"],
  prefix: [],
};
const named = { text: "Pay", targetLocale: "fr" };
const anyOf = <Given>(call: (given: Given) => unknown, good: object) => ({
  call: (given: object) => call({ ...good, ...given } as Given),
  bare: (given: unknown) => call(given as Given),
});

const SUBJECTS: readonly Subject[] = [
  {
    name: "new Coordinator",
    ...anyOf<object>((given) => new Coordinator(new InMemoryPersistenceHandler(), given), {}),
    table: coordinator,
  },
  { name: "Coordinator.connect", ...anyOf(Coordinator.connect, { databaseUrl: NO_SERVER }), table: connect },
  {
    name: "request",
    ...anyOf<object>((given) => hub.request({ text: "Pay", targetLocales: ["fr"] }, given as EnqueueOptions), {}),
    table: { client: NONE, signal: NONE },
  },
  {
    name: "the fields that the options of request supply",
    call: (given) => hub.request({ text: "Pay" }, { targetLocales: ["fr"], ...given } as unknown as EnqueueOptions),
    // Null is the same as left out, and the one field that must be there is.
    table: {
      ...enqueue,
      targetLocales: ["null"],
      client: ["null", ...Object.keys(VALUES)] as Taken,
      signal: Object.keys(VALUES) as Value[],
    },
    fields: Object.keys(defaults),
  },
  {
    name: "an item of request",
    call: (given) => hub.request({ text: "Pay", targetLocales: ["fr"], ...given }),
    table: item,
    fields: Object.keys(item),
    isQuery: true,
  },
  {
    name: "getTranslation",
    ...anyOf<GetQuery>((given) => hub.getTranslation(given), named),
    table: { ...get, businessId: Object.keys(VALUES) as Value[], text: orNull(TEXT) },
    fields: [...Object.keys(name), "id", "targetLocale"],
    isQuery: true,
  },
  {
    name: "a name of getTranslations",
    call: (given) => hub.getTranslations([{ text: "Pay", ...given }], { targetLocale: "fr" }),
    table: { project: name.project, format: name.format },
    fields: Object.keys(name),
    isQuery: true,
  },
  {
    name: "getTranslations",
    ...anyOf<GetOptions>((given) => hub.getTranslations(["Pay"], given), { targetLocale: "fr" }),
    table: getOptions,
    fields: Object.keys(getOptions).filter((key) => key !== "fallback" && key !== "prefer" && key !== "outdated"),
  },
  {
    name: "getTranslationById",
    ...anyOf<IdQuery>((given) => hub.getTranslationById(given), { id: "999999999-0", targetLocale: "fr" }),
    table: byId,
    fields: Object.keys(byId),
    isQuery: true,
  },
  {
    name: "exportTexts",
    ...anyOf<ExportQuery>((given) => first(hub.exportTexts(given)), { targetLocale: "fr" }),
    table: exporting,
    fields: Object.keys(exporting),
    isQuery: true,
  },
  {
    name: "listTranslations",
    ...anyOf<ListQuery>((given) => first(hub.listTranslations(given)), { targetLocale: "fr" }),
    table: list,
    fields: Object.keys(list),
    isQuery: true,
  },
  {
    name: "listForReview",
    ...anyOf<ReviewListQuery>((given) => hub.listForReview(given), { targetLocale: "fr" }),
    table: search,
    fields: Object.keys(search).filter((key) => key !== "limit"),
    isQuery: true,
  },
  {
    name: "waitForTranslations",
    ...anyOf<WaitOptions>((given) => hub.waitForTranslations([], given), { targetLocale: "fr", timeoutMs: 1 }),
    table: { timeoutMs: waitOptions.timeoutMs, signal: NONE },
  },
  {
    name: "processPendingTranslations",
    ...anyOf<object>((given) => first(hub.processPendingTranslations("fr", given)), {}),
    table: processing,
  },
  {
    name: "waitFor",
    ...anyOf<WaitQuery>((given) => hub.waitFor(given), { text: "Wait", targetLocales: ["fr"], timeoutMs: 1 }),
    table: { ...waiting, businessId: Object.keys(VALUES) as Value[], text: TEXT },
    fields: [...Object.keys(name), "targetLocales"],
    isQuery: true,
  },
  {
    name: "approve",
    ...anyOf<ApproveQuery>((given) => hub.approve(given), named),
    table: { ...approve, businessId: Object.keys(VALUES) as Value[] },
    fields: Object.keys(approve),
    isQuery: true,
  },
  {
    name: "events",
    ...anyOf<EventsQuery>((given) => hub.events(given), {}),
    // A cursor is refused by its own check, and a locale too.
    table: { after: NONE, limit: FROM_1, project: ["null", ...TEXT], targetLocale: NONE },
    fields: ["after", "targetLocale"],
  },
  {
    name: "followEvents",
    ...anyOf<FollowQuery>(
      async (given) => {
        for await (const _ of hub.followEvents(given));
      },
      { signal: AbortSignal.abort() },
    ),
    table: { after: NONE, project: ["null", ...TEXT], targetLocale: NONE, signal: NONE },
    fields: ["after", "targetLocale"],
  },
  { name: "runGarbageCollection", ...anyOf<object>((given) => hub.runGarbageCollection(given), {}), table: collecting },
  {
    name: "forget",
    ...anyOf<ForgetQuery>((given) => hub.forget(given), { text: "Forget" }),
    table: { ...forget, businessId: Object.keys(VALUES) as Value[] },
    fields: Object.keys(forget),
    isQuery: true,
  },
  {
    name: "forget of a prefix",
    ...anyOf<ForgetQuery>((given) => hub.forget(given), { businessIdPrefix: "forget." }),
    table: { project: forget.project, businessIdPrefix: TEXT, dryRun: FLAG },
    fields: Object.keys(forget),
    isQuery: true,
  },
  {
    name: "cancel",
    ...anyOf<CancelQuery>((given) => hub.cancel(given), {}),
    table: cancel,
    fields: Object.keys(cancel),
    isQuery: true,
  },
  {
    name: "pause",
    ...anyOf<PauseTarget>((given) => hub.pause(given), {}),
    table: pause,
    fields: Object.keys(pause),
    isQuery: true,
  },
  {
    name: "resume",
    ...anyOf<PauseTarget>((given) => hub.resume(given), {}),
    table: pause,
    fields: Object.keys(pause),
    isQuery: true,
  },
  {
    name: "createToken",
    ...anyOf<TokenOptions>((given) => hub.createToken(given), { projects: ["shop"], scopes: ["read"] }),
    table: creatingToken,
  },
  { name: "status", ...anyOf<object>((given) => hub.status(given), {}), table: { project: orNull(TEXT) } },
  {
    name: "listDeadLetters",
    ...anyOf<object>((given) => hub.listDeadLetters(given), {}),
    table: { ...letters, ...page, withBestTry: FLAG },
    fields: [...Object.keys(letters), "cursor"],
    isQuery: true,
  },
  {
    name: "countDeadLetters",
    ...anyOf<object>((given) => hub.countDeadLetters(given), {}),
    table: letters,
    fields: Object.keys(letters),
    isQuery: true,
  },
  {
    name: "startServer",
    ...anyOf<ServerOptions>((given) => startServer(given, { port: 0 }).then((server) => server.close()), goodServer),
    table: serving,
  },
  { name: "createHandler", ...anyOf<ServerOptions>(createHandler, goodServer), table: serving },
  {
    name: "ServerMetrics",
    ...anyOf<ServerMetricsOptions>((given) => new ServerMetrics(given), { isReady: () => true, waits: () => 0 }),
    table: { isReady: FUNCTION, waits: FUNCTION },
  },
  {
    name: "replayDeadLetters",
    ...anyOf<object>((given) => hub.replayDeadLetters(given), {}),
    table: letters,
    fields: Object.keys(letters),
    isQuery: true,
  },
  {
    name: "purgeDeadLetters",
    ...anyOf<object>((given) => hub.purgeDeadLetters(given), {}),
    table: letters,
    fields: Object.keys(letters),
    isQuery: true,
  },
  { name: "applyMigrations", ...anyOf(applyMigrations, { databaseUrl: NO_SERVER }), table: migrate },
  { name: "migrationStatus", ...anyOf(migrationStatus, { databaseUrl: NO_SERVER }), table: migrate },
  { name: "revertMigration", ...anyOf(revertMigration, { databaseUrl: NO_SERVER }), table: migrate },
  { name: "createRoles", ...anyOf(createRoles, { databaseUrl: NO_SERVER }), table: roles },
  {
    name: "readServerFacts",
    ...anyOf(readServerFacts, { databaseUrl: NO_SERVER }),
    table: { databaseUrl: NONE, connectTimeoutMs: FRACTION },
  },
  {
    name: "PostgresPersistenceHandler.open",
    ...anyOf(PostgresPersistenceHandler.open, { databaseUrl: NO_SERVER }),
    table: postgres,
  },
  {
    name: "PostgresPersistenceHandler.connect",
    ...anyOf(PostgresPersistenceHandler.connect, { databaseUrl: NO_SERVER }),
    table: postgres,
  },
  ...[
    { store: "PostgreSQL", handler: PostgresPersistenceHandler.open({ databaseUrl: NO_SERVER }) },
    { store: "memory", handler: new InMemoryPersistenceHandler() },
  ].flatMap(({ store, handler }) => [
    {
      name: `work of the store in ${store}`,
      ...anyOf<WorkOptions>((given) => handler.work(given, async () => ({ outcomes: [], calls: [] })), {
        until: "ready",
        concurrency: 1,
        maxItems: 1,
      }),
      table: working,
    },
    {
      name: `collect of the store in ${store}`,
      ...anyOf<CollectOptions>((given) => handler.collect(given), { retentionDays: 1 }),
      table: collecting,
    },
  ]),
  {
    name: "translateBatch",
    ...anyOf(translateBatch, { engines: [], maxAttempts: 1, engineTimeoutMs: 1 }),
    table: translating,
  },
  { name: "checkTranslation", ...anyOf(checkTranslation, { source: "Pay", translation: "Payer" }), table: checking },
  { name: "runWorker", ...anyOf(runWorker, goodWorker), table: worker },
  { name: "stopOnSignals", ...anyOf(stopOnSignals, { drainMs: 1, logger }), table: signals },
  { name: "createLogger", ...anyOf(createLogger, { destination: { write: () => undefined } }), table: logs },
  { name: "openai", ...anyOf(openai, { apiKey: "key" }), table: openaiTable },
  { name: "pseudo", ...anyOf(pseudo, {}), table: pseudoTable },
  {
    name: "WorkerMetrics",
    ...anyOf<WorkerMetricsOptions>((given) => new WorkerMetrics(given), { slots: 1, engines: [], isReady: () => true }),
    table: metrics,
  },
  {
    name: "openEmbedded",
    ...anyOf(openEmbedded, { dataDir: "/nowhere/at/all" }),
    table: { dataDir: TEXT, signal: NONE, timeoutMs: FRACTION },
  },
  { name: "stopEmbedded", ...anyOf(stopEmbedded, { dataDir: "/nowhere/at/all" }), table: { dataDir: TEXT } },
];

/** The call's error. Fails the test where it resolves, or is still under way after a while. */
async function errorOf(call: () => unknown): Promise<Error> {
  const late = new AbortController();
  const settled = (async () => call())().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const end = await Promise.race([settled, wait(5_000, { isLate: true as const }, { signal: late.signal })]);
  late.abort();
  if ("error" in end) return end.error as Error;
  return new Error("isLate" in end ? "the call hangs" : "the call takes it without a word");
}

describe.for(SUBJECTS)("$name", ({ call, bare, table, fields = [], isQuery = false }) => {
  const isField = (key: string) => fields.includes(key);

  /** Undefined: the error is the one that it should be. */
  function faultOf(error: unknown, key: string, value: Value): unknown {
    const place = new RegExp(`^${key}\\b`);
    if (!isField(key)) {
      const keys = error instanceof SettingsError ? error.problems.map((problem) => problem.key) : [];
      return keys.length > 0 && keys.every((each) => place.test(each)) ? undefined : error;
    }
    // A missing text is told with the business id that could stand for it.
    const isThere = error instanceof InvalidItemError && (place.test(error.field) || value === "null");
    return isThere ? undefined : error;
  }

  test.for(Object.entries(table))("refuses every bad value of %s", async ([key, taken]) => {
    const bad = (Object.keys(VALUES) as Value[]).filter((value) => !taken.includes(value));
    const ends = await Promise.all(
      bad.map(async (value) => [value, faultOf(await errorOf(() => call({ [key]: VALUES[value] })), key, value)]),
    );
    expect(ends.filter(([, fault]) => fault !== undefined)).toEqual([]);
  });

  test.for(Object.keys(table))("names a misspelled %s, and the option that was meant", async (key) => {
    const misspelled = `${key}x`;
    const error = await errorOf(() => call({ [misspelled]: 1 }));
    expect(error).toBeInstanceOf(isQuery ? InvalidItemError : SettingsError);
    expect(error.message).toMatch(new RegExp(`^${misspelled}: .*did you mean "\\w+"\\?$`));
  });

  test("names a key that resembles none, and no key that is a text", async () => {
    expect((await errorOf(() => call({ quiteAnotherThing: 1 }))).message).toMatch(/^quiteAnotherThing: is not /);
    const { message } = await errorOf(() => call({ "Add to cart": 1 }));
    expect(message).not.toContain("cart");
  });

  test.runIf(bare !== undefined)("refuses every value that is no object in place of one", async () => {
    const bad = ["null", "1", "'x'", "[]", "a function"] as const;
    const errors = await Promise.all(bad.map(async (value) => [value, await errorOf(() => bare?.(VALUES[value]))]));
    expect(
      errors.filter(([, error]) => !(error instanceof SettingsError || error instanceof InvalidItemError)),
    ).toEqual([]);
  });
});

describe("arguments that are no options", () => {
  test.for([
    ["a list that is none", () => hub.getTranslations({} as never, { targetLocale: "fr" })],
    ["an item that is none", () => hub.request(null as never)],
    ["an item that is a number", () => hub.request(5 as never)],
    ["a name that is none", () => hub.getTranslations([null as never], { targetLocale: "fr" })],
    ["a locale that is none", () => first(hub.processPendingTranslations(5 as never))],
    ["a locale that is not there", () => canonicalLocale(undefined as never, "locale")],
    ["an engine's name that is none", () => hub.switchEngine(null as never)],
    ["a store that is none", () => new Coordinator(undefined as never)],
    ["a registry that is none", () => producerMetrics({} as never)],
    ["an engine without its contract", () => Coordinator.connect({ engines: [{ name: "own" } as never] })],
    ["a limit that is none", () => Coordinator.connect({ engineLimits: { openai: { rpn: 1 } as never } })],
    ["the password of no role", () => createRoles({ databaseUrl: NO_SERVER, passwords: { wroker: "x" } as never })],
    ["a folder that is none", () => findDataDir(5 as never)],
    ["a name of no engine", () => makeEngine(5 as never)],
    ["settings that are none", () => makeEngine("pseudo", null as never)],
    ["a setting of an engine that is none", () => makeEngine("openai", { openai: 5 as never })],
    ["a time that is none", () => makeEngine("pseudo", { engineTimeoutSeconds: -1 })],
    ["a setting that the engine lacks", () => makeEngine("openai", { openai: { apiKye: "x" } as never })],
  ] as const)("%s: one clear error", async ([, call]) => {
    expect(await errorOf(call)).toMatchObject({ code: expect.stringMatching(/^TH_/) });
  });

  test.for([
    "localhost/app",
    "mysql://localhost/app",
    "http://localhost/app",
    "postgres:/localhost",
    "postgres://localhost:port/app",
    "postgres://u:s3cret@local host/app",
  ])("the database's URL %s is refused, and no part of it is repeated", async (databaseUrl) => {
    const error = await errorOf(() => Coordinator.connect({ databaseUrl }));
    expect(error).toMatchObject({ code: "TH_SETTINGS", problems: [{ key: "databaseUrl" }] });
    expect(error.message).not.toContain("s3cret");
    expect(await errorOf(() => applyMigrations({ databaseUrl }))).toMatchObject({ code: "TH_SETTINGS" });
  });

  test.for([
    "postgresql://localhost:1/app",
    "postgres://user@/app?host=/nowhere",
    "postgres:///app?host=/nowhere",
    "POSTGRES://localhost:1",
    "postgres://u:p%40ss w@127.0.0.1:1/a%20b?sslmode=disable",
  ])("the database's URL %s is taken", async (databaseUrl) => {
    expect(await errorOf(() => Coordinator.connect({ databaseUrl }))).toMatchObject({
      code: "TH_DATABASE_UNAVAILABLE",
    });
  });

  test("an item that was requested may be passed as it is to read its translation", async () => {
    const asked: Item = {
      text: "Read me",
      targetLocales: ["fr"],
      priority: "bulk",
      force: false,
      businessId: "read.me",
    };
    await hub.request(asked);
    expect(await hub.getTranslation({ ...asked, targetLocale: "fr" })).toMatchObject({ sourceText: "Read me" });
    expect(await hub.getTranslations([asked], { targetLocale: "fr" })).toMatchObject([{ sourceText: "Read me" }]);
    expect(await hub.approve({ ...asked, targetLocale: "fr", approvedText: "Lis-moi" })).toMatchObject({
      text: "Lis-moi",
    });
    expect(await hub.waitFor({ ...asked, targetLocales: ["fr"] })).toMatchObject([{ text: "Lis-moi" }]);
    // It would not be forgotten in French alone.
    await expect(hub.forget({ text: "Read me", targetLocale: "fr" } as ForgetQuery)).rejects.toMatchObject({
      field: "targetLocale",
    });
  });

  test("of an array, an item with a misspelled field is rejected alone, by the name that was meant", async () => {
    const receipt = await hub.request([{ text: "Good" }, { text: "Bad", sourceLocal: "de" } as Item], {
      targetLocales: ["fr"],
    });
    expect(receipt).toMatchObject({
      registered: 1,
      rejected: [
        {
          index: 1,
          code: "TH_ITEM_SHAPE",
          message: 'sourceLocal: is not a field of an item; did you mean "sourceLocale"?',
        },
      ],
    });
  });

  test("a key without a value is as good as left out", async () => {
    const without = { text: "Without", targetLocales: ["fr"], sourceLocal: undefined };
    expect(await hub.request(without, { clients: undefined } as object)).toMatchObject({ registered: 1 });
  });
});
