export { backoffMs } from "./backoff.ts";
export type { CoordinatorObserver, CoordinatorState, RequestEnd } from "./coordinator/observer.ts";
export type { ConnectOptions, CoordinatorOptions } from "./coordinator/options.ts";
export type { TranslationName } from "./coordinator/reference.ts";
export type {
  EnqueueOptions,
  EnqueueReceipt,
  RejectedItem,
  RequestInput,
  RequestOptions,
  RequestReceipt,
} from "./coordinator/requests.ts";
export {
  type ApproveQuery,
  type CancelQuery,
  Coordinator,
  type ForgetQuery,
  type GetOptions,
  type GetQuery,
  type ListQuery,
  type ProcessPendingOptions,
  type WaitQuery,
} from "./coordinator.ts";
export {
  applyMigrations,
  type MigrateOptions,
  type MigrationReport,
  migrationStatus,
  revertMigration,
} from "./database/migrate.ts";
export { type FactsOptions, readServerFacts, type ServerFacts } from "./diagnosis/server-facts.ts";
export * from "./engine.ts";
export type {
  Circuit,
  EngineCallEnd,
  EngineFault,
  EngineGate,
  EngineLimits,
  EngineState,
  EngineTurn,
  EngineWish,
} from "./engine-limit/engine-gate.ts";
export type { EngineLimitChange } from "./engine-limit/limiter.ts";
export { type EnvironmentOptions, loadEnvironment, redact } from "./environment.ts";
export { type ErrorFields, errorFields } from "./error-fields.ts";
export * from "./errors.ts";
export {
  ITEM_KEYS,
  type Item,
  type ItemDefaults,
  type ItemLimits,
  MAX_EXPIRY_SECONDS,
  parseItem,
  type RegisterItem,
} from "./item.ts";
export { canonicalLocale, localeFallbacks, sameLocale } from "./locale.ts";
export type { Logger } from "./logger.ts";
export type {
  Approval,
  AttemptError,
  CancelFilter,
  CollectOptions,
  CollectReport,
  DeadLetter,
  DeadLetterFilter,
  EngineCall,
  EngineLimitStatus,
  ForgetReference,
  ForgetReport,
  ItemReceipt,
  ListFilter,
  Page,
  PageRequest,
  Pause,
  PauseTarget,
  PersistenceHandler,
  RegisterOptions,
  Settlement,
  StoreStatus,
  TranslateWork,
  WorkBatch,
  WorkerStatus,
  WorkItem,
  WorkObserver,
  WorkOptions,
  WorkOutcome,
  WorkResult,
  WorkSummary,
} from "./persistence-handler.ts";
export { type PostgresOptions, PostgresPersistenceHandler } from "./postgres-persistence-handler.ts";
export { ROLE_KINDS, type RoleKind, type RoleNames } from "./roles/role-statements.ts";
export { type CreateRolesOptions, createRoles, type RolesReport } from "./roles/roles.ts";
export {
  describeSettings,
  parseSettings,
  type SettingDescription,
  type Settings,
} from "./settings.ts";
export type { BacklogCount, ConnectionUse, FleetMeasure } from "./status/fleet-measure.ts";
export { type CheckFailure, checkTranslation, type TranslationToCheck } from "./text/checks.ts";
export type { Span } from "./text/icu.ts";
export {
  hasIcuSyntax,
  isVerbatim,
  mergeSpans,
  type ProtectedToken,
  protectedTokens,
  readSyntax,
  type Syntax,
} from "./text/syntax.ts";
export type {
  Priority,
  Translation,
  TranslationKey,
  TranslationReference,
  TranslationStatus,
} from "./translation/translation.ts";
export { version } from "./version.ts";
export { type EngineTurnTaken, type TranslateBatchOptions, translateBatch } from "./work/translate-batch.ts";
