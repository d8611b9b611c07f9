/**
 * The content of a store in memory, and the rules of its changes. Every method is synchronous, so each is a
 * transaction.
 *
 * The rules are those of the tables: a pending row at revision r is in exactly one batch at r, and a decision about a
 * row counts only while the row is still pending at the revision of the claim.
 */

import type { CollectOptions, CollectReport } from "../../contract/collect.ts";
import type { CancelFilter, ForgetReference, ForgetReport, Pause, PauseTarget } from "../../contract/control.ts";
import type { AttemptError, DeadLetter, DeadLetterFilter } from "../../contract/dead-letter.ts";
import {
  BacklogFullError,
  RevisionChangedError,
  type TransHubError,
  TranslationBlockedError,
  TranslationNotFoundError,
} from "../../contract/errors.ts";
import type { RegisterItem } from "../../contract/item.ts";
import type { ItemReceipt, RegisterOptions } from "../../contract/register.ts";
import type { Approval } from "../../contract/review.ts";
import type { StoreStatus } from "../../contract/status.ts";
import type { Translation, TranslationKey, TranslationReference } from "../../contract/translation.ts";
import type { EngineCall, WorkOutcome } from "../../contract/work.ts";
import { contentId, contextKey } from "../../rules/identity.ts";
import { parseName, parseText } from "../../rules/item.ts";
import { Pauses, pauseOf } from "../../rules/pauses.ts";
import { LocalEngineGate } from "../../translate/limits/local-engine-gate.ts";
import { type Batch, type BatchItem, InMemoryBatches, stands } from "./batches.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { InMemoryLetters } from "./letters.ts";
import { type Content, type Context, compareKeys, parseContext, type Row, rowId } from "./row.ts";
import { InMemoryUses } from "./uses.ts";

export interface InMemoryStoreOptions {
  /** Default: the system's. */
  clock?: Clock;
  /** The most texts of one batch. Default 50. */
  batchSize?: number;
  /** The most bytes of text of one batch; a single longer text is a batch of its own. Default 32,768. */
  batchBytes?: number;
}

export class InMemoryStore {
  readonly clock: Clock;
  /** Claimed by `InMemoryWork`; the outcomes of a claim go to {@link settle}. */
  readonly batches: InMemoryBatches;
  readonly engineGate: LocalEngineGate;
  readonly #contents = new Map<string, Content>();
  readonly #contexts = new Map<string, Context>();
  /** The pauses in a worker's form. */
  pauses = new Pauses([]);
  #paused: Pause[] = [];
  readonly #uses = new InMemoryUses();
  readonly #rows = new Map<string, Row>();
  readonly #letters = new InMemoryLetters();
  readonly #calls = new Map<string, EngineCall>();
  /** How many texts were stored with each warning, by project. */
  readonly #flagged = new Map<string, Map<string, number>>();
  readonly #listeners = new Set<() => void>();
  #inbox: { item: RegisterItem; options: RegisterOptions; at: number }[] = [];
  #lastNo = 0;
  #lastCollectionAt: number | null = null;

  constructor({ clock = SYSTEM_CLOCK, batchSize = 50, batchBytes = 32_768 }: InMemoryStoreOptions = {}) {
    this.clock = clock;
    this.batches = new InMemoryBatches({ clock, batchSize, batchBytes, pauses: () => this.pauses });
    this.engineGate = new LocalEngineGate(() => clock.now());
  }

  // --- Registering ---

