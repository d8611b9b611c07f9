/** Translates one claimed batch: engine by engine, call by call, and decides each text's outcome. Stores nothing. */
import { LRUCache } from "lru-cache";
import { type Engine, UNDETERMINED_LOCALE } from "../contract/engine.ts";
import type { EngineGate, EngineLimits } from "../contract/engine-gate.ts";
import { EngineNotFoundError, type TransHubError, TranslationBlockedError } from "../contract/errors.ts";
import type { EngineCall, TranslateWork, WorkBatch, WorkItem, WorkOutcome, WorkResult } from "../contract/work.ts";
import { estimateTokens } from "../rules/bucket.ts";
import { optionKinds as kinds, optionCheck } from "../rules/options.ts";
import { pluralFormOf } from "../rules/plural-context.ts";
import { mayAsk, noEngineAllowed, type ProjectEngines } from "../rules/project-engines.ts";
import { judge } from "../text/checks/judge.ts";
import { briefBytes, engineBatch, packCalls, refusalOf } from "./brief.ts";
import { type Answer, callEngine } from "./engine-call.ts";
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
  return async (batch, signal) => new BatchTranslation(options, limiter, suspects, batch, signal).run();
}

/**
 * The texts, by engine and key, whose translations were suspected and then not asked for again, because of a limit or a stop. The
 * next call asks for them alone. Asked for together they would be suspected again: an engine that takes one call before its
 * limit would be paid for the same texts for ever, as a limit counts as no attempt.
 */
type Suspects = LRUCache<string, true>;

/** Pseudo-localized texts are no language: each of them would be warned of. */
const PSEUDO = "pseudo";

/** A text that is forgotten here is only asked for together once more. */
const MOST_SUSPECTS = 10_000;

function suspectKey({ name }: Engine, { key }: WorkItem): string {
  return JSON.stringify([name, key.project, key.targetLocale, key.contentNo, key.contextNo]);
}

class BatchTranslation {
  readonly #options: TranslateBatchOptions;
  readonly #limiter: EngineLimiter;
  readonly #suspects: Suspects;
  readonly #engines: readonly Engine[];
  readonly #batch: WorkBatch;
  readonly #signal: AbortSignal;
  readonly #attempts: Attempt[];
  readonly #calls: EngineCall[] = [];
  /** The texts of each call of several, of the engine that is being asked. */
  #together: Attempt[][] = [];

