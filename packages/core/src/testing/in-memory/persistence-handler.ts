/**
 * A store in the memory of one process, for tests of applications that use Trans-Hub, and of Trans-Hub itself. It keeps
 * the promises of `PersistenceHandler`, except that nothing outlives the process.
 */
import type { Budget, BudgetStatus, BudgetToSet, UsageConfirmation, UsageConfirmed } from "../../contract/budget.ts";
import type { CollectOptions, CollectReport } from "../../contract/collect.ts";
import type {
  CancelFilter,
  ForgetOptions,
  ForgetReference,
  ForgetReport,
  Pause,
  PauseTarget,
} from "../../contract/control.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetterPageRequest } from "../../contract/dead-letter.ts";
import type { EngineGate } from "../../contract/engine-gate.ts";
import { ClosedError } from "../../contract/errors.ts";
import type { EventPage, EventQuery, FeedListener } from "../../contract/event.ts";
import type {
  Glossary,
  GlossaryEdit,
  GlossaryEdited,
  StaleFilter,
  StaleTranslation,
  StyleInput,
} from "../../contract/glossary.ts";
import type { RegisterItem } from "../../contract/item.ts";
import type { MemoryStore } from "../../contract/memory.ts";
import type { OnceCall, OnceEnd, OnceKey } from "../../contract/once.ts";
import type { Page, PageRequest } from "../../contract/page.ts";
import {
  type ExportFilter,
  type ListedTranslation,
  type ListFilter,
  QUEUE_REASONS,
  type ReviewFilter,
  type ReviewPage,
  type StoredExport,
  type UseKey,
} from "../../contract/read.ts";
import type { ItemReceipt, RegisterOptions } from "../../contract/register.ts";
import type {
  Approval,
  Contribution,
  ContributionOutcome,
  HistoryEntry,
  ReviewAct,
  ReviewResult,
} from "../../contract/review.ts";
import type { StoreStatus, WorkerStatus } from "../../contract/status.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import type { TokenStore } from "../../contract/token.ts";
import type { TransactionClient } from "../../contract/transaction.ts";
import type {
  IdReference,
  NamedReference,
  OutdatedText,
  Prefer,
  Translation,
  TranslationKey,
  TranslationReference,
} from "../../contract/translation.ts";
import type { UsageQuery, UsageReport } from "../../contract/usage.ts";
import type {
  Webhook,
  WebhookChanges,
  WebhookClaim,
  WebhookName,
  WebhookOutcome,
  WebhookToCreate,
  WebhookTurn,
} from "../../contract/webhook.ts";
import type { TranslationFacts } from "../../contract/why.ts";
import type { TranslateWork, WorkOptions, WorkSummary } from "../../contract/work.ts";
import { checkBudget, checkConfirmation } from "../../rules/budgets.ts";
import { decodeCursor, decodeNamedCursor, decodeQueueCursor, encodeCursor, pageLimit } from "../../rules/cursor.ts";
import { parseEventQuery } from "../../rules/event-cursor.ts";
import { checkCollectOptions, checkWorkOptions } from "../../rules/store-options.ts";
import { checkUsageQuery } from "../../rules/usage-report.ts";
import { checkWebhook, checkWebhookChanges } from "../../rules/webhooks.ts";
import { InMemoryStore } from "./store.ts";
import { InMemoryWork } from "./work.ts";

/**
 * Replaces the transaction of an application that has no database in its tests: pass its `client` to `request(…, {
 * client })`.
 */
export interface InMemoryTransaction {
  readonly client: TransactionClient;
  /** The enqueued items are registered by the next member that works. */
  commit(): Promise<void>;
  /** The enqueued items are dropped. */
  rollback(): Promise<void>;
}

const transactions = new WeakMap<object, (() => void)[]>();

export class InMemoryPersistenceHandler implements PersistenceHandler {
  readonly #store: InMemoryStore;
  readonly #works = new Map<InMemoryWork, Promise<unknown>>();
  readonly #startedAt = new Date();
  #isClosed = false;

  /** @param store Several handlers over one store are several members of its fleet. Default: a new one. */
  constructor(store: InMemoryStore = new InMemoryStore()) {
    this.#store = store;
  }

  get engineGate(): EngineGate {
    return this.#store.engineGate;
  }

  get tokens(): TokenStore {
    return this.#open().tokens;
  }

  get memory(): MemoryStore {
    return this.#open().memory;
  }

  async register(items: readonly RegisterItem[], options?: RegisterOptions): Promise<ItemReceipt[]> {
    return this.#open().register(items, options);
  }

  async registerOnce<Answer>(
    key: OnceKey,
    calls: readonly OnceCall[],
    answerOf: (receipts: readonly ItemReceipt[][]) => Answer,
  ): Promise<OnceEnd<Answer>> {
    return this.#open().registerOnce(key, calls, answerOf);
  }

