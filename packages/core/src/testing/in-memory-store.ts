/**
 * What a store in memory holds, and the rules by which it changes. Every method is synchronous, so each is a transaction.
 *
 * The rules are those of the tables (DESIGN §4): a pending row at revision r is in exactly one batch at r, and nothing
 * that is decided about a row counts unless it is still pending at the revision it was claimed with.
 */
import { randomUUID } from "node:crypto";
import { contentId, contextKey } from "../content/identity.ts";
import type { TextFormat } from "../engine.ts";
import { RevisionChangedError, type TransHubError, TranslationNotFoundError } from "../errors.ts";
import { type PriorityClass, parseName, parseText, type RegisterItem } from "../item.ts";
import type {
  Approval,
  AttemptError,
  CollectOptions,
  CollectReport,
  DeadLetter,
  DeadLetterFilter,
  EngineCall,
  ItemReceipt,
  RegisterOptions,
  StoreStatus,
  WorkOutcome,
} from "../persistence-handler.ts";
import type {
  Translation,
  TranslationKey,
  TranslationReference,
  TranslationStatus,
} from "../translation/translation.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { InMemoryUses } from "./in-memory-uses.ts";

export interface InMemoryStoreOptions {
  /** Default: the system's. */
  clock?: Clock;
  /** The most texts of one batch. Default 50. */
  batchSize?: number;
  /** The most bytes of text of one batch; a single longer text is a batch of its own. Default 32,768. */
  batchBytes?: number;
}

interface Content {
  no: number;
  sourceLocale: string;
  text: string;
}

interface Context {
  no: number;
  canonical: string | null;
  format: TextFormat;
  createdAt: number;
}

export interface Row {
  readonly key: TranslationKey;
  readonly content: Content;
  readonly context: Context | undefined;
  status: TranslationStatus;
  priority: PriorityClass;
  revision: number;
  text: string | null;
  engine: string | null;
  model: string | null;
}

export interface BatchItem {
  readonly row: Row;
  readonly revision: number;
  readonly history: readonly AttemptError[];
}

export interface Batch {
  readonly id: string;
  readonly project: string;
  readonly sourceLocale: string;
  readonly targetLocale: string;
  items: readonly BatchItem[];
  /** Attempts already made at each of its texts. */
  readonly attempt: number;
  readonly priority: PriorityClass;
  /** Smaller is sooner: its level, then how much its lane had waiting. */
  readonly rank: number;
  readonly createdAt: number;
  readonly runAt: number;
  /** Who is working on it. */
  claimedBy: object | undefined;
  /** How often a member died while it worked on it. */
  crashes: number;
}

interface Letter extends DeadLetter {
  row: Row;
  isOpen: boolean;
  keptText: boolean;
}

/** Which work is meant. */
export interface Lane {
  locales?: readonly string[] | undefined;
  project?: string | undefined;
}

export class InMemoryStore {
  readonly clock: Clock;
  readonly #batchSize: number;
  readonly #batchBytes: number;
  readonly #contents = new Map<string, Content>();
  readonly #contexts = new Map<string, Context>();
  readonly #uses = new InMemoryUses();
  readonly #rows = new Map<string, Row>();
  readonly #batches = new Map<string, Batch>();
  readonly #letters = new Map<string, Letter>();
  readonly #calls = new Map<string, EngineCall>();
  readonly #listeners = new Set<() => void>();
  #inbox: { item: RegisterItem; options: RegisterOptions }[] = [];
  #lastNo = 0;
  #lastCollectionAt: number | null = null;

  constructor({ clock = SYSTEM_CLOCK, batchSize = 50, batchBytes = 32_768 }: InMemoryStoreOptions = {}) {
    this.clock = clock;
    this.#batchSize = batchSize;
    this.#batchBytes = batchBytes;
  }

  // --- Registering ---

