/** Translates one claimed batch: engine by engine, call by call, and decides each text's outcome. Stores nothing. */
import { randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { BatchBudget } from "../contract/budget.ts";
import type { Engine, EngineBatch, EngineFailure } from "../contract/engine.ts";
import type { EngineGate, EngineLimits } from "../contract/engine-gate.ts";
import { EngineNotFoundError, type TransHubError } from "../contract/errors.ts";
import type {
  EngineCall,
  ParkedFor,
  TranslateWork,
  WorkBatch,
  WorkItem,
  WorkOutcome,
  WorkResult,
} from "../contract/work.ts";
import { estimateTokens } from "../rules/bucket.ts";
import { chainFor } from "../rules/engine-route.ts";
import { type Instructions, instructionTable } from "../rules/instructions.ts";
import { formatAmount, parseAmount } from "../rules/money.ts";
import { optionKinds as kinds, optionCheck } from "../rules/options.ts";
import { type Prices, type PriceTable, priceTable } from "../rules/prices.ts";
import { mayAsk, noEngineAllowed, type ProjectEngines } from "../rules/project-engines.ts";
import { CHECKS } from "../text/checks/judge.ts";
import { engineBatch, type InstructionsOf, itemBytes, packCalls, refusalOf } from "./brief.ts";
import { type CallHold, fitsAlone, holdFor, leastAlone } from "./budget-hold.ts";
import { type Answer, callEngine } from "./engine-call.ts";
import { type Ask, Inquiry } from "./inquiry.ts";
import { type EngineLimitChange, EngineLimiter, type EngineStop, type LimiterTimes } from "./limits/limiter.ts";
import { lookUp, type MemoryLookup } from "./memory-lookup.ts";
import {
  type Attempt,
  decideOutcome,
  type Failure,
  fallsBack,
  isCounting,
  isPausing,
  mayBeANeighbours,
} from "./outcome.ts";
import { mistrustedOf } from "./swapped.ts";

export interface TranslateBatchOptions {
  /**
   * The chain: the first is asked for everything; texts that it refuses, or whose answers fail a blocking check, go to the
   * next. Read at each batch, so that a getter may change it.
   */
  readonly engines: readonly Engine[];
  /**
   * The engines that may get the texts of each project. The chain of a text has no other engine; a text without any goes
   * to the dead letters with `TH_ENGINE_NOT_ALLOWED`. Default: each project may use every engine.
   */
  projectEngines?: ProjectEngines | undefined;
  /** For engines that follow instructions (`Engine.takesInstructions`). Default: none. */
  instructions?: Instructions | undefined;
  /** The prices by which calls are booked. Default: none is known. */
  prices?: Prices | undefined;
  /**
   * Whether a pair of the translation memory that a person approved for exactly a text is its translation, in other contexts and in other
   * projects: `approved`. It is then stored with the engine `memory` and the flag `reused`, and nobody is asked. Default: `off`.
   */
  memoryReuse?: "off" | "approved" | undefined;
  /** A text that failed this many times goes to the dead letters. */
  maxAttempts: number;
  /** Milliseconds for one engine call; a longer one is `transient`. */
  engineTimeoutMs: number;
  /** From 0 to 1, for jitter. Default `Math.random`. */
  random?: (() => number) | undefined;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: (() => number) | undefined;
  /** The limits of each engine over the whole fleet, by its name. Default: none. */
  limits?: Readonly<Record<string, EngineLimits>> | undefined;
  /** The store's, so that the fleet shares limits, pauses and circuits. Default: a gate of this process alone. */
  gate?: EngineGate | undefined;
  /** For tests. */
  limiterTimes?: Partial<LimiterTimes> | undefined;
  /**
   * Called when an engine's account or setting is at fault (`quota`, `config`), or when it gives no answer to any member of the
   * fleet (the error's code is `TH_ENGINE_TRANSIENT`), found here or elsewhere: a person has to act. Once for each opening of the engine's circuit. Must not throw.
   */
  onFault?: ((error: TransHubError, engine: string, stop: EngineStop) => void) | undefined;
  /** Called when this process pauses an engine for the fleet, or opens or closes its circuit. Must not throw. */
  onLimitChange?: ((change: EngineLimitChange) => void) | undefined;
  /** Called when a call got no hold in the budgets of its project, and was not made. Often; must not throw. */
  onBudget?: ((error: TransHubError, engine: string, waitsFor: ParkedFor | undefined) => void) | undefined;
  /** Called at the end of each engine call, before anything of it is stored. Must not throw. */
  onCall?: ((call: EngineCall) => void) | undefined;
  /** Called at the end of each wait for a turn, granted or not. Must not throw. */
  onTurn?: ((turn: EngineTurnTaken) => void) | undefined;
  /** Called at the end of each look-up in the translation memory. Must not throw. */
  onMemory?: ((lookup: MemoryLookup) => void) | undefined;
}

const checkOptions = optionCheck<TranslateBatchOptions>("translateBatch", {
  engines: kinds.required(kinds.engines),
  projectEngines: kinds.projectEngines,
  instructions: kinds.instructions,
  prices: kinds.prices,
  memoryReuse: kinds.oneOf("off", "approved"),
  maxAttempts: kinds.required(kinds.whole(1, 10_000)),
  engineTimeoutMs: kinds.required(kinds.milliseconds),
  random: kinds.callback,
  now: kinds.callback,
  limits: kinds.engineLimits,
  gate: kinds.methods("an engine gate", "states", "reserve", "settle", "renew", "pause", "open", "fail"),
  limiterTimes: kinds.object,
  onFault: kinds.callback,
  onLimitChange: kinds.callback,
  onBudget: kinds.callback,
  onCall: kinds.callback,
  onTurn: kinds.callback,
  onMemory: kinds.callback,
});

/** The end of a wait for a turn at an engine. */
export interface EngineTurnTaken {
  engine: string;
  waitMs: number;
  /** `granted`: the call is made. `stopped`: the work ended first. Else the reason why the texts are handed back. */
  outcome: "granted" | "stopped" | "rate_limited" | "quota" | "config" | "outage";
}

/**
 * Makes the function for `PersistenceHandler.work`.
 *
 * Each call waits for its turn by the limits and for the end of a pause. A call that has to wait for more than about a
 * minute, or is to yield (`WorkBatch.isToYield`), is `postponed`; an engine whose circuit is open is skipped when there is
 * a next one.
 *
 * The calls of one batch go out one after another: the store's `concurrency` says how many batches run at once. When the
 * signal aborts, answered texts keep their answers and the others are `released`.
 *
 * The made function rejects only without any engine, with {@link EngineNotFoundError}.
 *
 * @throws {SettingsError} An option is missing, unknown, or has a bad value.
 */
export function translateBatch(options: TranslateBatchOptions): TranslateWork {
  const { limits, gate, now = Date.now, random = Math.random, instructions, prices } = checkOptions(options);
  const { onFault, onLimitChange: onChange, limiterTimes: times } = options;
  const limiter = new EngineLimiter({ limits, gate, times, now, random, onFault, onChange });
  const suspects: Suspects = new LRUCache({ max: MOST_SUSPECTS });
  const interrupted: Interrupted = new LRUCache({ max: MOST_SUSPECTS });
  const known = {
    answered: new Map<string, Set<string>>(),
    suspects,
    interrupted,
    instructionsOf: instructionTable(instructions),
    prices: prices && priceTable(prices),
  };
  return async (batch, signal) => new BatchTranslation(options, limiter, known, batch, signal).run();
}

/**
 * The texts, by engine and key, whose translations were suspected and then not asked for again, because of a limit or a stop. The
 * next call asks for them alone. Asked for together they would be suspected again: an engine that takes one call before its
 * limit would be paid for the same texts for ever, as a limit counts as no attempt.
 */
type Suspects = LRUCache<string, true>;

/**
 * The texts, by engine and key, that a limit or a stop interrupted on their way down the ladder, or with some forms of a message
 * answered. The next call goes on from there: begun anew, they would be paid for again at each limit.
 */
type Interrupted = LRUCache<string, Inquiry>;

interface Known {
  readonly suspects: Suspects;
  readonly interrupted: Interrupted;
  readonly instructionsOf: InstructionsOf;
  readonly prices: PriceTable | undefined;
  /** See {@link AnsweredModels}. */
  readonly answered: Map<string, Set<string>>;
}

/** A text that is forgotten here is only asked for together, and anew, once more. */
const MOST_SUSPECTS = 10_000;

function suspectKey({ name }: Engine, { key }: WorkItem): string {
  return JSON.stringify([name, key.project, key.targetLocale, key.contentNo, key.contextNo]);
}

class BatchTranslation {
  readonly #options: TranslateBatchOptions;
  readonly #limiter: EngineLimiter;
  readonly #suspects: Suspects;
  readonly #interrupted: Interrupted;
  readonly #instructionsOf: InstructionsOf;
  readonly #prices: PriceTable | undefined;
  readonly #answered: Map<string, Set<string>>;
  readonly #engines: readonly Engine[];
  readonly #batch: WorkBatch;
  readonly #signal: AbortSignal;
  readonly #attempts: Attempt[];
  readonly #calls: EngineCall[] = [];
  /** The texts that each engine was asked for. */
  readonly #asked: { engine: Engine; inquiries: readonly Inquiry[] }[] = [];
  /** The texts of each call of several, of the engine that is being asked. */
  #together: Inquiry[][] = [];

  constructor(
    options: TranslateBatchOptions,
    limiter: EngineLimiter,
    known: Known,
    batch: WorkBatch,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#limiter = limiter;
    this.#suspects = known.suspects;
    this.#interrupted = known.interrupted;
    this.#instructionsOf = known.instructionsOf;
    this.#prices = known.prices;
    this.#answered = known.answered;
    this.#engines = [...chainFor(options.engines, batch.targetLocale)];
    this.#batch = batch;
    this.#signal = signal;
    this.#attempts = batch.items.map((item) => ({ item, failures: [] }));
  }

  async run(): Promise<WorkResult> {
    if (this.#options.engines.length === 0) throw new EngineNotFoundError("There is no engine to translate with");
    await this.#lookUp();
    let open = this.#attempts.filter(({ translated }) => translated === undefined);
    for (const engine of this.#engines) {
      const [asked, others] = partition(open, ({ item }) => this.#mayAsk(engine, item));
      await this.#ask(engine, asked);
      const passedOn = asked.filter((attempt) => {
        const failure = failureBy(engine, attempt);
        return attempt.heldBackBy?.includes(engine.name) || (failure !== undefined && fallsBack(failure));
      });
      open = [...passedOn, ...others];
    }
    await this.#splitAfterChain();
    for (const { engine, inquiries } of this.#asked) this.#keepInterrupted(engine, inquiries);
    const outcomes = this.#attempts.map((attempt) => this.#outcomeOf(attempt));
    const rests = this.#attempts.flatMap(({ failures }, at) =>
      outcomes[at]?.kind === "released"
        ? failures.flatMap(({ goesBack, waitMs = 0 }) => (goesBack ? [waitMs] : []))
        : [],
    );
    return { outcomes, calls: this.#calls, ...(rests.length > 0 && { restMs: Math.min(...rests) }) };
  }

  async #lookUp(): Promise<void> {
    const { memory } = this.#batch;
    if (memory === undefined) return;
    const { memoryReuse, onMemory } = this.#options;
    const isToRefer = this.#engines.some(({ takesReferences }) => takesReferences === true);
    const how = { memory, batch: this.#batch, isToReuse: memoryReuse === "approved", isToRefer, signal: this.#signal };
    const report = await lookUp(this.#attempts, how);
    if (report !== undefined) onMemory?.(report);
  }

  /** By the text's own project: no caller can mix a text into a batch of another project. */
  #mayAsk(engine: Engine, { key }: WorkItem): boolean {
    return mayAsk(this.#options.projectEngines ?? {}, key.project, engine);
  }

  #isLastFor(engine: Engine, item: WorkItem): boolean {
    return this.#engines.findLast((each) => this.#mayAsk(each, item)) === engine;
  }

  /** Whether texts of other locales have other engines. In an outage and in a pause the slots are theirs. */
  get #hasOtherChains(): boolean {
    return this.#options.engines.some((engine) => !this.#engines.includes(engine));
  }

  #outcomeOf(attempt: Attempt): WorkOutcome {
    const { projectEngines = {}, maxAttempts, random = Math.random, now = Date.now } = this.#options;
    if (attempt.translated !== undefined) return { kind: "translated", ...attempt.translated };
    if (this.#engines.length === 0) {
      const { code, message } = new EngineNotFoundError(
        `No engine is for the target locale ${this.#batch.targetLocale}. Add it to an engine's locales in TH_ENGINES, or an engine without locales.`,
      );
      return { kind: "failed", error: { at: new Date(now()).toISOString(), engine: null, code, message } };
    }
    const barred = noEngineAllowed(projectEngines, attempt.item.key.project, this.#engines);
    if (barred !== undefined) {
      // A dead letter keeps no hint, and the person who reads it needs the cure.
      const message = `${barred.message}. ${barred.hint}`;
      return { kind: "failed", error: { at: new Date(now()).toISOString(), engine: null, code: barred.code, message } };
    }
    const engines = this.#engines.filter((engine) => this.#mayAsk(engine, attempt.item)).length;
    return decideOutcome(attempt, { engines, maxAttempts, now: now(), random });
  }

  async #ask(engine: Engine, open: readonly Attempt[]): Promise<void> {
    const inquiries = open.flatMap((attempt, place) => {
      const inquiry = new Inquiry(attempt, engine, this.#batch, this.#isLastFor(engine, attempt.item), place);
      const earlier = this.#takeInterrupted(engine, attempt.item);
      if (earlier !== undefined) inquiry.resume(earlier);
      const items = inquiry.open().map(({ item }) => item);
      const error = refusalOf(engine, this.#batch, attempt.item, items);
      if (error !== undefined) fail(attempt, engine, { kind: "refused", error, neighbours: 0 });
      return error === undefined ? [inquiry] : [];
    });
    this.#asked.push({ engine, inquiries });
    this.#together = [];
    const [suspects, others] = partition(inquiries, ({ attempt }) =>
      this.#suspects.has(suspectKey(engine, attempt.item)),
    );
    await this.#askTogether(engine, others, suspects);
    for (const { attempt } of suspects) {
      if (attempt.translated !== undefined) this.#suspects.delete(suspectKey(engine, attempt.item));
    }

    // At once and without the text that went missing, so that its neighbours lose no attempt.
    const doubtful = inquiries.filter(({ attempt }) => failureBy(engine, attempt)?.isDoubt);
    this.#askAnew(doubtful);
    await this.#askTogether(engine, doubtful);
    await this.#askOthersOfMessage(engine, inquiries);
    await this.#askSuspectsAlone(engine);
    await this.#askAgainForWords(engine, inquiries);

    // A call of several texts sends none of them to the dead letters: at its last attempt a text is asked for alone.
    const suspected = inquiries.filter(({ attempt }) => {
      const failure = failureBy(engine, attempt);
      return this.#isLastAttempt(attempt) && failure !== undefined && mayBeANeighbours(failure);
    });
    this.#askAnew(suspected);
    await this.#askAlone(engine, suspected);
    await this.#descend(engine, inquiries);
  }

  #isLastAttempt({ item }: Attempt): boolean {
    return item.attempt >= this.#options.maxAttempts;
  }

  /** Takes back the failures of this engine, so that the questions that failed are asked again. */
  #askAnew(inquiries: readonly Inquiry[]): void {
    for (const inquiry of inquiries) {
      inquiry.attempt.failures.pop();
      inquiry.reopenFailed();
    }
  }

  /** A message of several questions keeps its good answers; the others are asked for once more, in the next way. */
  async #askOthersOfMessage(engine: Engine, inquiries: readonly Inquiry[]): Promise<void> {
    const half = inquiries.filter(({ attempt, isHalfAnswered }) => {
      const failure = failureBy(engine, attempt);
      return isHalfAnswered && (failure?.kind === "malformed" || failure?.kind === "blocked");
    });
    for (const inquiry of half) {
      inquiry.attempt.failures.pop();
      if (!inquiry.descend(false)) inquiry.reopenFailed();
    }
    await this.#askTogether(engine, half);
  }

  /**
   * Asks in the next way for the texts whose syntax the engine broke, down to the one that always keeps it: at the last
   * attempt, and of an engine that cannot be told what was wrong at every one, as it would only give the same answer again.
   * The text is split only for the last engine of its chain. At most three calls for a text.
   */
  async #descend(engine: Engine, inquiries: readonly Inquiry[]): Promise<void> {
    for (;;) {
      const broken = inquiries.filter((inquiry) => {
        const { attempt } = inquiry;
        if (failureBy(engine, attempt)?.kind !== "blocked") return false;
        if (isInstructed(engine) && !this.#isLastAttempt(attempt)) return false;
        return inquiry.descend(this.#isLastFor(engine, attempt.item));
      });
      if (broken.length === 0) return;
      // Also at a stop: a text that was not led down to the floor is released, and never buried.
      for (const { attempt } of broken) attempt.failures.pop();
      await this.#askAlone(engine, broken);
    }
  }

  /**
   * Splits the texts, at their last attempt, whose syntax an engine broke and whose later engines gave nothing either: they
   * refused, failed or are paused, so that the last engine of the chain never came to split them. A rate limit is waited for.
   */
  async #splitAfterChain(): Promise<void> {
    for (const { engine, inquiries } of this.#asked) {
      for (;;) {
        const broken = inquiries.filter((inquiry) => {
          const { attempt } = inquiry;
          if (attempt.translated !== undefined || !inquiry.isBlocked || !this.#isLastAttempt(attempt)) return false;
          return !attempt.failures.some(({ kind }) => kind === "rate_limited") && inquiry.descend(true);
        });
        if (broken.length === 0) break;
        // A limit or a stop before the split must not bury the text for the failures of the whole sentence.
        for (const { attempt } of broken) attempt.failures = attempt.failures.filter(({ kind }) => kind !== "blocked");
        await this.#askAlone(engine, broken);
      }
    }
  }

  #takeInterrupted(engine: Engine, item: WorkItem): Inquiry | undefined {
    if (this.#interrupted.size === 0) return undefined;
    const key = suspectKey(engine, item);
    const earlier = this.#interrupted.get(key);
    this.#interrupted.delete(key);
    return earlier;
  }

  #keepInterrupted(engine: Engine, inquiries: readonly Inquiry[]): void {
    for (const inquiry of inquiries) {
      const { attempt } = inquiry;
      if (attempt.translated !== undefined || !inquiry.hasProgress) continue;
      const failure = attempt.failures.findLast(({ engine: name }) => name === engine.name);
      if (failure === undefined || isPausing(failure)) this.#interrupted.set(suspectKey(engine, attempt.item), inquiry);
    }
  }

  /**
   * Asks once more for the texts whose words look wrong (an explanation, another script, a broken term), and keeps the better translation.
   * Only an engine that can be told what is wrong is asked.
   */
  async #askAgainForWords(engine: Engine, inquiries: readonly Inquiry[]): Promise<void> {
    if (!isInstructed(engine)) return;
    for (const inquiry of inquiries) {
      const { attempt } = inquiry;
      const first = attempt.translated;
      const { brokenTerms } = inquiry;
      const isWrong = brokenTerms.length > 0 || first?.flags.some((flag) => ASKED_AGAIN.has(flag));
      if (first?.engine !== engine.name || !isWrong) continue;
      delete attempt.translated;
      inquiry.reopen(`The translation was not accepted: ${[...first.flags, ...brokenTerms].join(", ")}`);
      const failures = attempt.failures.length;
      await this.#askAlone(engine, [inquiry]);
      attempt.failures.length = failures;
      const hasFewer = inquiry.brokenTerms.length < brokenTerms.length;
      if (!isBetter(attempt.translated, first, hasFewer)) attempt.translated = first;
    }
  }

  /**
   * Asks alone for the texts whose translations may belong to another text of their call. An answer that was given to another
   * text before proves that the two were mixed up, and so the other text is asked for as well.
   *
   * A text that is not asked for because of a stop is released: it has no translation that can be trusted.
   */
  async #askSuspectsAlone(engine: Engine): Promise<void> {
    for (const inquiries of this.#together.splice(0)) {
      const answered = inquiries.filter(({ attempt }) => attempt.translated?.engine === engine.name);
      const first = new Map(answered.map((inquiry) => [inquiry, inquiry.attempt.translated?.text ?? ""]));
      let suspects = suspectsOf(answered, inquiries, first);
      const asked = new Set<Inquiry>();
      while (suspects.length > 0) {
        for (const inquiry of suspects) {
          asked.add(inquiry);
          delete inquiry.attempt.translated;
          inquiry.reopen();
        }
        await this.#askAlone(engine, suspects);
        const others = new Set(
          suspects.flatMap((inquiry) => {
            const text = inquiry.attempt.translated?.text;
            return text === undefined || text === first.get(inquiry) ? [] : [text.trim()];
          }),
        );
        for (const { attempt } of suspects) {
          if (attempt.translated !== undefined) continue;
          this.#suspects.set(suspectKey(engine, attempt.item), true);
          // A suspicion costs no attempt. The next question is asked alone from the start, and counts.
          const failure = failureBy(engine, attempt);
          if (failure !== undefined && isCounting(failure)) attempt.failures.pop();
        }
        suspects = answered.filter((inquiry) => !asked.has(inquiry) && others.has(first.get(inquiry)?.trim() ?? ""));
      }
    }
  }

  /** Texts in calls as the engine takes them, and behind them some for each of which there is a call of its own. */
  #askTogether(engine: Engine, together: readonly Inquiry[], alone: readonly Inquiry[] = []): Promise<void> {
    for (const inquiry of [...together, ...alone]) {
      // Between its parts a text may have no words: a date's pattern.
      if (inquiry.open().length === 0) this.#conclude(inquiry, engine, 0);
    }
    const calls = [together, ...alone.map((inquiry) => [inquiry])].flatMap((inquiries) =>
      this.#pack(engine, inquiries),
    );
    return this.#callAll(engine, calls);
  }

  #askAlone(engine: Engine, inquiries: readonly Inquiry[]): Promise<void> {
    return this.#askTogether(engine, [], inquiries);
  }

  #pack(engine: Engine, inquiries: readonly Inquiry[]): Ask[][] {
    if (inquiries.length === 0) return [];
    const { maxItemsPerCall, maxBytesPerCall } = engine;
    const tokens = this.#tokenLimits(engine);
    const groups = inquiries.map((inquiry) => inquiry.open());
    return packCalls(groups, { maxItemsPerCall, maxBytesPerCall, ...tokens });
  }

  /**
   * A call of more tokens than a full bucket holds would wait until it is full, and then make all others wait. The texts
   * of a call may take at least as many tokens as its prompt does: a small allowance must not be spent on prompts.
   */
  #tokenLimits(engine: Engine): { maxTokensPerCall: number; tokensOf(item: Ask["item"]): number } {
    const atOnce = this.#limiter.tokensAtOnce(engine.name);
    if (atOnce === undefined) return { maxTokensPerCall: Number.POSITIVE_INFINITY, tokensOf: () => 0 };
    const everyCall = this.#estimate(engine, []);
    return {
      maxTokensPerCall: Math.max(atOnce - everyCall, everyCall),
      tokensOf: (item) => this.#estimate(engine, [item]) - everyCall,
    };
  }

  #estimate(engine: Engine, items: readonly Ask["item"][]): number {
    return (
      engine.estimateTokens?.(this.#brief(engine, items)) ??
      estimateTokens(items.reduce((sum, item) => sum + itemBytes(item), 0))
    );
  }

  #brief(engine: Engine, items: readonly Ask["item"][]): EngineBatch {
    return engineBatch(engine, this.#batch, items, this.#instructionsOf);
  }

  #isToYield({ name }: Engine): boolean {
    const { isToYield, isEnginePaused } = this.#batch;
    return (isToYield?.() || isEnginePaused?.(name)) ?? false;
  }

  /** Texts that are not asked for because of a stop or a time-out stay without a failure, and are released. */
  async #callAll(engine: Engine, given: readonly Ask[][]): Promise<void> {
    const calls = [...given];
    if (calls.length > 0) await engine.prepare?.().catch(() => undefined); // the call meets the same failure
    // The items of one text may be in several calls: it is decided on with the last.
    const pending = new Map<Inquiry, number>();
    for (const { inquiry } of calls.flat()) pending.set(inquiry, (pending.get(inquiry) ?? 0) + 1);
    for (let at = 0; at < calls.length; at += 1) {
      if (this.#signal.aborted) return;
      let asks = calls[at] ?? [];
      const left = () => [...inquiriesOf(calls.slice(at).flat())].map(({ attempt }) => attempt);
      if (this.#batch.isEnginePaused?.(engine.name)) {
        for (const attempt of left()) attempt.heldBackBy = [...(attempt.heldBackBy ?? []), engine.name];
        return;
      }
      const isMetered = this.#options.limits?.[engine.name]?.tpm !== undefined;
      const all = asks.map(({ item }) => item);
      const tokens = isMetered ? this.#estimate(engine, all) : 0;
      const askedAt = performance.now();
      const isToYield = () => this.#isToYield(engine);
      const isLast = asks.every(({ inquiry: { attempt } }) => this.#isLastFor(engine, attempt.item));
      const waits = { forOutage: isLast && !this.#hasOtherChains, forPause: !this.#hasOtherChains };
      const permit = await this.#limiter.ask(engine.name, tokens, this.#signal, isToYield, waits);
      this.#options.onTurn?.({
        engine: engine.name,
        waitMs: performance.now() - askedAt,
        outcome: permit === undefined ? "stopped" : "error" in permit ? permit.kind : "granted",
      });
      if (permit === undefined) return;
      if ("error" in permit) {
        const goesBack = permit.isCutOff || permit.isShort || (permit.kind === "outage" && isLast);
        const { kind, error, waitMs } = permit;
        for (const attempt of left()) fail(attempt, engine, { kind, error, waitMs, goesBack, neighbours: 0 });
        return;
      }
      if (permit.isForOneText) {
        const [one, others] = this.#oneText(asks);
        asks = one;
        if (others.length > 0) calls.splice(at + 1, 0, others);
      }
      let held: string | undefined;
      const callId = randomUUID();
      const budget = this.#batch.budget?.();
      // Texts that have their answers wait in this slot for their settlement, and so do their costs.
      const isToHandBack = () => isToYield() || this.#calls.length > 0 || this.#batch.isSlotWanted?.() === true;
      if (budget !== undefined) {
        const hold = await holdFor({ ...this.#billing(engine), budget, callId, asks, isToHandBack });
        if (hold.kind !== "held") {
          await this.#limiter.unused(permit);
          if (hold.kind === "stopped") return;
          this.#options.onBudget?.(hold.error, engine.name, hold.waitsFor);
          await this.#park(engine, budget, hold, calls, at);
          continue;
        }
        held = hold.amount;
        asks = [...hold.asks];
        if (hold.rest.length > 0) calls.splice(at + 1, 0, [...hold.rest]);
      }
      const items = asks.map(({ item }) => item);
      const signal = permit.over === undefined ? this.#signal : AbortSignal.any([this.#signal, permit.over]);
      const { engineTimeoutMs: timeoutMs } = this.#options;
      const limits = { signal, timeoutMs, prices: this.#prices, answered: this.#answered, callId, held };
      const { answers, call, timedOut } = await callEngine(engine, this.#brief(engine, items), limits);
      this.#noteModel(engine, call.model);
      if (held !== undefined) budget?.ended(callId, mostCost(call, held));
      const inquiries = [...inquiriesOf(asks)];
      if (inquiries.length > 1) this.#together.push(inquiries);
      for (const [position, ask] of asks.entries()) {
        const answer = answers[position] ?? "unanswered";
        if (answer === "unanswered") continue;
        ask.inquiry.take(ask, answer);
        pending.set(ask.inquiry, (pending.get(ask.inquiry) ?? 1) - 1);
      }
      // No call follows a time-out or a limit, so a text whose item met one is decided on without its other items.
      const isEnd = timedOut || answers.some(isPause);
      const concluded = inquiries.filter((inquiry) => pending.get(inquiry) === 0 || (isEnd && inquiry.hasFailure));
      for (const inquiry of concluded) pending.set(inquiry, 0);
      for (const inquiry of concluded) this.#conclude(inquiry, engine, inquiries.length - 1);
      this.#book(call, asks, concluded);
      const failures = concluded.map(({ attempt }) => failureBy(engine, attempt));
      const pauses = failures.filter((failure) => failure !== undefined).filter(isPausing);
      const [pause] = pauses;
      const silence = silenceOf(call, answers);
      const texts = silence === undefined ? [] : inquiries.map(({ attempt }) => suspectKey(engine, attempt.item));
      const ending = await this.#limiter.ended(permit, call, pause ?? silence, texts);
      const { waitMs, outage, isAlone, isCutOff } = ending;
      const down = outage && { kind: "outage" as const, error: outage, neighbours: 0, goesBack: isCutOff };
      const hold = down ?? pause;
      if (down !== undefined) {
        for (const failure of failures) if (failure !== undefined) Object.assign(failure, down, { waitMs });
        for (const { attempt } of inquiries) {
          // Other items of the text are in later calls.
          if (failureBy(engine, attempt) === undefined) fail(attempt, engine, { ...down, waitMs });
        }
      } else if (silence !== undefined) {
        for (const failure of failures) if (failure?.kind === "transient") failure.isAlone = isAlone;
      }
      if (hold !== undefined) {
        for (const failure of pauses) failure.waitMs = waitMs;
        const later = inquiriesOf(calls.slice(at + 1).flat());
        for (const inquiry of later) {
          if (pending.get(inquiry) !== 0 && failureBy(engine, inquiry.attempt) === undefined) {
            fail(inquiry.attempt, engine, { ...hold, waitMs });
          }
        }
        return;
      }
      // The next calls would use up their time as well, one after another, in this slot; in another they need not.
      if (timedOut) return;
    }
  }

  #billing(engine: Engine) {
    const { random = Math.random } = this.#options;
    const briefOf = (asks: readonly Ask[]) =>
      this.#brief(
        engine,
        asks.map(({ item }) => item),
      );
    const { project } = this.#batch;
    return { project, engine, prices: this.#prices, answered: this.#answered, random, briefOf, signal: this.#signal };
  }

  /** A model without a price of its own is billed as the one that was asked. */
  #noteModel({ name, model: asked }: Engine, model: string | null): void {
    if (model === null || model === asked || !this.#prices?.engines.get(name)?.has(model)) return;
    const models = this.#answered.get(name) ?? new Set();
    this.#answered.set(name, models.add(model));
  }

  /** The texts of a call that got no hold fail, and those of later calls too that are not cheap enough for the room that is left. */
  async #park(
    engine: Engine,
    budget: BatchBudget,
    hold: Extract<CallHold<Ask>, { kind: "refused" }>,
    calls: Ask[][],
    at: number,
  ): Promise<void> {
    const { error, waitMs, waitsFor, room } = hold;
    const isOver = !fitsAlone(this.#billing(engine), calls.slice(at + 1).flat(), room);
    const refused = inquiriesOf(
      isOver
        ? calls
            .splice(at + 1)
            .concat([calls[at] ?? []])
            .flat()
        : (calls[at] ?? []),
    );
    for (const { attempt } of refused) {
      if (failureBy(engine, attempt) === undefined)
        fail(attempt, engine, { kind: "budget", error, waitMs, waitsFor, neighbours: 0 });
    }
    if (waitsFor === "budget") {
      // Of all of them: the cheapest can go on first, when there is more room.
      const least = leastAlone(
        this.#billing(engine),
        [...refused].flatMap((inquiry) => inquiry.open()),
      );
      if (least !== undefined) await budget.refused(least).catch(() => undefined);
    }
    // Other items of a text that waits are in later calls.
    for (let later = calls.length - 1; later > at; later -= 1) {
      const left = (calls[later] ?? []).filter(({ inquiry }) => !refused.has(inquiry));
      if (left.length > 0) calls[later] = left;
      else calls.splice(later, 1);
    }
  }

  /** The items of one text of a call, taken by chance: a text that breaks the engine must not be every probe. */
  #oneText(asks: readonly Ask[]): [Ask[], Ask[]] {
    const { random = Math.random } = this.#options;
    const inquiries = [...inquiriesOf(asks)];
    const chosen = inquiries[Math.floor(random() * inquiries.length)];
    return partition(asks, ({ inquiry }) => inquiry === chosen);
  }

  #conclude(inquiry: Inquiry, engine: Engine, neighbours: number): void {
    const failure = inquiry.conclude();
    if (failure !== undefined) fail(inquiry.attempt, engine, { ...failure, neighbours });
  }

  #book(call: EngineCall, asks: readonly Ask[], concluded: readonly Inquiry[]): void {
    const repairs: Record<string, number> = {};
    for (const inquiry of concluded) {
      for (const [name, count] of inquiry.takeRepairs()) repairs[name] = (repairs[name] ?? 0) + count;
    }
    const hintsLeftOut = asks.filter(({ inquiry, item }) => inquiry.lacksHint(item)).length;
    const booked = {
      ...call,
      ...(Object.keys(repairs).length > 0 && { repairs }),
      ...(hintsLeftOut > 0 && { hintsLeftOut }),
    };
    this.#calls.push(booked);
    this.#options.onCall?.(booked);
  }
}