  /** A client that does not come from {@link begin} counts as a transaction that commits at once. */
  async enqueue(client: TransactionClient, items: readonly RegisterItem[], options?: RegisterOptions): Promise<void> {
    const store = this.#open();
    const append = () => store.appendToInbox(items, options);
    const transaction = transactions.get(client);
    if (transaction === undefined) append();
    else transaction.push(append);
  }

  /** Opens a transaction to enqueue in. */
  begin(): InMemoryTransaction {
    this.#open();
    const client: TransactionClient = {
      query: async () => {
        throw new TypeError("a transaction of InMemoryPersistenceHandler has no database behind it");
      },
    };
    transactions.set(client, []);
    const end = (appends: (() => void)[]) => {
      transactions.delete(client);
      for (const append of appends) append();
    };
    return {
      client,
      commit: async () => end(transactions.get(client) ?? []),
      rollback: async () => end([]),
    };
  }

  async read(references: readonly TranslationReference[]): Promise<(Translation | undefined)[]> {
    const store = this.#open();
    return references.map((reference) => store.read(reference));
  }

  async readKeys(keys: readonly TranslationKey[]): Promise<Translation[]> {
    const store = this.#open();
    return keys.flatMap((key) => store.readKey(key) ?? []);
  }

  async list(filter: ListFilter, page: PageRequest = {}): Promise<Page<Translation>> {
    const store = this.#open();
    const { project, targetLocale, status, flag, businessIdPrefix: prefix } = filter;
    const [contentNo = -1, contextNo = -1] = (decodeCursor(page.cursor, 2) ?? []).map(Number);
    const found = store
      .rows(project, targetLocale)
      .filter(
        ({ key }) =>
          Number(key.contentNo) > contentNo || (Number(key.contentNo) === contentNo && key.contextNo > contextNo),
      )
      .map((row) => ({ key: row.key, translation: store.show(row) }))
      .filter(({ translation }) => status === undefined || translation.status === status)
      .filter(({ translation }) => flag === undefined || translation.flags.includes(flag))
      .filter(({ translation }) => prefix === undefined || translation.businessIds.some((id) => id.startsWith(prefix)));
    return paged(
      found,
      page,
      ({ key }) => [key.contentNo, String(key.contextNo)],
      ({ translation }) => translation,
    );
  }

  /** Rows have no time here: each counts as changed at this moment. */
  async listForReview(filter: ReviewFilter, page: PageRequest = {}): Promise<ReviewPage> {
    const store = this.#open();
    const { project, targetLocale, queue, businessIdPrefix: prefix = "" } = filter;
    const begin =
      queue === undefined
        ? { reason: 0, place: decodeNamedCursor(page.cursor, 2) }
        : decodeQueueCursor(page.cursor, QUEUE_REASONS.length);
    const all = store.rows(project, targetLocale).map((row) => {
      const translation = store.show(row);
      const id = translation.businessIds.find((each) => each.startsWith(prefix)) ?? (prefix === "" ? "" : undefined);
      const reason = queue && store.reasonToReview(row, queue.sample);
      const place = reason === undefined ? 0 : QUEUE_REASONS.indexOf(reason);
      return { key: row.key, translation, id, reason, place };
    });
    const rows = all
      .filter(({ key, id, place }) => {
        if (begin?.place === undefined || place > begin.reason) return true;
        return place === begin.reason && isAfter({ ...key, id: id ?? "" }, begin.place);
      })
      .toSorted((one, other) => one.place - other.place || compareNames(one.id, other.id));
    const found = rows.filter(
      ({ translation, id, reason }) =>
        id !== undefined && (queue === undefined || reason !== undefined) && fits(translation, filter),
    );
    const shown = paged(
      found,
      page,
      ({ key, id, place }) => [key.contentNo, String(key.contextNo), `${queue === undefined ? "" : place}${id ?? ""}`],
      ({ translation, reason }): ListedTranslation => ({ ...translation, ...(reason !== undefined && { reason }) }),
    );
    return { ...shown, lookedAt: rows.length };
  }

  async exportTexts(filter: ExportFilter, { cursor, limit = 10_000 }: PageRequest = {}): Promise<Page<StoredExport>> {
    const after = cursor === undefined ? "" : Buffer.from(cursor, "base64url").toString();
    const found = this.#open()
      .exportTexts(filter)
      .filter(({ businessId }) => businessId > after);
    const items = found.slice(0, Math.max(1, Math.trunc(limit)));
    const last = items.at(-1);
    const isLast = last === undefined || items.length === found.length;
    return { items, nextCursor: isLast ? null : Buffer.from(last.businessId).toString("base64url") };
  }

