/**
 * The engine slots of a worker: which waiting batches get the next one, and what happens while they have it.
 *
 *     Lanes ─ a slot is free ─▶ mark as begun ─▶ translate, one call or several ─▶ settle ─▶ done
 *                                                                │
 *                                                   the slot is free for the next turn
 *
 * State beside the lanes:
 *
 * | state              | begins                        | ends                                   | while it lasts                         |
 * |--------------------|-------------------------------|----------------------------------------|----------------------------------------|
 * | a slot is taken    | claims are taken from a lane  | the engine has answered; of a suspect: | one slot less for other turns          |
 * |                    |                               | its settlement has ended               |                                        |
 * | a suspect is at work | a suspect's slot is taken   | its slot is free                       | no second suspect gets a slot          |
 * | texts are begun    | claims are taken from a lane  | their settlement has ended             | they count towards the limit of the work |
 * | a fill is due      | a claim enters, a turn ends   | the next turn of the event loop        | no second fill is scheduled            |
 */
import { Coalescer } from "../../../async/coalescer.ts";
import type { BatchBudget } from "../../../contract/budget.ts";
import type { EngineCall, TranslateWork, WorkBatch, WorkOutcome, WorkResult } from "../../../contract/work.ts";
import { isSuspect } from "../../../rules/crashes.ts";
import { budgetOf } from "../../budget/budget-store.ts";
import type { ConnectionPool } from "../../database/pool.ts";
import { KnownGlossaries, withAlso } from "../../glossary/glossary-store.ts";
import { batchMemory } from "../../memory/postgres-memory.ts";
import { type LoadedBatch, markBatchesStarted } from "../../queue/load-batches.ts";
import type { Patience } from "../../settle/patience.ts";
import type { Settler } from "../../settle/settler.ts";
import type { WorkVoice } from "../../settle/voice.ts";
import type { FleetView } from "../fleet/fleet-view.ts";
import { inBatchSpan, inSettleSpan } from "./batch-span.ts";
import { cut, join } from "./joined-batch.ts";
import { type Claim, Lanes, type Suspects } from "./lanes.ts";
import { Pace } from "./pace.ts";
import type { Phase } from "./phase.ts";

export interface TurnsOptions {
  pool: ConnectionPool;
  translate: TranslateWork;
  /** Calls of `translate` at once. */
  concurrency: number;
  /** The most items that one call is given. */
  maxItems: number;
  phase: Phase;
  patience: Patience;
  settler: Settler;
  view: FleetView;
  voice: WorkVoice;
  /** Called after a slow call: batches beyond the room of a slow engine are to go back. */
  onSlowCall(): void;
  /** Called when no engine of a locale answers this process alone: it is to claim nothing of it for a while. */
  onRest(targetLocale: string, restMs: number): void;
  onFault(error: Error): void;
}

/** Milliseconds. After a fault of our own a batch is left alone for a while: the batch may be the cause. */
const FAULT_DELAY_MS = 30_000;

