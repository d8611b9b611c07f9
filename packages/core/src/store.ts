/** For authors of stores and of workers: the seam, the types that cross it, and the store on PostgreSQL. */
import "./supported-node.ts";

export type { CollectOptions, CollectReport } from "./contract/collect.ts";
export type { CancelFilter, ForgetReference, ForgetReport, Pause, PauseTarget } from "./contract/control.ts";
export type {
  AttemptError,
  BestTry,
  DeadLetter,
  DeadLetterFilter,
  DeadLetterPageRequest,
} from "./contract/dead-letter.ts";
export type { TextFormat } from "./contract/engine.ts";
export type {
  Circuit,
  EngineCallEnd,
  EngineFault,
  EngineGate,
  EngineLimits,
  EngineState,
  EngineTurn,
  EngineWish,
} from "./contract/engine-gate.ts";
export {
  BacklogFullError,
  CancelledError,
  ClosedError,
  DatabaseRefusedError,
  DatabaseUnavailableError,
  EngineNotAllowedError,
  RequestExpiredError,
  RevisionChangedError,
  SchemaMissingError,
  SchemaNewerError,
  TransHubError,
  TranslationBlockedError,
  TranslationNotFoundError,
  WorkerCrashedError,
  WorkerInterruptedError,
} from "./contract/errors.ts";
export type { BacklogCount, ConnectionUse, FleetMeasure } from "./contract/fleet-measure.ts";
export type { Item, ItemDefaults, PriorityClass, RegisterItem } from "./contract/item.ts";
export type { LockWait } from "./contract/lock-wait.ts";
export type { Page, PageRequest } from "./contract/page.ts";
export type { ListFilter, ReadOptions } from "./contract/read.ts";
export type { ItemReceipt, RegisterOptions } from "./contract/register.ts";
export type { Approval } from "./contract/review.ts";
export type { EngineLimitStatus, StoreStatus, WorkerStatus } from "./contract/status.ts";
export type { PersistenceHandler } from "./contract/store.ts";
export { MAX_STORED_TEXT_BYTES } from "./contract/text-size.ts";
export type { TransactionClient } from "./contract/transaction.ts";
export type {
  StoredStatus,
  Translation,
  TranslationKey,
  TranslationReference,
  TranslationStatus,
} from "./contract/translation.ts";
export type {
  EngineCall,
  FailedJob,
  RefusedInboxItem,
  Settlement,
  TranslateWork,
  WorkBatch,
  WorkItem,
  WorkObserver,
  WorkOptions,
  WorkOutcome,
  WorkResult,
  WorkSummary,
} from "./contract/work.ts";
export { type PostgresOptions, PostgresPersistenceHandler } from "./postgres/postgres-persistence-handler.ts";
export type { ChangeKind, ChangeListener, TextChange } from "./postgres/settle/voice.ts";
export {
  DEFAULT_PROJECT,
  ITEM_KEYS,
  type ItemLimits,
  MAX_EXPIRY_SECONDS,
  parseItem,
} from "./rules/item.ts";
export { MAX_NAME_BYTES, parseName } from "./rules/name.ts";
export { type OptionKind, type OptionTable, optionCheck, optionKinds } from "./rules/options.ts";
export { mayAsk, noEngineAllowed, type ProjectEngines } from "./rules/project-engines.ts";
export { isSettled } from "./rules/settled.ts";
export type { EngineLimitChange, EngineStop } from "./translate/limits/limiter.ts";
export { type StoppedEngine, type TriedEngines, tryStoppedEngines } from "./translate/limits/try-stopped.ts";
export { type EngineTurnTaken, type TranslateBatchOptions, translateBatch } from "./translate/translate-batch.ts";