  async touchUses(project: string, uses: readonly UseKey[]): Promise<void> {
    this.#open().touchUses(project, uses);
  }

  async touch(references: readonly NamedReference[]): Promise<void> {
    const store = this.#open();
    for (const reference of references) store.touch(reference);
  }

  async approve(approval: Approval): Promise<Translation> {
    return this.#open().approve(approval);
  }

  async review(acts: readonly ReviewAct[]): Promise<ReviewResult[]> {
    return this.#open().review(acts);
  }

  async history(reference: TranslationReference, page: PageRequest = {}): Promise<Page<HistoryEntry>> {
    const [before = Number.POSITIVE_INFINITY] = (decodeCursor(page.cursor, 1) ?? []).map(Number);
    const older = this.#open()
      .history(reference)
      .filter(({ actId }) => Number(actId) < before);
    return paged(
      older,
      page,
      ({ actId }) => [actId],
      (entry) => entry,
    );
  }

  async readOutdated(
    references: readonly Extract<NamedReference, { businessId: string }>[],
    { prefer }: { prefer: Prefer },
  ): Promise<(OutdatedText | undefined)[]> {
    const store = this.#open();
    return references.map((reference) => store.outdated(reference, prefer));
  }

  async why(reference: IdReference): Promise<TranslationFacts | undefined> {
    return this.#open().facts(reference);
  }

  async contribute(contributions: readonly Contribution[]): Promise<ContributionOutcome[]> {
    return this.#open().contribute(contributions);
  }

  async collect(options: CollectOptions): Promise<CollectReport> {
    return this.#open().collect(checkCollectOptions(options));
  }

  async forget(reference: ForgetReference, options?: ForgetOptions): Promise<ForgetReport> {
    return this.#open().forget(reference, options);
  }

  async cancel(filter: CancelFilter): Promise<number> {
    return this.#open().cancel(filter);
  }

  async pause(target: PauseTarget): Promise<Pause[]> {
    return this.#open().pause(target);
  }

  async resume(target: PauseTarget): Promise<Pause[]> {
    return this.#open().resume(target);
  }

  async setBudget(budget: BudgetToSet): Promise<BudgetStatus[]> {
    return this.#open().setBudget(checkBudget(budget));
  }

  async removeBudget(budget: Pick<Budget, "project" | "per">): Promise<boolean> {
    return this.#open().removeBudget(budget);
  }

  async listBudgets(project?: string): Promise<BudgetStatus[]> {
    return this.#open().listBudgets(project);
  }

  async readGlossary(project: string): Promise<Glossary> {
    return this.#open().glossaries.read(project);
  }

  async editGlossary(edit: GlossaryEdit): Promise<GlossaryEdited> {
    return this.#open().glossaries.edit(edit);
  }

  async setStyle(style: StyleInput): Promise<Glossary> {
    return this.#open().glossaries.setStyle(style);
  }

  async removeStyle(project: string, targetLocale: string | null): Promise<boolean> {
    return this.#open().glossaries.removeStyle(project, targetLocale);
  }

  async listStale(filter: StaleFilter, page: PageRequest = {}): Promise<Page<StaleTranslation>> {
    const store = this.#open();
    const [contentNo = -1, contextNo = -1] = (decodeCursor(page.cursor, 2) ?? []).map(Number);
    const stale = store.glossaries
      .stale(filter)
      .filter(
        ({ row: { key } }) =>
          Number(key.contentNo) > contentNo || (Number(key.contentNo) === contentNo && key.contextNo > contextNo),
      )
      .sort(
        (a, b) =>
          Number(a.row.key.contentNo) - Number(b.row.key.contentNo) || a.row.key.contextNo - b.row.key.contextNo,
      );
    return paged(
      stale,
      page,
      ({ row: { key } }) => [key.contentNo, String(key.contextNo)],
      ({ row, term, since }) => ({ translation: store.show(row), format: row.context?.format ?? "auto", term, since }),
    );
  }

  async confirmUsage(confirmation: UsageConfirmation): Promise<UsageConfirmed> {
    return this.#open().confirmUsage(checkConfirmation(confirmation));
  }

  async events(query: EventQuery = {}): Promise<EventPage> {
    return this.#open().events(parseEventQuery(query));
  }

  watchEvents(listener: FeedListener): () => void {
    return this.#open().watchEvents(listener);
  }

  async createWebhook(webhook: WebhookToCreate): Promise<Webhook> {
    return this.#open().webhooks.create(checkWebhook(webhook), (await this.events({ after: "now", limit: 1 })).next);
  }

  async listWebhooks(project?: string): Promise<Webhook[]> {
    return this.#open().webhooks.list(project);
  }