  register(items: readonly RegisterItem[], options: RegisterOptions = {}): ItemReceipt[] {
    const made = new Set<Row>();
    const work = new Set<Row>();
    const receipts = items.map((item): ItemReceipt => {
      const receipt: ItemReceipt = { registered: 0, existing: 0, failed: 0 };
      const error = refusal(item);
      if (error !== undefined) return { ...receipt, error };
      const content = this.#contentOf(item);
      const context = this.#contextOf(item);
      this.#see(item.project, item.businessId, content.no, context?.no ?? 0);
      for (const targetLocale of item.targetLocales) {
        const isMade = this.#registerRow(item, content, context, targetLocale, options, made, work);
        if (isMade === "made") receipt.registered += 1;
        else receipt.existing += 1;
        if (isMade === "failed") receipt.failed += 1;
      }
      return receipt;
    });
    this.#enqueue([...work]);
    return receipts;
  }

  #registerRow(
    item: RegisterItem,
    content: Content,
    context: Context | undefined,
    targetLocale: string,
    options: RegisterOptions,
    made: Set<Row>,
    work: Set<Row>,
  ): "made" | "existing" | "failed" {
    const key = { contentNo: String(content.no), contextNo: context?.no ?? 0, targetLocale, project: item.project };
    const isVerbatim = item.verbatim || targetLocale === item.sourceLocale;
    const row = this.#rows.get(rowId(key));
    if (row === undefined) {
      const fresh: Row = {
        key,
        content,
        context,
        status: isVerbatim ? "translated" : "pending",
        priority: item.priority,
        revision: 1,
        text: isVerbatim ? item.text : null,
        engine: isVerbatim ? "none" : null,
        model: null,
      };
      this.#rows.set(rowId(key), fresh);
      made.add(fresh);
      if (!isVerbatim) work.add(fresh);
      return "made";
    }
    if (row.status === "pending") {
      if (item.priority < row.priority) {
        row.revision += 1;
        row.priority = item.priority;
        work.add(row);
      }
      return "existing";
    }
    const isStandIn = row.status === "translated" && row.engine === "pseudo" && isRealEngine(options.engine);
    const isForced = item.force && row.status !== "approved";
    if (!isVerbatim && !made.has(row) && (isForced || isStandIn)) {
      this.#putBackToWork(row);
      row.priority = item.priority;
      made.add(row);
      work.add(row);
      return "made";
    }
    return row.status === "failed" ? "failed" : "existing";
  }

  /** Keeps the text that readers have. */
  #putBackToWork(row: Row): void {
    row.status = "pending";
    this.#supersede(row);
  }

  /** Whatever was being done about a row is void from here on. */
  #supersede(row: Row): void {
    row.revision += 1;
    for (const letter of this.#openLetters({})) if (letter.row === row) letter.isOpen = false;
  }

  #contentOf({ sourceLocale, text }: RegisterItem): Content {
    const id = contentId(sourceLocale, text);
    const content = this.#contents.get(id) ?? { no: this.#nextNo(), sourceLocale, text };
    this.#contents.set(id, content);
    return content;
  }

  #contextOf({ context: canonical, format }: RegisterItem): Context | undefined {
    const key = contextKey(canonical, format);
    if (key === undefined) return undefined;
    const known = this.#contexts.get(key);
    const context = known ?? { no: this.#nextNo(), canonical, format, createdAt: this.clock.now() };
    this.#contexts.set(key, context);
    return context;
  }

  #see(project: string, businessId: string, contentNo: number, contextNo: number): void {
    this.#uses.see({ project, businessId, contentNo, contextNo, lastSeenAt: this.clock.now() });
  }

  appendToInbox(items: readonly RegisterItem[], options: RegisterOptions = {}): void {
    for (const item of items) this.#inbox.push({ item, options });
    this.changed();
  }

  registerInbox(): void {
    for (const { item, options } of this.#inbox.splice(0)) this.register([item], options);
  }

  // --- Reading ---

  read(reference: TranslationReference): Translation | undefined {
    const use = this.#useOf(reference);
    if (use === undefined) return undefined;
    const { contentNo, contextNo } = use;
    const { project, targetLocale } = reference;
    const row = this.#rows.get(rowId({ contentNo: String(contentNo), contextNo, targetLocale, project }));
    return row && this.#show(row);
  }

  readKey(key: TranslationKey): Translation | undefined {
    const row = this.#rows.get(rowId(key));
    return row && this.#show(row);
  }

  /** Rows of a project and locale, in the order of their keys. */
  rows(project: string, targetLocale: string): Row[] {
    return [...this.#rows.values()]
      .filter(({ key }) => key.project === project && key.targetLocale === targetLocale)
      .sort((one, other) => compareKeys(one.key, other.key));
  }

  show(row: Row): Translation {
    return this.#show(row);
  }

  touch(reference: TranslationReference): void {
    const use = this.#useOf(reference);
    if (use === undefined) return;
    const { project } = reference;
    // A read of a stranger's text is no use of it.
    if (!this.#uses.isUsed({ ...use, project })) return;
    // By text, a use by the text itself: touching its business ids could make an old text the one seen last.
    this.#see(project, "businessId" in reference ? reference.businessId : "", use.contentNo, use.contextNo);
  }

  #useOf(reference: TranslationReference): { contentNo: number; contextNo: number } | undefined {
    if ("businessId" in reference) return this.#uses.lastOf(reference);
    const content = this.#contents.get(contentId(reference.sourceLocale, reference.text));
    const key = contextKey(reference.context, reference.format);
    const contextNo = key === undefined ? 0 : this.#contexts.get(key)?.no;
    return content === undefined || contextNo === undefined ? undefined : { contentNo: content.no, contextNo };
  }

  #show(row: Row): Translation {
    const { key, content, context, status, text, engine, model, revision } = row;
    const letter = this.#openLetters({}).findLast((open) => open.row === row);
    return {
      project: key.project,
      sourceLocale: content.sourceLocale,
      targetLocale: key.targetLocale,
      sourceText: content.text,
      context: parseContext(context),
      businessIds: this.#uses.businessIds({
        project: key.project,
        contentNo: content.no,
        contextNo: key.contextNo,
      }),
      status,
      text,
      engine,
      model,
      revision,
      ...(letter !== undefined && { error: { code: letter.code, message: letter.message } }),
    };
  }

  // --- Reviewing and dead letters ---

  approve({ reference, text, revision }: Approval): Translation {
    const use = this.#useOf(reference);
    const { project, targetLocale } = reference;
    const row =
      use &&
      this.#rows.get(rowId({ contentNo: String(use.contentNo), contextNo: use.contextNo, targetLocale, project }));
    if (row === undefined) throw new TranslationNotFoundError("There is no such translation to approve");
    if (revision !== undefined && revision !== row.revision) throw new RevisionChangedError(revision, row.revision);
    if (text === undefined && row.text === null) {
      throw new TranslationNotFoundError("The translation has no text yet to approve", {
        hint: "Wait until it is translated, or give the text.",
      });
    }
    this.#supersede(row);
    row.status = "approved";
    if (text !== undefined) {
      row.text = text;
      row.engine = "human";
      row.model = null;
    }
    this.changed();
    return this.#show(row);
  }

  deadLetters(filter: DeadLetterFilter): DeadLetter[] {
    return this.#openLetters(filter).map(({ row: _row, isOpen: _isOpen, keptText: _keptText, ...letter }) => letter);
  }

  replay(filter: DeadLetterFilter): number {
    const again = new Set<Row>();
    for (const letter of this.#openLetters(filter)) {
      letter.isOpen = false;
      if (letter.row.status !== "failed" && letter.row.status !== "translated") continue;
      this.#putBackToWork(letter.row);
      again.add(letter.row);
    }
    this.#enqueue([...again]);
    return again.size;
  }

  purge(filter: DeadLetterFilter): number {
    const letters = this.#openLetters(filter);
    for (const { id, row } of letters) {
      this.#letters.delete(id);
      if (row.status === "failed") this.#rows.delete(rowId(row.key));
    }
    return letters.length;
  }

  #openLetters(filter: DeadLetterFilter): Letter[] {
    return [...this.#letters.values()].filter(
      (letter) =>
        letter.isOpen &&
        (filter.project === undefined || letter.project === filter.project) &&
        (filter.id === undefined || letter.id === filter.id) &&
        (filter.engine === undefined || letter.engine === filter.engine) &&
        (filter.targetLocale === undefined || letter.targetLocale === filter.targetLocale) &&
        (filter.code === undefined || letter.code === filter.code) &&
        (filter.since === undefined || letter.failedAt >= filter.since),
    );
  }

  // --- Collecting ---

  collect({ retentionDays, dryRun = false, includeApproved = false }: CollectOptions): CollectReport {
    const startedAt = this.clock.now();
    const cutoff = startedAt - retentionDays * DAY_MS;
    const uses = this.#uses.all();
    const aged = uses.filter(({ lastSeenAt }) => lastSeenAt < cutoff);
    const live = uses.filter(({ lastSeenAt }) => lastSeenAt >= cutoff);
    const usedRows = new Set(live.map(({ contentNo, contextNo, project }) => `${contentNo}/${contextNo}/${project}`));
    const isKept = ({ key, status }: Row) =>
      usedRows.has(`${key.contentNo}/${key.contextNo}/${key.project}`) || (status === "approved" && !includeApproved);
    const rows = entriesWhere(this.#rows, (row) => !isKept(row));
    const kept = [...this.#rows.values()].filter(isKept);
    const usedContents = new Set([...live.map(({ contentNo }) => contentNo), ...kept.map(({ content }) => content.no)]);
    const usedContexts = new Set([...live.map(({ contextNo }) => contextNo), ...kept.map(({ key }) => key.contextNo)]);
    const contents = entriesWhere(this.#contents, ({ no }) => !usedContents.has(no));
    const contexts = entriesWhere(this.#contexts, ({ no, createdAt }) => createdAt < cutoff && !usedContexts.has(no));
    if (!dryRun) {
      const gone = new Set(rows.map(([, row]) => row));
      for (const [id, { row }] of this.#letters) if (gone.has(row)) this.#letters.delete(id);
      for (const use of aged) this.#uses.remove(use);
      for (const [id, row] of rows) {
        // Whoever is translating it finds nothing to settle.
        row.revision += 1;
        this.#rows.delete(id);
      }
      for (const [id] of contents) this.#contents.delete(id);
      for (const [id] of contexts) this.#contexts.delete(id);
      this.#lastCollectionAt = startedAt;
    }
    return {
      dryRun,
      sources: aged.length,
      translations: rows.length,
      contents: contents.length,
      contexts: contexts.length,
    };
  }

  // --- Work ---

  /** Batches of a lane that nobody works on and whose time has come, the most urgent first. */
  ready(lane: Lane): Batch[] {
    const now = this.clock.now();
    return this.#waiting(lane)
      .filter(({ runAt }) => runAt <= now)
      .sort((one, other) => one.rank - other.rank);
  }

  /** When the next batch of a lane is due; undefined: none waits. Milliseconds since the epoch. */
  nextDueAt(lane: Lane): number | undefined {
    const times = this.#waiting(lane).map(({ runAt }) => runAt);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Every batch of a lane, those in hand included. */
  batches(lane: Lane): Batch[] {
    return [...this.#batches.values()].filter((batch) => isIn(batch, lane));
  }

  /**
   * Takes a batch in hand, or the first `maxItems` of it; the others wait on as they are. Gives those that are still to
   * be translated at their revision.
   */
  claim(batch: Batch, member: object, maxItems: number): readonly BatchItem[] {
    const standing = batch.items.filter(stands);
    if (standing.length === 0) {
      this.#batches.delete(batch.id);
      return [];
    }
    if (standing.length > maxItems) this.#put({ ...batch, items: standing.slice(maxItems) });
    batch.items = standing.slice(0, maxItems);
    batch.claimedBy = member;
    return batch.items;
  }

  /** The texts of a batch go on one by one. */
  takeApart(batch: Batch): void {
    this.#batches.delete(batch.id);
    for (const item of batch.items) this.#put({ ...batch, items: [item] });
  }

  /** What a member had in hand waits again: it is dead, or believed to be. */
  giveBack(member: object): void {
    for (const batch of this.#batches.values()) {
      if (batch.claimedBy !== member) continue;
      batch.claimedBy = undefined;
      batch.crashes += 1;
    }
    this.changed();
  }

  /** Changes nothing that is not the batch's any more, so it may come late or twice. */
  settle(
    batch: Batch,
    items: readonly BatchItem[],
    outcomes: readonly WorkOutcome[],
    calls: readonly EngineCall[],
  ): void {
    for (const call of calls) if (!this.#calls.has(call.callId)) this.#calls.set(call.callId, call);
    this.#batches.delete(batch.id);
    const successors = new Map<string, { outcome: WorkOutcome; delayMs: number; items: BatchItem[] }>();
    for (const [at, item] of items.entries()) {
      if (!stands(item)) continue;
      const { row, history } = item;
      const outcome = outcomes[at] ?? { kind: "released" };
      if (outcome.kind === "translated") {
        row.status = "translated";
        row.text = outcome.text;
        row.engine = outcome.engine;
        row.model = outcome.model;
      } else if (outcome.kind === "failed") {
        this.#bury(row, [...history, outcome.error], outcome.error);
      } else {
        row.revision += 1;
        const isSplit = outcome.kind === "retry" && outcome.split;
        const successor = successors.get(`${outcome.kind}/${isSplit}`) ?? { outcome, delayMs: 0, items: [] };
        successors.set(`${outcome.kind}/${isSplit}`, successor);
        if (outcome.kind !== "released") successor.delayMs = Math.max(successor.delayMs, outcome.delayMs);
        const errors = outcome.kind === "retry" ? [...history, outcome.error] : history;
        successor.items.push({ row, revision: row.revision, history: errors });
      }
    }
    for (const { outcome, delayMs, items: handed } of successors.values()) {
      const counts = outcome.kind === "retry";
      const half = counts && outcome.split ? Math.ceil(handed.length / 2) : handed.length;
      for (const part of [handed.slice(0, half), handed.slice(half)]) {
        if (part.length === 0) continue;
        const runAt = this.clock.now() + delayMs;
        this.#put({ ...batch, items: part, attempt: batch.attempt + (counts ? 1 : 0), runAt });
      }
    }
    this.changed();
  }

  #bury(row: Row, attempts: AttemptError[], { code, message, engine }: AttemptError): void {
    const keptText = row.text !== null;
    row.status = keptText ? "translated" : "failed";
    const id = String(this.#nextNo());
    this.#letters.set(id, {
      id,
      project: row.key.project,
      sourceLocale: row.content.sourceLocale,
      targetLocale: row.key.targetLocale,
      sourceText: row.content.text,
      context: parseContext(row.context),
      code,
      message,
      engine,
      failedAt: new Date(this.clock.now()),
      attempts,
      row,
      isOpen: true,
      keptText,
    });
  }

  /** Packs pending rows into batches of one (project, source, target, priority) each. */
  #enqueue(rows: readonly Row[]): void {
    const lanes = Map.groupBy(
      rows,
      ({ key, content, priority }) => `${key.project}\0${content.sourceLocale}\0${key.targetLocale}\0${priority}`,
    );
    for (const lane of lanes.values()) {
      let items: BatchItem[] = [];
      let bytes = 0;
      for (const row of lane) {
        const size = Buffer.byteLength(row.content.text);
        if (items.length > 0 && (items.length >= this.#batchSize || bytes + size > this.#batchBytes)) {
          this.#enqueueBatch(items);
          items = [];
          bytes = 0;
        }
        items.push({ row, revision: row.revision, history: [] });
        bytes += size;
      }
      this.#enqueueBatch(items);
    }
    this.changed();
  }

  #enqueueBatch(items: BatchItem[]): void {
    const [first] = items;
    if (first === undefined) return;
    const { key, content, priority } = first.row;
    const now = this.clock.now();
    this.#put({
      project: key.project,
      sourceLocale: content.sourceLocale,
      targetLocale: key.targetLocale,
      items,
      attempt: 0,
      priority,
      createdAt: now,
      runAt: now,
      crashes: 0,
    });
  }

  #put(batch: Omit<Batch, "id" | "rank" | "claimedBy">): void {
    const waiting = this.batches({ locales: [batch.targetLocale], project: batch.project }).length;
    const rank = batch.priority * 1_000 + Math.min(999, Math.floor(waiting / 8));
    const id = randomUUID();
    this.#batches.set(id, { ...batch, id, rank, claimedBy: undefined });
  }

  #waiting(lane: Lane): Batch[] {
    return this.batches(lane).filter(({ claimedBy }) => claimedBy === undefined);
  }

  // --- Looking on ---

  /** Calls a function after every change that may be work for somebody. Gives how to end that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Every engine call that was booked, oldest first. */
  get engineCalls(): readonly EngineCall[] {
    return [...this.#calls.values()];
  }

  status(project: string | undefined): Omit<StoreStatus, "workers"> {
    const none = () => ({ pending: 0, translated: 0, failed: 0, approved: 0 });
    const translations = none();
    const locales: StoreStatus["locales"] = {};
    for (const { key, status } of this.#rows.values()) {
      if (project !== undefined && key.project !== project) continue;
      locales[key.targetLocale] ??= none();
      const counts = locales[key.targetLocale] ?? none();
      counts[status] += 1;
      translations[status] += 1;
    }
    const now = this.clock.now();
    const batches = this.batches({ project }).filter(({ items }) => items.some(stands));
    const waiting = batches.filter(({ claimedBy }) => claimedBy === undefined);
    const due = waiting.filter(({ runAt }) => runAt <= now);
    const ages = due.map(({ createdAt, runAt }) => now - Math.max(createdAt, runAt));
    return {
      translations,
      locales,
      jobs: { ready: due.length, running: batches.length - waiting.length, scheduled: waiting.length - due.length },
      inbox: this.#inbox.length,
      oldestReadySeconds: ages.length === 0 ? null : Math.max(...ages) / 1_000,
      lastCollectionAt: this.#lastCollectionAt === null ? null : new Date(this.#lastCollectionAt),
    };
  }

  #nextNo(): number {
    this.#lastNo += 1;
    return this.#lastNo;
  }
}

