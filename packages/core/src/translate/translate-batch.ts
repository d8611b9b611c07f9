/** Translates one claimed batch: engine by engine, call by call, and decides each text's outcome. Stores nothing. */
import { LRUCache } from "lru-cache";
import type { Engine } from "../contract/engine.ts";
import type { EngineGate, EngineLimits } from "../contract/engine-gate.ts";
import { EngineNotFoundError, type TransHubError } from "../contract/errors.ts";
import type { EngineCall, TranslateWork, WorkBatch, WorkItem, WorkOutcome, WorkResult } from "../contract/work.ts";
import { estimateTokens } from "../rules/bucket.ts";
import { optionKinds as kinds, optionCheck } from "../rules/options.ts";
import { mayAsk, noEngineAllowed, type ProjectEngines } from "../rules/project-engines.ts";
import { CHECKS } from "../text/checks/judge.ts";
import { engineBatch, itemBytes, packCalls, refusalOf } from "./brief.ts";
import { type Answer, callEngine } from "./engine-call.ts";
import { type Ask, Inquiry } from "./inquiry.ts";
import { type EngineLimitChange, EngineLimiter, type EngineStop, type LimiterTimes } from "./limits/limiter.ts";
import { type Attempt, decideOutcome, type Failure, fallsBack, isPausing, mayBeANeighbours } from "./outcome.ts";
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
   * Called when an engine's account or setting is at fault (`quota`, `config`), found here or elsewhere in the fleet: a
   * person has to act. Once for each opening of the engine's circuit. Must not throw.
   */
  onFault?: ((error: TransHubError, engine: string, stop: EngineStop) => void) | undefined;
  /** Called when this process pauses an engine for the fleet, or opens or closes its circuit. Must not throw. */
  onLimitChange?: ((change: EngineLimitChange) => void) | undefined;
  /** Called at the end of each engine call, before anything of it is stored. Must not throw. */
  onCall?: ((call: EngineCall) => void) | undefined;
  /** Called at the end of each wait for a turn, granted or not. Must not throw. */
  onTurn?: ((turn: EngineTurnTaken) => void) | undefined;
}

const checkOptions = optionCheck<TranslateBatchOptions>("translateBatch", {
  engines: kinds.required(kinds.engines),
  projectEngines: kinds.projectEngines,
  maxAttempts: kinds.required(kinds.whole(1, 10_000)),
  engineTimeoutMs: kinds.required(kinds.milliseconds),
  random: kinds.callback,
  now: kinds.callback,
  limits: kinds.engineLimits,
  gate: kinds.methods("an engine gate", "states", "reserve", "settle", "renew", "pause", "open"),
  limiterTimes: kinds.object,
  onFault: kinds.callback,
  onLimitChange: kinds.callback,
  onCall: kinds.callback,
  onTurn: kinds.callback,
});

/** The end of a wait for a turn at an engine. */
export interface EngineTurnTaken {
  engine: string;
  waitMs: number;
  /** `granted`: the call is made. `stopped`: the work ended first. Else the reason why the texts are handed back. */
  outcome: "granted" | "stopped" | "rate_limited" | "quota" | "config";
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
  const { limits, gate, now = Date.now, random = Math.random } = checkOptions(options);
  const { onFault, onLimitChange: onChange, limiterTimes: times } = options;
  const limiter = new EngineLimiter({ limits, gate, times, now, random, onFault, onChange });
  const suspects: Suspects = new LRUCache({ max: MOST_SUSPECTS });
  const reached: Reached = new LRUCache({ max: MOST_SUSPECTS });
  return async (batch, signal) => new BatchTranslation(options, limiter, { suspects, reached }, batch, signal).run();
}

/**
 * The texts, by engine and key, whose translations were suspected and then not asked for again, because of a limit or a stop. The
 * next call asks for them alone. Asked for together they would be suspected again: an engine that takes one call before its
 * limit would be paid for the same texts for ever, as a limit counts as no attempt.
 */
type Suspects = LRUCache<string, true>;

/** The way that each question of a text had reached, by engine and key, when a limit or a stop kept back the answer. */
type Reached = LRUCache<string, readonly number[]>;

/** A text that is forgotten here is only asked for together once more. */
const MOST_SUSPECTS = 10_000;

function suspectKey({ name }: Engine, { key }: WorkItem): string {
  return JSON.stringify([name, key.project, key.targetLocale, key.contentNo, key.contextNo]);
}

class BatchTranslation {
  readonly #options: TranslateBatchOptions;
  readonly #limiter: EngineLimiter;
  readonly #suspects: Suspects;
  readonly #reached: Reached;
  readonly #engines: readonly Engine[];
  readonly #batch: WorkBatch;
  readonly #signal: AbortSignal;
  readonly #attempts: Attempt[];
  readonly #calls: EngineCall[] = [];
  /** The texts of each call of several, of the engine that is being asked. */
  #together: Inquiry[][] = [];