  async changeWebhook(name: WebhookName, changes: WebhookChanges): Promise<Webhook> {
    return this.#open().webhooks.change(name, checkWebhookChanges(changes));
  }

  async rotateWebhook(name: WebhookName, overlapSeconds: number): Promise<Webhook> {
    return this.#open().webhooks.rotate(name, overlapSeconds);
  }

  async removeWebhook(name: WebhookName): Promise<boolean> {
    return this.#open().webhooks.remove(name);
  }

  async claimWebhooks(claim: WebhookClaim): Promise<WebhookTurn[]> {
    return this.#open().webhooks.claim(claim);
  }

  async noteWebhook(turn: WebhookTurn, outcome: WebhookOutcome, leaseMs: number): Promise<Webhook | undefined> {
    return this.#open().webhooks.note(turn, outcome, leaseMs);
  }

  async status(project?: string): Promise<StoreStatus> {
    return {
      ...this.#open().status(project),
      workers: [...this.#works.keys()].map((work, at) => this.#worker(work, at)),
    };
  }

  async usage(query: UsageQuery = {}): Promise<UsageReport> {
    return this.#open().usage(checkUsageQuery(query));
  }

  async listDeadLetters(filter: DeadLetterFilter, page: DeadLetterPageRequest = {}): Promise<Page<DeadLetter>> {
    const [after = 0] = (decodeCursor(page.cursor, 1) ?? []).map(Number);
    const found = this.#open()
      .deadLetters(filter)
      .filter(({ id }) => Number(id) > after);
    return paged(
      found,
      page,
      ({ id }) => [id],
      ({ bestTry = null, ...letter }) => (page.withBestTry === true ? { ...letter, bestTry } : letter),
    );
  }

  async countDeadLetters(filter: DeadLetterFilter): Promise<number> {
    return this.#open().deadLetters(filter).length;
  }

  async replayDeadLetters(filter: DeadLetterFilter): Promise<number> {
    return this.#open().replay(filter);
  }

  async purgeDeadLetters(filter: DeadLetterFilter): Promise<number> {
    return this.#open().purge(filter);
  }

  async work(options: WorkOptions, translate: TranslateWork): Promise<WorkSummary> {
    const work = new InMemoryWork(this.#open(), this, checkWorkOptions(options), translate);
    const running = work.run();
    this.#works.set(
      work,
      running.catch(() => undefined),
    );
    try {
      return await running;
    } finally {
      this.#works.delete(work);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const work of this.#works.keys()) work.end();
    await Promise.all(this.#works.values());
  }

  /** Ends this member like kill -9: it never settles its work, which waits for the others. */
  crash(): void {
    this.#isClosed = true;
    for (const work of this.#works.keys()) work.die();
    this.#store.giveBack(this);
  }

  /** Makes the others believe this living member dead: they take its work over while it goes on. */
  giveUp(): void {
    this.#store.giveBack(this);
  }

  #open(): InMemoryStore {
    if (this.#isClosed) throw new ClosedError("The store is closed");
    return this.#store;
  }

  #worker(work: InMemoryWork, at: number): WorkerStatus {
    return {
      id: `in-memory-${at + 1}`,
      host: "localhost",
      pid: process.pid,
      version: "in-memory",
      startedAt: this.#startedAt,
      beatSecondsAgo: 0,
      ...work.member,
    };
  }
}

/** In the order of the ids, then of the keys. */
function isAfter(row: TranslationKey & { id: string }, { key, name }: { key: string[]; name: string }): boolean {
  if (row.id !== name) return row.id > name;
  const [contentNo, contextNo] = key.map(Number);
  return (
    Number(row.contentNo) > (contentNo ?? 0) ||
    (Number(row.contentNo) === contentNo && row.contextNo > (contextNo ?? 0))
  );
}

function paged<Found, Item>(
  found: readonly Found[],
  page: PageRequest,
  keyOf: (found: Found) => string[],
  itemOf: (found: Found) => Item,
): Page<Item> {
  const shown = found.slice(0, pageLimit(page));
  const last = shown.at(-1);
  const nextCursor = last !== undefined && shown.length < found.length ? encodeCursor(keyOf(last)) : null;
  return { items: shown.map(itemOf), nextCursor };
}

function fits(translation: Translation, { status, flag, engine, search, changedSince }: ReviewFilter): boolean {
  const words = search?.toLowerCase();
  return (
    (status === undefined || translation.status === status) &&
    (flag === undefined || translation.flags.includes(flag)) &&
    (engine === undefined || translation.engine === engine) &&
    (changedSince === undefined || changedSince.getTime() <= Date.now()) &&
    (words === undefined ||
      [translation.sourceText, translation.text ?? ""].some((text) => text.toLowerCase().includes(words)))
  );
}

function compareNames(one = "", other = ""): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