const DAY_MS = 86_400_000;

/** Whether a batch's word about a row still counts. */
function stands({ row, revision }: BatchItem): boolean {
  return row.status === "pending" && row.revision === revision;
}

function isIn({ project, targetLocale }: Batch, lane: Lane): boolean {
  if (lane.project !== undefined && project !== lane.project) return false;
  return lane.locales === undefined || lane.locales.includes(targetLocale);
}

function isRealEngine(engine: string | undefined): boolean {
  return engine !== undefined && engine !== "pseudo";
}

function rowId({ contentNo, targetLocale, contextNo, project }: TranslationKey): string {
  return `${contentNo}/${targetLocale}/${contextNo}/${project}`;
}

function compareKeys(one: TranslationKey, other: TranslationKey): number {
  return Number(one.contentNo) - Number(other.contentNo) || one.contextNo - other.contextNo;
}

function parseContext(context: Context | undefined): Record<string, unknown> | null {
  return context?.canonical ? JSON.parse(context.canonical) : null;
}

function entriesWhere<Value>(map: ReadonlyMap<string, Value>, test: (value: Value) => boolean): [string, Value][] {
  return [...map].filter(([, value]) => test(value));
}

/** What a database would refuse, although the caller let it through. */
function refusal({ text, businessId, project }: RegisterItem): TransHubError | undefined {
  try {
    parseText(text, Number.POSITIVE_INFINITY);
    parseName(project, "project", "TH_PROJECT");
    if (businessId !== "") parseName(businessId, "businessId", "TH_BUSINESS_ID");
    return undefined;
  } catch (error) {
    return error as TransHubError;
  }
}