  constructor(
    options: TranslateBatchOptions,
    limiter: EngineLimiter,
    suspects: Suspects,
    batch: WorkBatch,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#limiter = limiter;
    this.#suspects = suspects;
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
    return { outcomes: this.#attempts.map((attempt) => this.#outcomeOf(attempt)), calls: this.#calls };
  }

  /** By the text's own project: no caller can mix a text into a batch of another project. */
  #mayAsk(engine: Engine, { key }: WorkItem): boolean {
    return mayAsk(this.#options.projectEngines ?? {}, key.project, engine);
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
    const askable = open.filter((attempt) => {
      const error = refusalOf(engine, this.#batch, attempt.item);
      if (error !== undefined) fail(attempt, engine, { kind: "refused", error, neighbours: 0 });
      return error === undefined;
    });
    const { maxItemsPerCall, maxBytesPerCall, takesContext } = engine;
    const tokens = this.#tokenLimits(engine);
    const pack = (attempts: readonly Attempt[]) =>
      packCalls(attempts, { maxItemsPerCall, maxBytesPerCall, takesContext, ...tokens });
    this.#together = [];
    const [suspects, others] = partition(askable, ({ item }) => this.#suspects.has(suspectKey(engine, item)));
    await this.#callAll(engine, [...pack(others), ...suspects.map((attempt) => [attempt])]);
    for (const attempt of suspects) {
      if (attempt.translated !== undefined) this.#suspects.delete(suspectKey(engine, attempt.item));
    }

    // At once and without the text that went missing, so that its neighbours lose no attempt.
    const doubtful = askable.filter((attempt) => failureBy(engine, attempt)?.isDoubt);
    for (const attempt of doubtful) attempt.failures.pop();
    await this.#callAll(engine, pack(doubtful));
    await this.#askSuspectsAlone(engine);

    // A call of several texts sends none of them to the dead letters: at its last attempt a text is asked for alone.
    const suspected = askable.filter((attempt) => {
      const failure = failureBy(engine, attempt);
      return attempt.item.attempt >= this.#options.maxAttempts && failure !== undefined && mayBeANeighbours(failure);
    });
    for (const attempt of suspected) attempt.failures.pop();
    await this.#callAll(engine, alone(suspected));
  }

  /**
   * Asks alone for the texts whose translations may belong to another text of their call. An answer that was given to another
   * text before proves that the two were mixed up, and so the other text is asked for as well.
   *
   * A text that is not asked for because of a stop is released: it has no translation that can be trusted.
   */
  async #askSuspectsAlone(engine: Engine): Promise<void> {
    for (const attempts of this.#together.splice(0)) {
      const answered = attempts.filter(({ translated }) => translated?.engine === engine.name);
      const first = new Map(answered.map((attempt) => [attempt, attempt.translated?.text ?? ""]));
      let suspects = suspectsOf(answered, attempts, first);
      const asked = new Set<Attempt>();
      while (suspects.length > 0) {
        for (const attempt of suspects) {
          asked.add(attempt);
          delete attempt.translated;
        }
        await this.#callAll(engine, alone(suspects));
        const others = new Set(
          suspects.flatMap((attempt) => {
            const text = attempt.translated?.text;
            return text === undefined || text === first.get(attempt) ? [] : [text.trim()];
          }),
        );
        for (const attempt of suspects) {
          if (attempt.translated === undefined) this.#suspects.set(suspectKey(engine, attempt.item), true);
        }
        suspects = answered.filter((attempt) => !asked.has(attempt) && others.has(first.get(attempt)?.trim() ?? ""));
      }
    }
  }

  /**
   * A call of more tokens than a full bucket holds would wait until it is full, and then make all others wait. The texts
   * of a call may take at least as many tokens as its prompt does: a small allowance must not be spent on prompts.
   */
  #tokenLimits(engine: Engine): { maxTokensPerCall: number; tokensOf(item: WorkItem): number } {
    const atOnce = this.#limiter.tokensAtOnce(engine.name);
    if (atOnce === undefined) return { maxTokensPerCall: Number.POSITIVE_INFINITY, tokensOf: () => 0 };
    const everyCall = this.#estimate(engine, []);
    return {
      maxTokensPerCall: Math.max(atOnce - everyCall, everyCall),
      tokensOf: (item) => this.#estimate(engine, [item]) - everyCall,
    };
  }

  #estimate(engine: Engine, items: readonly WorkItem[]): number {
    return (
      engine.estimateTokens?.(engineBatch(engine, this.#batch, items)) ??
      estimateTokens(items.reduce((sum, item) => sum + briefBytes(engine, item), 0))
    );
  }

  #isToYield({ name }: Engine): boolean {
    const { isToYield, isEnginePaused } = this.#batch;
    return (isToYield?.() || isEnginePaused?.(name)) ?? false;
  }

  /** Texts that are not asked for because of a stop or a time-out stay without a failure, and are released. */
  async #callAll(engine: Engine, calls: readonly Attempt[][]): Promise<void> {
    if (calls.length > 0) await engine.prepare?.().catch(() => undefined); // the call meets the same failure
    for (const [at, attempts] of calls.entries()) {
      if (this.#signal.aborted) return;
      if (this.#batch.isEnginePaused?.(engine.name)) {
        for (const attempt of calls.slice(at).flat()) attempt.heldBackBy = [...(attempt.heldBackBy ?? []), engine.name];
        return;
      }
      const items = attempts.map(({ item }) => item);
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
        for (const attempt of calls.slice(at).flat()) fail(attempt, engine, { ...permit, neighbours: 0 });
        return;
      }
      const limits = { signal: this.#signal, timeoutMs: this.#options.engineTimeoutMs };
      const { answers, call, timedOut } = await callEngine(engine, engineBatch(engine, this.#batch, items), limits);
      if (attempts.length > 1) this.#together.push(attempts);
      this.#calls.push(call);
      this.#options.onCall?.(call);
      for (const [position, attempt] of attempts.entries()) {
        this.#take(attempt, engine, answers[position] ?? "unanswered", attempts.length - 1);
      }
      const failures = attempts.map((attempt) => failureBy(engine, attempt));
      const pauses = failures.filter((failure) => failure !== undefined).filter(isPausing);
      const [pause] = pauses;
      const waitMs = await this.#limiter.ended(permit, call, pause);
      if (pause !== undefined) {
        for (const failure of pauses) failure.waitMs = waitMs;
        for (const attempt of calls.slice(at + 1).flat()) fail(attempt, engine, { ...pause, waitMs });
        return;
      }
      // The next calls would use up their time as well, one after another, in this slot; in another they need not.
      if (timedOut) return;
    }
  }

  #take(attempt: Attempt, engine: Engine, answer: Answer, neighbours: number): void {
    if (answer === "unanswered") return;
    if ("failure" in answer) {
      fail(attempt, engine, { ...answer.failure, neighbours, isDoubt: answer.isDoubt });
      return;
    }
    const { text: source, format, context } = attempt.item;
    const { sourceLocale, targetLocale } = this.#batch;
    const text = withOuterSpace(source, answer.text);
    const { blocked, warnings } = judge({
      source,
      translation: text,
      format,
      sourceLocale: sourceLocale === UNDETERMINED_LOCALE ? undefined : sourceLocale,
      targetLocale,
      pluralCategory: pluralFormOf(context)?.category,
      by: "machine",
    });
    if (blocked === undefined) {
      const flags = engine.name === PSEUDO ? [] : warnings.map(({ check }) => check).sort();
      attempt.translated = { text, engine: engine.name, model: answer.model, flags };
      return;
    }
    const message = `The translation was not accepted: ${blocked.message}`;
    const error = new TranslationBlockedError(blocked.check, message);
    fail(attempt, engine, { kind: "blocked", error, neighbours });
  }
}

/** The texts of a call whose translations may belong to others of it. */
function suspectsOf(
  answered: readonly Attempt[],
  attempts: readonly Attempt[],
  translations: ReadonlyMap<Attempt, string>,
): Attempt[] {
  const pairs = answered.map((attempt) => ({
    source: attempt.item.text,
    translation: translations.get(attempt) ?? "",
  }));
  const suspected = mistrustedOf(pairs, attempts.length - answered.length);
  return answered.filter((_, at) => suspected.has(at));
}

/** A call for each of them. */
function alone(attempts: readonly Attempt[]): Attempt[][] {
  return attempts.map((attempt) => [attempt]);
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

/** Engines lose or add space at the ends, by which programs join texts. The space within is the engine's. */
function withOuterSpace(source: string, translation: string): string {
  const leading = source.slice(0, source.length - source.trimStart().length);
  const trailing = source.slice(source.trimEnd().length);
  return leading + translation.trim() + trailing;
}