  constructor(
    options: TranslateBatchOptions,
    limiter: EngineLimiter,
    { suspects, reached }: { suspects: Suspects; reached: Reached },
    batch: WorkBatch,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#limiter = limiter;
    this.#suspects = suspects;
    this.#reached = reached;
    this.#engines = [...options.engines];
    this.#batch = batch;
    this.#signal = signal;
    this.#attempts = batch.items.map((item) => ({ item, failures: [] }));
  }

  async run(): Promise<WorkResult> {
    if (this.#engines.length === 0) throw new EngineNotFoundError("There is no engine to translate with");
    let open = this.#attempts;
    for (const engine of this.#engines) {
      const [asked, others] = partition(open, ({ item }) => this.#mayAsk(engine, item));
      await this.#ask(engine, asked);
      const passedOn = asked.filter((attempt) => {
        const failure = failureBy(engine, attempt);
        return attempt.heldBackBy?.includes(engine.name) || (failure !== undefined && fallsBack(failure));
      });
      open = [...passedOn, ...others];
    }
    for (const engine of this.#engines) await this.#splitAtLast(engine);
    return { outcomes: this.#attempts.map((attempt) => this.#outcomeOf(attempt)), calls: this.#calls };
  }

  /**
   * Splits at its last attempt a text whose syntax this engine broke, where the engines behind it gave no text either: they
   * are stopped, or do not know the language. A rate limit ends soon, so the text waits for it.
   */
  async #splitAtLast(engine: Engine): Promise<void> {
    const broken = this.#attempts.filter((attempt) => {
      const { item, failures, translated } = attempt;
      if (translated !== undefined || !this.#isLastAttempt(attempt) || this.#isLastFor(engine, item)) return false;
      if (failures.some(({ kind }) => kind === "rate_limited")) return false;
      return failures.some(({ engine: name, kind }) => name === engine.name && kind === "blocked");
    });
    if (broken.length === 0 || this.#signal.aborted) return;
    this.#together = [];
    await this.#askAlone(
      engine,
      broken.map((attempt) => new Inquiry(attempt, engine, this.#batch, true, "split")),
    );
  }

  /** By the text's own project: no caller can mix a text into a batch of another project. */
  #mayAsk(engine: Engine, { key }: WorkItem): boolean {
    return mayAsk(this.#options.projectEngines ?? {}, key.project, engine);
  }

  #isLastFor(engine: Engine, item: WorkItem): boolean {
    return this.#engines.findLast((each) => this.#mayAsk(each, item)) === engine;
  }

  #outcomeOf(attempt: Attempt): WorkOutcome {
    const { projectEngines = {}, maxAttempts, random = Math.random, now = Date.now } = this.#options;
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
    const inquiries = open.flatMap((attempt) => {
      const reached = this.#reached.get(suspectKey(engine, attempt.item));
      const inquiry = new Inquiry(attempt, engine, this.#batch, this.#isLastFor(engine, attempt.item), reached);
      const items = inquiry.open().map(({ item }) => item);
      const error = refusalOf(engine, this.#batch, attempt.item, items);
      if (error !== undefined) fail(attempt, engine, { kind: "refused", error, neighbours: 0 });
      return error === undefined ? [inquiry] : [];
    });
    this.#together = [];
    const [suspects, others] = partition(inquiries, ({ attempt }) => {
      const key = suspectKey(engine, attempt.item);
      return this.#suspects.has(key) || this.#reached.has(key);
    });
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
    this.#rememberWays(engine, inquiries);
  }

  /**
   * The next attempt of a text that met a limit or a stop on its way down goes on from there. From the top, an engine that takes
   * one call before its limit would be paid for the same refused text for ever, as a limit counts as no attempt.
   */
  #rememberWays(engine: Engine, inquiries: readonly Inquiry[]): void {
    for (const { attempt, reached } of inquiries) {
      const key = suspectKey(engine, attempt.item);
      const failure = failureBy(engine, attempt);
      const isOpen = attempt.translated === undefined && (failure === undefined || isPausing(failure));
      if (!isOpen) this.#reached.delete(key);
      else if (reached.some((at) => at > 0)) this.#reached.set(key, reached);
    }
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
   * The text is split only for the last engine of its chain, or by {@link #splitAtLast}. At most three calls for a text.
   */
  async #descend(engine: Engine, inquiries: readonly Inquiry[]): Promise<void> {
    for (;;) {
      const broken = inquiries.filter((inquiry) => {
        const { attempt } = inquiry;
        if (failureBy(engine, attempt)?.kind !== "blocked") return false;
        if (isInstructed(engine) && !this.#isLastAttempt(attempt)) return false;
        return inquiry.descend(this.#isLastFor(engine, attempt.item));
      });
      if (broken.length === 0 || this.#signal.aborted) return;
      for (const { attempt } of broken) attempt.failures.pop();
      await this.#askAlone(engine, broken);
    }
  }

  /**
   * Asks once more for the texts whose words look wrong (an explanation, another script), and keeps the better translation.
   * Only an engine that can be told what is wrong is asked.
   */
  async #askAgainForWords(engine: Engine, inquiries: readonly Inquiry[]): Promise<void> {
    if (!isInstructed(engine)) return;
    for (const inquiry of inquiries) {
      const { attempt } = inquiry;
      const first = attempt.translated;
      if (first?.engine !== engine.name || !first.flags.some((flag) => ASKED_AGAIN.has(flag))) continue;
      delete attempt.translated;
      inquiry.reopen(`The translation was not accepted: ${first.flags.join(", ")}`);
      const failures = attempt.failures.length;
      await this.#askAlone(engine, [inquiry]);
      attempt.failures.length = failures;
      if (!isBetter(attempt.translated, first)) attempt.translated = first;
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
          if (attempt.translated === undefined) this.#suspects.set(suspectKey(engine, attempt.item), true);
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
      engine.estimateTokens?.(engineBatch(this.#batch, items)) ??
      estimateTokens(items.reduce((sum, item) => sum + itemBytes(item), 0))
    );
  }

  #isToYield({ name }: Engine): boolean {
    const { isToYield, isEnginePaused } = this.#batch;
    return (isToYield?.() || isEnginePaused?.(name)) ?? false;
  }

  /** Texts that are not asked for because of a stop or a time-out stay without a failure, and are released. */
  async #callAll(engine: Engine, calls: readonly Ask[][]): Promise<void> {
    if (calls.length > 0) await engine.prepare?.().catch(() => undefined); // the call meets the same failure
    // The items of one text may be in several calls: it is decided on with the last.
    const pending = new Map<Inquiry, number>();
    for (const { inquiry } of calls.flat()) pending.set(inquiry, (pending.get(inquiry) ?? 0) + 1);
    for (const [at, asks] of calls.entries()) {
      if (this.#signal.aborted) return;
      const left = () => [...inquiriesOf(calls.slice(at).flat())].map(({ attempt }) => attempt);
      if (this.#batch.isEnginePaused?.(engine.name)) {
        for (const attempt of left()) attempt.heldBackBy = [...(attempt.heldBackBy ?? []), engine.name];
        return;
      }
      const items = asks.map(({ item }) => item);
      const isMetered = this.#options.limits?.[engine.name]?.tpm !== undefined;
      const tokens = isMetered ? this.#estimate(engine, items) : 0;
      const askedAt = performance.now();
      const permit = await this.#limiter.ask(engine.name, tokens, this.#signal, () => this.#isToYield(engine));
      this.#options.onTurn?.({
        engine: engine.name,
        waitMs: performance.now() - askedAt,
        outcome: permit === undefined ? "stopped" : "error" in permit ? permit.kind : "granted",
      });
      if (permit === undefined) return;
      if ("error" in permit) {
        for (const attempt of left()) fail(attempt, engine, { ...permit, neighbours: 0 });
        return;
      }
      const limits = { signal: this.#signal, timeoutMs: this.#options.engineTimeoutMs };
      const { answers, call, timedOut } = await callEngine(engine, engineBatch(this.#batch, items), limits);
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
      this.#book(call, concluded);
      const failures = concluded.map(({ attempt }) => failureBy(engine, attempt));
      const pauses = failures.filter((failure) => failure !== undefined).filter(isPausing);
      const [pause] = pauses;
      const waitMs = await this.#limiter.ended(permit, call, pause);
      if (pause !== undefined) {
        for (const failure of pauses) failure.waitMs = waitMs;
        const later = inquiriesOf(calls.slice(at + 1).flat());
        for (const inquiry of later) {
          if (pending.get(inquiry) !== 0) fail(inquiry.attempt, engine, { ...pause, waitMs });
        }
        return;
      }
      // The next calls would use up their time as well, one after another, in this slot; in another they need not.
      if (timedOut) return;
    }
  }

  #conclude(inquiry: Inquiry, engine: Engine, neighbours: number): void {
    const failure = inquiry.conclude();
    if (failure !== undefined) fail(inquiry.attempt, engine, { ...failure, neighbours });
  }

  #book(call: EngineCall, concluded: readonly Inquiry[]): void {
    const repairs: Record<string, number> = {};
    for (const inquiry of concluded) {
      for (const [name, count] of inquiry.takeRepairs()) repairs[name] = (repairs[name] ?? 0) + count;
    }
    const booked = Object.keys(repairs).length === 0 ? call : { ...call, repairs };
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

/** Whether a second translation has fewer warnings than the first. */
function isBetter(second: Translated | undefined, first: Translated): boolean {
  return second !== undefined && second.flags.length < first.flags.length;
}

function isPause(answer: Answer): boolean {
  return answer !== "unanswered" && "failure" in answer && isPausing(answer.failure);
}

function isInstructed({ protects = "instructed" }: Engine): boolean {
  return protects === "instructed";
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
