/** `PersistenceHandler.work` in memory: claims batch after batch, and settles the outcomes. */

import { orAbort } from "../../async/or-abort.ts";
import type { AttemptError } from "../../contract/dead-letter.ts";
import { CancelledError, DatabaseUnavailableError, type TransHubError } from "../../contract/errors.ts";
import type { WorkerStatus } from "../../contract/status.ts";
import type {
  Settlement,
  TranslateWork,
  WorkBatch,
  WorkOptions,
  WorkOutcome,
  WorkResult,
  WorkSummary,
} from "../../contract/work.ts";
import { isSuspect } from "../../rules/crashes.ts";
import { repairsOf } from "../../rules/repairs-of.ts";
import { type Step, triage } from "../../rules/triage.ts";
import { reviewNoteOf } from "./acts.ts";
import { type Batch, type BatchItem, type Lane, stands } from "./batches.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import { parseContext } from "./row.ts";
import type { InMemoryStore } from "./store.ts";

/** Milliseconds. After a fault of the worker a batch is left alone for a while: the batch may be the cause. */
const FAULT_DELAY_MS = 30_000;
/** Milliseconds that an aborted function is waited for. */
const GRACE_MS = 2_000;
const DEFAULT_DRAIN_MS = 20_000;

export class InMemoryWork {
  readonly #store: InMemoryStore;
  readonly #member: object;
  readonly #options: WorkOptions;
  readonly #translate: TranslateWork;
  readonly #lane: Lane;
  readonly #bell = new Bell();
  /** Aborts when running calls must end now. `#leaving` aborts when the work no longer waits for them. */
  readonly #calls = new AbortController();
  readonly #leaving = new AbortController();
  readonly #summary = { translated: 0, failed: 0 };
  /** The locales of which nothing is claimed now: no engine answers this member alone. */
  readonly #resting = new Set<string>();
  #running = 0;
  #itemsAtWork = 0;
  #isSuspectAtWork = false;
  #isEnding = false;
  #isDead = false;

  constructor(store: InMemoryStore, member: object, options: WorkOptions, translate: TranslateWork) {
    this.#store = store;
    this.#member = member;
    this.#options = options;
    this.#translate = translate;
    this.#lane = { locales: options.locales, project: options.project };
  }