/** The checks that a text which fails them is asked for again. */
const ASKED_AGAIN: ReadonlySet<string> = new Set(
  CHECKS.flatMap(({ name, severity }): string[] => (isRetried(severity) ? [name] : [])),
);

function isRetried(severity: "block" | "retry" | "warn"): boolean {
  return severity === "retry";
}

type Translated = NonNullable<Attempt["translated"]>;

/** Whether a second translation has fewer warnings than the first, or as many and breaks fewer terms. */
function isBetter(second: Translated | undefined, first: Translated, breaksFewer: boolean): boolean {
  if (second === undefined) return false;
  return second.flags.length < first.flags.length + (breaksFewer ? 1 : 0);
}

/** The most that an ended call cost. */
function mostCost({ cost, unconfirmed = "0" }: EngineCall, held: string): string {
  return cost === undefined ? held : formatAmount((parseAmount(cost) ?? 0n) + (parseAmount(unconfirmed) ?? 0n));
}

function isPause(answer: Answer): boolean {
  return answer !== "unanswered" && "failure" in answer && isPausing(answer.failure);
}

function isInstructed({ protects = "instructed" }: Engine): boolean {
  return protects === "instructed";
}

/** The failure of a call that got no answer for any text. Undefined: it got one, or was stopped. */
function silenceOf(call: EngineCall, answers: readonly Answer[]): EngineFailure | undefined {
  if (call.outcome !== "transient") return undefined;
  const [failed] = answers.filter((answer) => answer !== "unanswered");
  return failed !== undefined && "failure" in failed ? failed.failure : undefined;
}