export class Turns {
  readonly lanes = new Lanes();
  readonly #options: TurnsOptions;
  /** Gives of each group's batch ids those that still exist. */
  readonly #marks: Coalescer<readonly string[], Set<string>>;
  readonly #pace = new Pace();
  /** Calls that were not made, and whose holds in budgets could not be given back. */
  readonly #unreleased = new Set<string>();
  readonly #glossaries = new KnownGlossaries();
  #freeSlots: number;
  /** Texts under way, their settlement included. */
  #begunItems = 0;
  #isSuspectAtWork = false;
  #isFillDue = false;

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#freeSlots = options.concurrency;
    this.#marks = new Coalescer({
      run: async (groups) => {
        const standing = await markBatchesStarted(options.pool, groups.flat(), options.view.nodeId);
        return groups.map(() => standing);
      },
      maxWeight: 100,
    });
  }

  /** Puts a claim into its lane. Its turn comes by itself. */
  enter(claim: Claim): void {
    this.lanes.add(claim);
    this.#fillSlotsSoon();
  }

  get #suspects(): Suspects {
    return this.#isSuspectAtWork ? "left out" : "included";
  }

  /** On the next turn of the event loop, so that batches loaded together are weighed together: jobs come in no order. */
  #fillSlotsSoon(): void {
    if (this.#isFillDue) return;
    this.#isFillDue = true;
    setImmediate(() => {
      this.#isFillDue = false;
      this.#fillSlots();
    });
  }

  #fillSlots(): void {
    const { maxItems, voice } = this.#options;
    while (this.#freeSlots > 0 && !this.#options.phase.isHeld) {
      const wanted = voice.remaining - this.#begunItems;
      if (wanted <= 0) return;
      const claims = this.lanes.takeNext({
        maxItems: Math.max(maxItems, Math.min(this.#pace.callsATurn * maxItems, wanted)),
        suspects: this.#suspects,
      });
      const [first] = claims;
      if (first === undefined) return;
      void this.#takeTurn(claims, this.#takeSlot(first.batch));
    }
  }

  /** Gives the function that frees the slot. Idempotent. */
  #takeSlot(first: LoadedBatch): () => void {
    const runsSuspect = isSuspect(first);
    this.#freeSlots -= 1;
    if (runsSuspect) this.#isSuspectAtWork = true;
    let isFree = false;
    return () => {
      if (isFree) return;
      isFree = true;
      this.#freeSlots += 1;
      if (runsSuspect) this.#isSuspectAtWork = false;
      this.#fillSlots();
    };
  }

  async #takeTurn(claims: readonly Claim[], freeSlot: () => void): Promise<void> {
    const startedAt = performance.now();
    const items = claims.reduce((sum, { batch }) => sum + batch.items.length, 0);
    this.#begunItems += items;
    const { phase } = this.#options;
    const { signal, claims: claimed } = phase;
    try {
      const standing = await this.#markBegun(claims);
      claimed.throwIfAborted();
      if (phase.isHeld) {
        for (const claim of standing) this.lanes.add(claim);
        return;
      }
      const [first, ...others] = standing.map(({ batch }) => batch);
      if (first === undefined) return;
      const batches = [first, ...others] as const;
      const joined = await this.#withGlossary(this.#join(batches), batches);
      const result = await inBatchSpan(joined, batches.length, async () => {
        const translated = await this.#translate(joined, batches.length > 1, signal);
        if (phase.isAbandoned(signal)) {
          freeSlot();
          await this.#options.settler.book(first, translated.calls);
          throw signal.reason;
        }
        // The engine is free, and its next call need not wait for this commit. A suspect keeps its slot: if another suspect
        // killed this worker before the commit, the crash would be charged to both, and it may be this text's last try.
        if (!isSuspect(first)) freeSlot();
        for (const { hold } of standing) hold.done();
        const turn = { joined, result: translated, batches: cut(batches, translated.outcomes), startedAt };
        await inSettleSpan(turn.result, () => this.#options.settler.settle(turn));
        return translated;
      });
      // A batch that was to be parked may have been resumed unnoticed and be back already: its next try is to know.
      if (result.outcomes.some(({ kind }) => kind === "paused")) {
        await this.#options.view.learnPauses().catch(() => undefined);
      }
      for (const claim of standing) claim.done();
    } catch (error) {
      for (const claim of claims) claim.failed(error);
    } finally {
      this.#begunItems -= items;
      freeSlot();
      this.#fillSlotsSoon();
    }
  }

  /** Gives the claims whose batches still exist; the others are done. */
  async #markBegun(claims: readonly Claim[]): Promise<Claim[]> {
    const ids = claims.map(({ batch }) => batch.id);
    const marked = await this.#options.patience.keepTrying(() => this.#marks.add(ids));
    return claims.filter((claim) => {
      if (marked.has(claim.batch.id)) return true;
      claim.done();
      return false;
    });
  }

  /** The terms and the style of its project, and what its second language has of the texts. Most projects have none. */
  async #withGlossary(joined: WorkBatch, batches: readonly LoadedBatch[]): Promise<WorkBatch> {
    const revision = Math.max(...batches.map(({ glossaryRevision }) => glossaryRevision ?? 0));
    if (revision === 0) return joined;
    const { pool, patience } = this.#options;
    const { project, targetLocale, items } = joined;
    return patience.keepTrying(async () => {
      const glossary = await this.#glossaries.of(pool, project, revision);
      return { ...joined, glossary, items: await withAlso(pool, glossary, targetLocale, items) };
    });
  }

  #join(batches: readonly [LoadedBatch, ...LoadedBatch[]]): WorkBatch {
    const [first] = batches;
    const { phase, view, pool } = this.#options;
    // One for the whole turn: it knows the calls that have ended.
    let budget: BatchBudget | undefined;
    return join(batches, {
      isEnginePaused: (engine) => view.pauses.holdsEngine(engine),
      isToYield: () =>
        phase.isDraining || isLanePaused(view, first) || this.lanes.hasMoreUrgentThan(first, this.#suspects),
      isSlotWanted: () => this.lanes.hasOtherProjectThan(first, this.#suspects),
      budget: () => {
        const isBudgeted = view.isBudgeted(first.project) || batches.some((batch) => batch.isBudgeted);
        if (!isBudgeted) return undefined;
        budget ??= budgetOf(pool, first, () => view.nodeId, this.#unreleased);
        return budget;
      },
      ...(first.remembered !== "none" && { memory: batchMemory(pool, first, first.remembered === "own") }),
    });
  }

  /**
   * One call of `translate`, or several in sequence for more items than one call may be given. The rest is handed back when
   * the limit of the work is reached, when the work is to end, when the lane is paused, and when batches were joined in
   * expectation of fast calls that turn out slow.
   */
  async #translate(batch: WorkBatch, isJoined: boolean, signal: AbortSignal): Promise<WorkResult> {
    const { maxItems, phase, view, voice } = this.#options;
    const outcomes: WorkOutcome[] = [];
    const calls: EngineCall[] = [];
    const startedAt = performance.now();
    const isToEnd = (begun: number) =>
      phase.isDraining ||
      isLanePaused(view, batch) ||
      begun >= voice.remaining ||
      (isJoined && this.#pace.isSlow(performance.now() - startedAt));
    for (let at = 0; at < batch.items.length; at += maxItems) {
      if (at > 0 && isToEnd(at)) break;
      const result = await this.#translatePart({ ...batch, items: batch.items.slice(at, at + maxItems) }, signal);
      outcomes.push(...result.outcomes);
      calls.push(...result.calls);
      if (result.restMs === undefined) continue;
      this.#options.onRest(batch.targetLocale, result.restMs);
      break;
    }
    while (outcomes.length < batch.items.length) outcomes.push({ kind: "released" });
    return { outcomes, calls };
  }

  async #translatePart(batch: WorkBatch, signal: AbortSignal): Promise<WorkResult> {
    if (signal.aborted) return allOf(batch, { kind: "released" });
    const startedAt = performance.now();
    try {
      const result = await this.#options.translate(batch, signal);
      const elapsedMs = performance.now() - startedAt;
      this.#pace.note(elapsedMs);
      if (this.#pace.isSlow(elapsedMs)) this.#options.onSlowCall();
      return result;
    } catch (error) {
      if (signal.aborted) return allOf(batch, { kind: "released" });
      this.#options.onFault(error as Error);
      return allOf(batch, { kind: "postponed", delayMs: FAULT_DELAY_MS });
    }
  }
}

/** Whether a lane is paused, as far as this worker knows. */
export function isLanePaused(
  { pauses }: FleetView,
  { project, targetLocale }: Pick<WorkBatch, "project" | "targetLocale">,
): boolean {
  return pauses.holdsLane(project, targetLocale);
}

function allOf({ items }: WorkBatch, outcome: WorkOutcome): WorkResult {
  return { outcomes: items.map(() => outcome), calls: [] };
}