  /** The member's row in the fleet's status. */
  get member(): Pick<WorkerStatus, "locales" | "concurrency" | "running"> {
    const { locales, concurrency } = this.#options;
    return { locales: locales === undefined ? null : [...locales], concurrency, running: this.#running };
  }

  async run(): Promise<WorkSummary> {
    const { signal, observer } = this.#options;
    const onAbort = () => this.end();
    const unlisten = this.#store.onChange(() => this.#bell.ring());
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
    observer?.ready?.(true);
    try {
      await this.#loop();
    } finally {
      unlisten();
      signal?.removeEventListener("abort", onAbort);
      observer?.ready?.(false);
    }
    const retrying = this.#store.batches
      .of(this.#lane)
      .filter(({ attempt }) => attempt > 0)
      .reduce((sum, { items }) => sum + items.length, 0);
    return { ...this.#summary, retrying };
  }

  /** Claims nothing more; running calls get their time, then are aborted, then abandoned. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#bell.ring();
    void this.#drain();
  }

  /** Like kill -9: this member never settles its work. */
  die(): void {
    this.#isDead = true;
    this.#bell.ring();
  }

  async #drain(): Promise<void> {
    const { drainMs = DEFAULT_DRAIN_MS } = this.#options;
    const over = this.#leaving.signal;
    // By the system's clock: the duration of a stop is not store time.
    await SYSTEM_CLOCK.wait(drainMs, over);
    this.#calls.abort(new CancelledError("The work is to stop"));
    await SYSTEM_CLOCK.wait(GRACE_MS, over);
    this.#leaving.abort(new CancelledError("The work was not waited for any longer"));
  }

  async #loop(): Promise<void> {
    while (true) {
      if (this.#isDead) throw new DatabaseUnavailableError("This member of the store was crashed");
      this.#store.registerInbox();
      if (!this.#isEnding) this.#claimAll();
      if (this.#running === 0 && (this.#isEnding || this.#isDone())) break;
      await this.#nextEvent();
    }
    this.#isEnding = true;
    this.#leaving.abort();
  }

  #isDone(): boolean {
    if (this.#remaining <= 0) return true;
    if (this.#options.until === "ready") return this.#store.batches.ready(this.#lane).length === 0;
    return this.#options.until === "empty" && this.#store.batches.left(this.#lane).length === 0;
  }

  /** Waits for a change, or until the next batch is due. */
  async #nextEvent(): Promise<void> {
    const dueAt =
      this.#isEnding || this.#running >= this.#options.concurrency
        ? undefined
        : this.#store.batches.nextDueAt(this.#lane, this.#resting);
    const waiting = new AbortController();
    if (dueAt !== undefined) {
      const { clock } = this.#store;
      void clock.wait(Math.max(0, dueAt - clock.now()), waiting.signal).then(() => this.#bell.ring());
    }
    await this.#bell.rung();
    waiting.abort();
  }

  /** Number of texts that may still be settled. */
  get #remaining(): number {
    const { limit = Number.POSITIVE_INFINITY } = this.#options;
    return limit - this.#summary.translated - this.#summary.failed - this.#itemsAtWork;
  }

  #claimAll(): void {
    for (const batch of this.#store.batches.ready(this.#lane)) {
      if (this.#running >= this.#options.concurrency || this.#remaining <= 0) return;
      if (this.#resting.has(batch.targetLocale)) continue;
      let step = this.#triage(batch);
      while (step.do === "bury_expired_texts") {
        this.#buryExpired(batch, entryOf(step.reason));
        step = this.#triage(batch);
      }
      // The buried texts count. A claim of no text would keep the batch for ever.
      if (this.#remaining <= 0) return;
      if (step.do === "split") {
        this.#store.batches.takeApart(batch, step.partItems);
        this.#bell.ring();
        continue;
      }
      // Two suspected batches at a time would be charged with each other's crash.
      if (isSuspect(batch) && this.#isSuspectAtWork) continue;
      const items = this.#store.batches.claim(batch, this.#member, Math.min(this.#options.maxItems, this.#remaining));
      if (items.length > 0) void this.#work(batch, items, step);
    }
  }

  #triage({ project, createdAt, crashes, items }: Batch): Step {
    const now = this.#store.clock.now();
    const standing = items.filter(stands).map(({ row }) => ({ isExpired: row.expiresAt <= now }));
    const { lifetimeSeconds } = this.#options;
    return triage(
      { project, ageSeconds: (now - createdAt) / 1_000, crashes, items: standing },
      // Ready batches are of this work's lane, which is not paused; a work that drains does not come here.
      { project: undefined, lifetimeSeconds, isDraining: false, isLanePaused: false },
    );
  }

  #buryExpired(batch: Batch, error: AttemptError): void {
    const gone = this.#store.buryExpired(batch, error);
    const outcomes = gone.map((): WorkOutcome => ({ kind: "failed", error }));
    this.#report({ batch: this.#workBatch(batch, gone, {}), outcomes, elapsedMs: 0 });
  }

  /** Counts and reports a settlement of rows that it changed. */
  #report(settlement: Settlement): void {
    for (const { kind } of settlement.outcomes) {
      if (kind === "translated" || kind === "failed") this.#summary[kind] += 1;
    }
    if (settlement.outcomes.length > 0) this.#options.observer?.settled?.(settlement);
  }

  async #work(batch: Batch, items: readonly BatchItem[], step: Step): Promise<void> {
    this.#running += 1;
    this.#itemsAtWork += items.length;
    if (isSuspect(batch)) this.#isSuspectAtWork = true;
    const startedAt = performance.now();
    const given = this.#workBatch(batch, items, {
      isEnginePaused: (engine) => this.#store.pauses.holdsEngine(engine),
      isToYield: () => this.#isEnding,
      budget: () => this.#store.budgetOf(batch.project, this.#member),
      memory: this.#store.memory.batchMemory(batch),
    });
    const result = step.do === "bury" ? buried(items, step.reason) : await this.#tried(given);
    if (result.restMs !== undefined) this.#rest(batch.targetLocale, result.restMs);
    // A late result of a member that was only believed dead is settled like any other: the revisions decide.
    if (!this.#isDead) {
      const written = this.#store.settle(batch, items, result.outcomes, result.calls);
      const changed = given.items.filter((_, at) => written[at] !== undefined);
      const outcomes = written.filter((outcome) => outcome !== undefined);
      const facts = { elapsedMs: performance.now() - startedAt, ...repairsOf(result.calls) };
      this.#report({ batch: { ...given, items: changed }, outcomes, ...facts });
    }
    if (isSuspect(batch)) this.#isSuspectAtWork = false;
    this.#running -= 1;
    this.#itemsAtWork -= items.length;
    this.#bell.ring();
  }

  #rest(targetLocale: string, forMs: number): void {
    this.#resting.add(targetLocale);
    void this.#store.clock.wait(forMs, this.#leaving.signal).then(() => {
      this.#resting.delete(targetLocale);
      this.#bell.ring();
    });
  }

  async #tried(batch: WorkBatch): Promise<WorkResult> {
    try {
      return await orAbort(this.#translateSafely(batch), this.#leaving.signal);
    } catch (error) {
      const { aborted } = this.#calls.signal;
      if (!aborted) this.#options.observer?.fault?.(error as Error);
      const outcome: WorkOutcome = aborted ? { kind: "released" } : { kind: "postponed", delayMs: FAULT_DELAY_MS };
      return { outcomes: batch.items.map(() => outcome), calls: [] };
    }
  }

  /** An error thrown before the first await becomes a rejection too. */
  async #translateSafely(batch: WorkBatch): Promise<WorkResult> {
    return this.#translate(batch, this.#calls.signal);
  }

  #workBatch(
    batch: Batch,
    items: readonly BatchItem[],
    asked: Pick<WorkBatch, "isEnginePaused" | "isToYield" | "budget" | "memory">,
  ): WorkBatch {
    const { project, sourceLocale, targetLocale, tag } = batch;
    const glossary = this.#store.glossaries.read(project);
    return {
      ...(glossary.revision > 0 && { glossary }),
      ...asked,
      ...(tag !== undefined && { tag }),
      project,
      sourceLocale,
      targetLocale,
      items: items.map(({ row, revision, history }) => {
        const hint = this.#store.hintOf(row);
        const reviewNote = reviewNoteOf(row);
        const also = this.#store.glossaries.alsoOf(glossary, row);
        return {
          key: row.key,
          revision,
          text: row.content.text,
          context: parseContext(row.context),
          format: row.context?.format ?? "auto",
          ...(hint !== undefined && { hint }),
          ...(reviewNote !== undefined && { reviewNote }),
          ...(also !== undefined && { also }),
          attempt: batch.attempt + 1,
          previousFailure: history.at(-1)?.message,
        };
      }),
    };
  }
}

function entryOf({ code, message }: TransHubError): AttemptError {
  return { at: new Date().toISOString(), engine: null, code, message };
}

function buried(items: readonly BatchItem[], reason: TransHubError): WorkResult {
  const error = entryOf(reason);
  return { outcomes: items.map(() => ({ kind: "failed", error })), calls: [] };
}

/** Remembers a ring until it is awaited. */
class Bell {
  #isRung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  async rung(): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    this.#isRung = false;
  }
}
