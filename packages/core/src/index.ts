/**
 * For applications: register texts, read translations, migrate at start-up.
 *
 * Other readers have doors of their own: `@trans-hub/core/engine` (authors of engines), `/store` (authors of stores and
 * workers), `/operations` (roles, migrations, facts about the server), `/testing`. A type that two readers need stands
 * behind both doors. `doors.test.ts` lists the names of each door.
 */
import "./supported-node.ts";

export type {
  Budget,
  BudgetPeriod,
  BudgetStatus,
  BudgetToSet,
  UsageConfirmation,
  UsageConfirmed,
} from "./contract/budget.ts";
export type { CollectOptions, CollectReport } from "./contract/collect.ts";
export type { ForgetReport, Pause, PauseTarget } from "./contract/control.ts";
export type {
  AttemptError,
  BestTry,
  DeadLetter,
  DeadLetterFilter,
  DeadLetterPageRequest,
} from "./contract/dead-letter.ts";
export type { Formality, TermKind, TextFormat } from "./contract/engine.ts";
export {
  BacklogFullError,
  CancelledError,
  ClosedError,
  CursorGoneError,
  DatabaseRefusedError,
  DatabaseUnavailableError,
  EngineNotAllowedError,
  EngineNotFoundError,
  FeedOpeningError,
  type InvalidItemCode,
  InvalidItemError,
  MigrationError,
  NotApprovedError,
  NothingToUndoError,
  RevisionChangedError,
  SchemaMissingError,
  SchemaNewerError,
  SettingsError,
  TransHubError,
  type TransHubErrorCode,
  TranslationNotFoundError,
  UnsupportedNodeError,
  WaitTimeoutError,
  WebhookNotFoundError,
  WebhooksOffError,
} from "./contract/errors.ts";
export type { EventKind, EventPage, FeedEvent } from "./contract/event.ts";
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
export type { Item, ItemDefaults } from "./contract/item.ts";
export type { Logger } from "./contract/logger.ts";
export type { MemoryMatch, MemoryOrigin, MemoryPair, MemoryUnit } from "./contract/memory.ts";
export type { OnceEnd, OnceKey } from "./contract/once.ts";
export type { Page, PageRequest } from "./contract/page.ts";
export type { ExportedText, ListedTranslation, QueueReason, ReviewPage } from "./contract/read.ts";
export type {
  ApprovalWarning,
  ApprovedTranslation,
  HistoryAction,
  HistoryEntry,
  ReviewKind,
  ReviewResult,
} from "./contract/review.ts";
export type { EngineLimitStatus, StoreStatus, WorkerStatus } from "./contract/status.ts";
export { type ApiToken, TOKEN_SCOPES, type TokenGrant, type TokenScope } from "./contract/token.ts";
export type { TransactionClient } from "./contract/transaction.ts";
export type {
  Outdated,
  Prefer,
  Priority,
  StoredStatus,
  Translation,
  TranslationStatus,
} from "./contract/translation.ts";
export type { UsageCounts, UsageGroup, UsageQuery, UsageReport, UsageRow } from "./contract/usage.ts";
export type { Webhook, WebhookChanges, WebhookName, WebhookType } from "./contract/webhook.ts";
export type { OpenFailure, TextUse, WaitingWork } from "./contract/why.ts";
export { Coordinator, type CreatedToken } from "./coordinator/coordinator.ts";
export type { EventsQuery, FollowQuery } from "./coordinator/follow-events.ts";
export type { EditGlossaryQuery, RetranslateReport, StaleQuery } from "./coordinator/glossary-queries.ts";
export type {
  MemoryListQuery,
  MemoryPairInput,
  MemoryReceipt,
  MemorySearchQuery,
  RejectedPair,
} from "./coordinator/memory-queries.ts";
export type { CoordinatorObserver, CoordinatorState, RequestEnd } from "./coordinator/observer.ts";
export type { ConnectOptions, CoordinatorOptions } from "./coordinator/options.ts";
export type { ProcessPendingOptions } from "./coordinator/process-pending.ts";
export type {
  CancelQuery,
  ExportQuery,
  ForgetQuery,
  GetOptions,
  GetQuery,
  IdQuery,
  ListQuery,
  ReadName,
  ReviewListQuery,
  TranslationName,
  WaitOptions,
  WaitQuery,
} from "./coordinator/queries.ts";
export type {
  EnqueueOptions,
  EnqueueReceipt,
  OnceReceipt,
  RejectedItem,
  RequestInput,
  RequestOptions,
  RequestReceipt,
} from "./coordinator/requests.ts";
export type {
  ApproveQuery,
  HistoryQuery,
  RejectQuery,
  ReviewActQuery,
  ReviewQuery,
  WhyQuery,
} from "./coordinator/review-queries.ts";
export type { Why, WhySection } from "./coordinator/why.ts";
export { applyMigrations, type MigrateOptions, type MigrationReport } from "./postgres/database/migrate.ts";
export { checkTranslation } from "./rules/check-translation.ts";
export type { InstructionSet, Instructions } from "./rules/instructions.ts";
export { canonicalLocale } from "./rules/locale.ts";
export type { CharacterPrice, PriceNumber, Prices, TokenPrice } from "./rules/prices.ts";
export type { ProjectEngines } from "./rules/project-engines.ts";
export type { TokenOptions } from "./rules/token.ts";
export type { WebhookInput } from "./rules/webhooks.ts";
export type { CheckFailure, CheckReport, CheckWarning } from "./text/checks/judge.ts";
export type { TranslationToCheck } from "./text/checks/subject.ts";