  register(items: readonly RegisterItem[], options: RegisterOptions = {}): ItemReceipt[] {
    const made = new Set<Row>();
    const work = new Set<Row>();
    let room = (options.maxBacklog ?? Number.POSITIVE_INFINITY) - this.#backlog();
    const receipts = items.map((item): ItemReceipt => {
      const receipt: ItemReceipt = { registered: 0, existing: 0, failed: 0 };
      const error = refusal(item);
      if (error !== undefined) return { ...receipt, error };
      const newRows = this.#newRows(item);
      room -= newRows;
      if (newRows > 0 && room < 0) return { ...receipt, error: new BacklogFullError() };
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
    this.#enqueue(work);
    return receipts;
  }

  /** Number of waiting texts. */
  #backlog(): number {
    return this.batches.of({}).reduce((sum, { items }) => sum + items.filter(stands).length, 0);
  }

  /** Number of an item's rows that would be new work. */
  #newRows(item: RegisterItem): number {
    const content = this.#contents.get(contentId(item.sourceLocale, item.text));
    const contextNo = this.#contextNoOf(item);
    return item.targetLocales.filter((targetLocale) => {
      if (item.verbatim || targetLocale === item.sourceLocale) return false;
      if (content === undefined || contextNo === undefined) return true;
      const key = { contentNo: String(content.no), contextNo, targetLocale, project: item.project };
      const row = this.#rows.get(rowId(key));
      return row === undefined || (item.force && (row.status === "translated" || row.status === "failed"));
    }).length;
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
        // Above every revision of earlier rows of this key: a reader of an earlier row has not read this one.
        revision: this.#nextNo() * 1_000,
        text: isVerbatim ? item.text : null,
        engine: isVerbatim ? "none" : null,
        model: null,
        flags: [],
        expiresAt: this.#expiryOf(item),
      };
      this.#rows.set(rowId(key), fresh);
      made.add(fresh);
      if (!isVerbatim) work.add(fresh);
      return "made";
    }
    if (row.status === "pending") {
      row.expiresAt = Math.max(row.expiresAt, this.#expiryOf(item));
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
      row.expiresAt = this.#expiryOf(item);
      row.priority = item.priority;
      made.add(row);
      work.add(row);
      return "made";
    }
    return row.status === "failed" ? "failed" : "existing";
  }

  #expiryOf({ expiresAfterSeconds: seconds }: RegisterItem): number {
    return seconds === null ? Number.POSITIVE_INFINITY : this.clock.now() + seconds * 1_000;
  }

  /** Keeps the text that readers have. */
  #putBackToWork(row: Row): void {
    row.status = "pending";
    row.expiresAt = Number.POSITIVE_INFINITY;
    this.#supersede(row);
  }

  /** Makes all running work on a row void. */
  #supersede(row: Row): void {
    row.revision += 1;
    this.#letters.closeAbout(new Set([row]));
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
    for (const item of items) this.#inbox.push({ item, options, at: this.clock.now() });
    this.changed();
  }

  registerInbox(): void {
    for (const { item, options, at } of this.#inbox.splice(0)) {
      const { expiresAfterSeconds: seconds } = item;
      // Counted from the request on.
      const left = seconds === null ? null : Math.max(0, seconds - (this.clock.now() - at) / 1_000);
      this.register([{ ...item, expiresAfterSeconds: left }], options);
    }
  }

  // --- Reading ---

  read(reference: TranslationReference): Translation | undefined {
    const use = this.#useOf(reference);
    if (use === undefined) return undefined;
    const { contentNo, contextNo } = use;
    const { project, targetLocale } = reference;
    const row = this.#rows.get(rowId({ contentNo: String(contentNo), contextNo, targetLocale, project }));
    return row && this.show(row);
  }

  readKey(key: TranslationKey): Translation | undefined {
    const row = this.#rows.get(rowId(key));
    return row && this.show(row);
  }

  /** Rows of a project and locale, in the order of their keys. */
  rows(project: string, targetLocale: string): Row[] {
    return [...this.#rows.values()]
      .filter(({ key }) => key.project === project && key.targetLocale === targetLocale)
      .sort((one, other) => compareKeys(one.key, other.key));
  }

  touch(reference: TranslationReference): void {
    const use = this.#useOf(reference);
    if (use === undefined) return;
    const { project } = reference;
    // Reading a text of another project is no use of it.
    if (!this.#uses.isUsed({ ...use, project })) return;
    // Read by its text, the text itself is used: touching its business ids could make an old text the one seen last.
    this.#see(project, "businessId" in reference ? reference.businessId : "", use.contentNo, use.contextNo);
  }

  #useOf(reference: TranslationReference): { contentNo: number; contextNo: number } | undefined {
    if ("businessId" in reference) return this.#uses.lastOf(reference);
    const content = this.#contents.get(contentId(reference.sourceLocale, reference.text));
    const contextNo = this.#contextNoOf(reference);
    return content === undefined || contextNo === undefined ? undefined : { contentNo: content.no, contextNo };
  }

  /** A row in the application's form. */
  show(row: Row): Translation {
    const { key, content, context, status, text, engine, model, flags, revision } = row;
    const letter = this.#letters.about(row);
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
      flags: [...flags],
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
    row.flags = [];
    if (text !== undefined) {
      row.text = text;
      row.engine = "human";
      row.model = null;
    }
    this.changed();
    return this.show(row);
  }

  deadLetters(filter: DeadLetterFilter): DeadLetter[] {
    return this.#letters.find(filter).map(({ row: _row, ...letter }) => letter);
  }

  replay(filter: DeadLetterFilter): number {
    const again = new Set<Row>();
    for (const letter of this.#letters.find(filter)) {
      this.#letters.close(letter);
      if (letter.row.status !== "failed" && letter.row.status !== "translated") continue;
      this.#putBackToWork(letter.row);
      again.add(letter.row);
    }
    this.#enqueue(again);
    return again.size;
  }

  purge(filter: DeadLetterFilter): number {
    const letters = this.#letters.find(filter);
    for (const letter of letters) {
      this.#letters.close(letter);
      if (letter.row.status === "failed") this.#rows.delete(rowId(letter.row.key));
    }
    return letters.length;
  }

  // --- Collecting ---

  collect({ project, retentionDays, dryRun = false, includeApproved = false }: CollectOptions): CollectReport {
    const startedAt = this.clock.now();
    const cutoff = startedAt - retentionDays * DAY_MS;
    const isOthers = (its: { project: string }) => project !== undefined && its.project !== project;
    const uses = this.#uses.all();
    const aged = uses.filter((use) => use.lastSeenAt < cutoff && !isOthers(use));
    const live = uses.filter((use) => use.lastSeenAt >= cutoff || isOthers(use));
    const usedRows = new Set(live.map(({ contentNo, contextNo, project }) => `${contentNo}/${contextNo}/${project}`));
    const isKept = ({ key, status }: Row) =>
      isOthers(key) ||
      usedRows.has(`${key.contentNo}/${key.contextNo}/${key.project}`) ||
      (status === "approved" && !includeApproved);
    const rows = entriesWhere(this.#rows, (row) => !isKept(row));
    const kept = [...this.#rows.values()].filter(isKept);
    const usedContents = new Set([...live.map(({ contentNo }) => contentNo), ...kept.map(({ content }) => content.no)]);
    const usedContexts = new Set([...live.map(({ contextNo }) => contextNo), ...kept.map(({ key }) => key.contextNo)]);
    const contents = entriesWhere(this.#contents, ({ no }) => !usedContents.has(no));
    const contexts = entriesWhere(this.#contexts, ({ no, createdAt }) => createdAt < cutoff && !usedContexts.has(no));
    if (!dryRun) {
      this.#letters.closeAbout(new Set(rows.map(([, row]) => row)));
      for (const use of aged) this.#uses.remove(use);
      for (const [id, row] of rows) {
        // Running work on it finds nothing to settle.
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

  // --- Control ---

  forget(reference: ForgetReference): ForgetReport {
    const { project } = reference;
    const byId = "businessId" in reference;
    const isMeant = (contentNo: number, contextNo: number) => {
      if (byId) return true;
      if (contentNo !== this.#contents.get(contentId(reference.sourceLocale, reference.text))?.no) return false;
      return reference.within === undefined || contextNo === this.#contextNoOf(reference.within);
    };
    const uses = this.#uses
      .all()
      .filter((use) => use.project === project && isMeant(use.contentNo, use.contextNo))
      .filter((use) => !byId || use.businessId === reference.businessId);
    for (const use of uses) this.#uses.remove(use);
    const ownRows = [...this.#rows.values()].filter(({ key }) => key.project === project);
    const named = new Map([
      ...uses.map((use) => [`${use.contentNo}/${use.contextNo}`, use] as const),
      ...ownRows
        .map(({ content, key }) => ({ contentNo: content.no, contextNo: key.contextNo }))
        .filter(({ contentNo, contextNo }) => !byId && isMeant(contentNo, contextNo))
        .map((row) => [`${row.contentNo}/${row.contextNo}`, row] as const),
    ]);
    const gone = [...named.values()].filter((text) => this.#uses.businessIds({ project, ...text }).length === 0);
    for (const { contentNo, contextNo } of gone) {
      // A read by the text makes a use too, which is not a request to keep it.
      this.#uses.remove({ project, businessId: "", contentNo, contextNo });
    }
    const texts = new Set(gone.map(({ contentNo, contextNo }) => `${contentNo}/${contextNo}`));
    const rows = ownRows.filter(({ content, key }) => texts.has(`${content.no}/${key.contextNo}`));
    this.#letters.closeAbout(new Set(rows));
    for (const row of rows) {
      // Running work on it finds nothing to settle.
      row.revision += 1;
      this.#rows.delete(rowId(row.key));
    }
    this.#dropUnused(named.values());

    const waiting = this.#inbox.length;
    this.#inbox = this.#inbox.filter(({ item }) => {
      if (item.project !== project) return true;
      if (byId) return item.businessId !== reference.businessId;
      if (item.text !== reference.text || item.sourceLocale !== reference.sourceLocale) return true;
      const { within } = reference;
      return (
        within !== undefined && contextKey(within.context, within.format) !== contextKey(item.context, item.format)
      );
    });
    const contents = new Set([...this.#contents.values()].map(({ no }) => no));
    const stillUsed = new Set([...named.values()].map(({ contentNo }) => contentNo).filter((no) => contents.has(no)));
    return { forgotten: gone.length + waiting - this.#inbox.length, stillUsed: stillUsed.size };
  }

  cancel({ project, targetLocale, businessIdPrefix: prefix }: CancelFilter): number {
    this.registerInbox();
    const isMeant = ({ key, content, status }: Row) => {
      if (status !== "pending" || key.project !== project) return false;
      if (targetLocale !== undefined && key.targetLocale !== targetLocale) return false;
      const ids = this.#uses.businessIds({ project, contentNo: content.no, contextNo: key.contextNo });
      return prefix === undefined || (ids.length > 0 && ids.every((id) => id.startsWith(prefix)));
    };
    const cancelled = [...this.#rows.values()].filter(isMeant);
    for (const row of cancelled) {
      row.revision += 1;
      if (row.text === null) this.#rows.delete(rowId(row.key));
      else row.status = "translated";
    }
    this.changed();
    return cancelled.length;
  }

  pause(target: PauseTarget): Pause[] {
    const { kind, name } = pauseOf(target);
    const isThere = this.#paused.some((pause) => pause.kind === kind && pause.name === name);
    if (!isThere) this.#setPaused([...this.#paused, { kind, name, since: new Date(this.clock.now()) }]);
    return [...this.#paused];
  }

  resume(target: PauseTarget): Pause[] {
    const { kind, name } = pauseOf(target);
    this.#setPaused(
      this.#paused.filter((pause) => kind !== "everything" && !(pause.kind === kind && pause.name === name)),
    );
    this.batches.bringForward();
    this.changed();
    return [...this.#paused];
  }

  #setPaused(paused: Pause[]): void {
    this.#paused = paused.toSorted((one, other) => (keyOfPause(one) < keyOfPause(other) ? -1 : 1));
    this.pauses = new Pauses(paused);
  }

  /** Deletes those of the given texts and contexts that have neither a use nor a row. */
  #dropUnused(texts: Iterable<{ contentNo: number; contextNo: number }>): void {
    const uses = this.#uses.all();
    const rows = [...this.#rows.values()];
    for (const { contentNo, contextNo } of texts) {
      if (!uses.some((use) => use.contentNo === contentNo) && !rows.some(({ content }) => content.no === contentNo)) {
        for (const [id] of entriesWhere(this.#contents, ({ no }) => no === contentNo)) this.#contents.delete(id);
      }
      if (!uses.some((use) => use.contextNo === contextNo) && !rows.some(({ key }) => key.contextNo === contextNo)) {
        for (const [id] of entriesWhere(this.#contexts, ({ no }) => no === contextNo)) this.#contexts.delete(id);
      }
    }
  }

  #contextNoOf({ context, format }: { context: string | null; format: string }): number | undefined {
    const key = contextKey(context, format);
    return key === undefined ? 0 : this.#contexts.get(key)?.no;
  }

  // --- Work ---

  /**
   * Settles claimed texts. It changes no row that is no longer the batch's, so it may come late or twice. Gives what was
   * written for each text, undefined where nothing was. A translation that PostgreSQL could not store is buried here too.
   */
  settle(
    batch: Batch,
    items: readonly BatchItem[],
    outcomes: readonly WorkOutcome[],
    calls: readonly EngineCall[],
  ): (WorkOutcome | undefined)[] {
    for (const call of calls) if (!this.#calls.has(call.callId)) this.#calls.set(call.callId, call);
    const written: (WorkOutcome | undefined)[] = items.map(() => undefined);
    const handed: { item: BatchItem; outcome: WorkOutcome }[] = [];
    for (const [at, item] of items.entries()) {
      if (!stands(item)) continue;
      const { row, history } = item;
      const outcome = storable(outcomes[at] ?? { kind: "released" });
      written[at] = outcome;
      if (outcome.kind === "translated") {
        row.status = "translated";
        row.text = outcome.text;
        row.engine = outcome.engine;
        row.model = outcome.model;
        row.flags = outcome.flags ?? [];
        for (const flag of row.flags) this.#countFlag(row, flag);
      } else if (outcome.kind === "failed") {
        this.#bury(item, outcome.error);
      } else {
        row.revision += 1;
        const errors = outcome.kind === "retry" ? [...history, outcome.error] : history;
        handed.push({ item: { row, revision: row.revision, history: errors }, outcome });
      }
    }
    this.batches.succeed(batch, handed);
    this.changed();
    return written;
  }

  /** Moves the expired texts of a batch to the dead letters; returns them. */
  buryExpired({ items }: Batch, error: AttemptError): BatchItem[] {
    const now = this.clock.now();
    const gone = items.filter((item) => stands(item) && item.row.expiresAt <= now);
    for (const item of gone) this.#bury(item, error);
    if (gone.length > 0) this.changed();
    return gone;
  }

  #countFlag({ key: { project } }: Row, flag: string): void {
    const counts = this.#flagged.get(project) ?? new Map<string, number>();
    this.#flagged.set(project, counts.set(flag, (counts.get(flag) ?? 0) + 1));
  }

  #bury({ row, history }: BatchItem, error: AttemptError): void {
    row.status = row.text === null ? "failed" : "translated";
    this.#letters.write(row, [...history, error], error, new Date(this.clock.now()));
  }

  /** Returns a member's claimed work to the queue: the member is dead, or believed to be. */
  giveBack(member: object): void {
    this.batches.giveBack(member);
    this.changed();
  }

  #enqueue(rows: ReadonlySet<Row>): void {
    this.batches.enqueue([...rows]);
    this.changed();
  }

  // --- Observing ---

  /** Calls a function after every change that may bring work. Returns a function that ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls the listeners. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Every recorded engine call, oldest first. */
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
    const batches = this.batches.of({ project }).filter(({ items }) => items.some(stands));
    const waiting = batches.filter(({ claimedBy }) => claimedBy === undefined);
    const due = this.batches.ready({ project }).filter(({ items }) => items.some(stands));
    const ages = due.map(({ createdAt, runAt }) => now - Math.max(createdAt, runAt));
    const flagged: StoreStatus["flagged"] = {};
    for (const [its, counts] of this.#flagged) {
      if (project !== undefined && its !== project) continue;
      for (const [flag, count] of counts) flagged[flag] = (flagged[flag] ?? 0) + count;
    }
    return {
      translations,
      locales,
      flagged,
      jobs: { ready: due.length, running: batches.length - waiting.length, scheduled: waiting.length - due.length },
      inbox: this.#inbox.length,
      refused: {},
      oldestReadySeconds: ages.length === 0 ? null : Math.max(...ages) / 1_000,
      paused: [...this.#paused],
      limits: this.engineGate.statesNow().map(({ engine, circuit, reason, running, pausedMs, openMs }) => ({
        engine,
        pausedUntil: pausedMs > 0 ? new Date(now + pausedMs) : null,
        circuit,
        openUntil: circuit === "open" ? new Date(now + openMs) : null,
        reason,
        running,
      })),
      lastCollectionAt: this.#lastCollectionAt === null ? null : new Date(this.#lastCollectionAt),
    };
  }

  #nextNo(): number {
    this.#lastNo += 1;
    return this.#lastNo;
  }
}

const DAY_MS = 86_400_000;

function isRealEngine(engine: string | undefined): boolean {
  return engine !== undefined && engine !== "pseudo";
}

function keyOfPause({ kind, name }: Pause): string {
  return `${kind}/${name}`;
}

function entriesWhere<Value>(map: ReadonlyMap<string, Value>, test: (value: Value) => boolean): [string, Value][] {
  return [...map].filter(([, value]) => test(value));
}

/** As PostgreSQL, which stores no U+0000: a translation that holds one fails for good. */
function storable(outcome: WorkOutcome): WorkOutcome {
  if (outcome.kind !== "translated" || !outcome.text.includes("\0")) return outcome;
  const { code, message } = new TranslationBlockedError("nul", "The database cannot store the translation");
  return { kind: "failed", error: { at: new Date().toISOString(), engine: null, code, message } };
}

/** The error with which a database would refuse an item, although the caller let it pass. */
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