function inquiriesOf(asks: readonly Ask[]): Set<Inquiry> {
  return new Set(asks.map(({ inquiry }) => inquiry));
}

/** The texts of a call whose translations may belong to others of it. */
function suspectsOf(
  answered: readonly Inquiry[],
  inquiries: readonly Inquiry[],
  translations: ReadonlyMap<Inquiry, string>,
): Inquiry[] {
  const pairs = answered.map((inquiry) => ({
    source: inquiry.attempt.item.text,
    translation: translations.get(inquiry) ?? "",
  }));
  const suspected = mistrustedOf(pairs, inquiries.length - answered.length);
  return answered.filter((_, at) => suspected.has(at));
}

function partition<Each>(all: readonly Each[], isFirst: (each: Each) => boolean): [Each[], Each[]] {
  const first = new Set(all.filter(isFirst));
  return [[...first], all.filter((each) => !first.has(each))];
}

function fail(attempt: Attempt, { name }: Engine, failure: Omit<Failure, "engine">): void {
  attempt.failures.push({ ...failure, engine: name });
}

/** This engine's failure, when it was the last one asked. */
function failureBy({ name }: Engine, { failures }: Attempt): Failure | undefined {
  const last = failures.at(-1);
  return last?.engine === name ? last : undefined;
}
