/** For authors of stores and of workers: the seam, the types that cross it, and the store on PostgreSQL. */
import "./supported-node.ts";

export type {
  BatchBudget,
  Budget,
  BudgetAnswer,
  BudgetPeriod,
  BudgetStatus,
  BudgetToSet,
  BudgetWish,
  UsageConfirmation,
  UsageConfirmed,
} from "./contract/budget.ts";
export type { CollectOptions, CollectReport } from "./contract/collect.ts";
export type { CancelFilter, ForgetReference, ForgetReport, Pause, PauseTarget } from "./contract/control.ts";
export type {
  AttemptError,
  BestTry,
  DeadLetter,
  DeadLetterFilter,
  DeadLetterPageRequest,
} from "./contract/dead-letter.ts";
export type { Formality, TermKind, TextFormat } from "./contract/engine.ts";
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
  BudgetExceededError,
  BudgetUnpricedError,
  CancelledError,
  ClosedError,
  CostLimitError,
  CursorGoneError,
  DatabaseRefusedError,
  DatabaseUnavailableError,
  EngineNotAllowedError,
  FeedOpeningError,
  NotApprovedError,
  NothingToUndoError,
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
export type { EventKind, EventPage, EventQuery, FeedEvent, FeedListener, FeedNews } from "./contract/event.ts";
export type { BacklogCount, ConnectionUse, FleetMeasure } from "./contract/fleet-measure.ts";
export type {
  Glossary,
  GlossaryEdit,
  GlossaryEdited,
  GlossaryTerm,
  GlossaryTermInput,
  StaleFilter,
  StaleTranslation,
  Style,
  StyleInput,
  TermCase,
  TermName,
  TermTarget,
} from "./contract/glossary.ts";
export type { Hint } from "./contract/hint.ts";
export type { Item, ItemDefaults, PriorityClass, RegisterItem } from "./contract/item.ts";
export type { LockWait } from "./contract/lock-wait.ts";
export type {
  BatchMemory,
  MemoryFilter,
  MemoryImported,
  MemoryMatch,
  MemoryOrigin,
  MemoryPair,
  MemoryQuery,
  MemoryStore,
  MemoryUnit,
} from "./contract/memory.ts";
export type { OnceCall, OnceEnd, OnceKey } from "./contract/once.ts";
export type { Page, PageRequest } from "./contract/page.ts";
export type {
  ExportedText,
  ExportFilter,
  ListedTranslation,
  ListFilter,
  QueueReason,
  ReadOptions,
  ReviewFilter,
  ReviewPage,
  StoredExport,
  UseKey,
} from "./contract/read.ts";
export type { ItemReceipt, RegisterOptions } from "./contract/register.ts";
export {
  type Approval,
  type Contribution,
  type ContributionOutcome,
  type HistoryAction,
  type HistoryEntry,
  MAX_NOTE_BYTES,
  MAX_REVIEW_ACTS,
  type ReviewAct,
  type ReviewKind,
  type ReviewResult,
} from "./contract/review.ts";
export type { EngineLimitStatus, StoreStatus, WorkerStatus } from "./contract/status.ts";
export type { PersistenceHandler } from "./contract/store.ts";
export { MAX_STORED_TEXT_BYTES } from "./contract/text-size.ts";
export {
  type ApiToken,
  type StoredToken,
  TOKEN_SCOPES,
  type TokenGrant,
  type TokenScope,
  type TokenStore,
  type TokenToStore,
} from "./contract/token.ts";
export type { TransactionClient } from "./contract/transaction.ts";
export type {
  IdReference,
  NamedReference,
  OutdatedText,
  Prefer,
  StoredStatus,
  Translation,
  TranslationKey,
  TranslationReference,
  TranslationStatus,
} from "./contract/translation.ts";
export {
  USAGE_GROUPS,
  type UsageCounts,
  type UsageGroup,
  type UsageQuery,
  type UsageReport,
  type UsageRow,
} from "./contract/usage.ts";
export type {
  Webhook,
  WebhookChanges,
  WebhookClaim,
  WebhookName,
  WebhookOutcome,
  WebhookToCreate,
  WebhookTurn,
  WebhookType,
} from "./contract/webhook.ts";
export type { TranslationFacts } from "./contract/why.ts";
export type {
  EngineCall,
  FailedJob,
  ParkedFor,
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
export { formatEventCursor, parseEventCursor } from "./rules/event-cursor.ts";
export type { Instructions } from "./rules/instructions.ts";
export {
  DEFAULT_PROJECT,
  ITEM_KEYS,
  type ItemLimits,
  MAX_EXPIRY_SECONDS,
  parseItem,
} from "./rules/item.ts";
export { formatAmount, parseAmount } from "./rules/money.ts";
export { MAX_NAME_BYTES, parseName } from "./rules/name.ts";
export { type OptionKind, type OptionTable, optionCheck, optionKinds } from "./rules/options.ts";
export { PREFERENCES } from "./rules/prefer.ts";
export {
  ageOfPrices,
  type BilledUnits,
  boundOf,
  type Cost,
  costOf,
  isPriced,
  oldPrices,
  PRICES_AGE_DAYS,
  type PricedModels,
  type Prices,
  type PriceTable,
  priceTable,
} from "./rules/prices.ts";
export { mayAsk, noEngineAllowed, type ProjectEngines } from "./rules/project-engines.ts";
export { isSettled } from "./rules/settled.ts";
export { parseTag } from "./rules/tag.ts";
export { isSameToken, type PresentedToken, readToken, subjectOfToken } from "./rules/token.ts";
export { parseTranslationId, translationId } from "./rules/translation-id.ts";
export { EVENT_KINDS, WEBHOOK_TYPES } from "./rules/webhooks.ts";
export { type CallEstimate, estimateCalls, type TextToEstimate } from "./translate/estimate.ts";
export type { EngineLimitChange, EngineStop } from "./translate/limits/limiter.ts";
export { type StoppedEngine, type TriedEngines, tryStoppedEngines } from "./translate/limits/try-stopped.ts";
export type { MemoryLookup } from "./translate/memory-lookup.ts";
export { type EngineTurnTaken, type TranslateBatchOptions, translateBatch } from "./translate/translate-batch.ts";
