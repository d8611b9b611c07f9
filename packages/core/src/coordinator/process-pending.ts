import type { EngineGate } from "../contract/engine-gate.ts";
import { errorFields } from "../contract/error-fields.ts";
import { CancelledError } from "../contract/errors.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import type { Translation, TranslationKey } from "../contract/translation.ts";
import type { Settlement, WorkOptions } from "../contract/work.ts";
import { canonicalLocale } from "../rules/locale.ts";
import { parseName } from "../rules/name.ts";
import { optionKinds as kinds, optionCheck } from "../rules/options.ts";
import { noEngineAllowed } from "../rules/project-engines.ts";
import type { EngineChain } from "./engine-chain.ts";
import type { CoordinatorSettings } from "./options.ts";

export interface ProcessPendingOptions {
  /** Ends after about this many texts. Default: no limit. */
  limit?: number | undefined;
  /** Aborting it ends the generator with `CancelledError`. */
  signal?: AbortSignal | undefined;
  /** Default: the coordinator's. */
  project?: string | undefined;
  /** Milliseconds that running engine calls get when the work ends early. Default 5,000. */
  drainMs?: number | undefined;
}

/** @throws {SettingsError} Names every option at fault. */
export const checkProcessPendingOptions = optionCheck<ProcessPendingOptions>("processPendingTranslations", {
  limit: kinds.whole(0, Number.MAX_SAFE_INTEGER),
  signal: kinds.signal,
  project: kinds.project,
  drainMs: kinds.millisecondsOrNone,
});

/** The coordinator's settings, and over them the caller's options. */
interface ProcessOptions extends CoordinatorSettings, Omit<ProcessPendingOptions, "project"> {}

/**
 * Works through the texts of a locale that are ready, and yields each once it is settled: translated, or failed for
 * good. A text that is to be tried again later is not yielded.
 *
 * Work goes on while the consumer is busy. When the consumer leaves (break, return), nothing more is claimed, running
 * work is stored or handed back, and then the generator ends.
 *
 * @param closing The coordinator's: ends the work, even while the consumer is busy; its reason is thrown.
 * @throws {EngineNotFoundError} The chain has no engine.
 * @throws {EngineNotAllowedError} It has none that the project may use; nothing was claimed.
 * @throws {CancelledError} The caller's signal aborted. Thrown once all work has ended.
 */
export async function* processPending(
  store: Pick<PersistenceHandler, "work" | "readKeys"> & { engineGate: EngineGate | undefined },
  chain: EngineChain,
  locale: string,
  { signal, ...options }: ProcessOptions,
  closing: AbortSignal,
): AsyncGenerator<Translation, void, undefined> {
  chain.requireOne();
  const workOptions = parseOptions(locale, options);
  const barred = noEngineAllowed(options.projectEngines, options.project, chain.engines);
  if (barred !== undefined) throw barred;
  if (workOptions.limit === 0) return;
  if (signal?.aborted) throw cancelled(signal);
  // A program that registers and reads alone never loads the way to an engine.
  const { translateBatch } = await import("../translate/translate-batch.ts");
  const translate = translateBatch({
    get engines() {
      return chain.engines;
    },
    projectEngines: options.projectEngines,
    instructions: options.instructions,
    memoryReuse: options.memoryReuse,
    prices: options.prices,
    maxAttempts: options.maxAttempts,
    engineTimeoutMs: options.engineTimeoutSeconds * 1_000,
    limits: options.engineLimits,
    gate: store.engineGate,
    onFault: (error, engine, { waitMs }) => {
      const until = new Date(Date.now() + waitMs).toISOString();
      options.logger.error({ engine, code: error.code, hint: error.hint, until }, "engine.fault");
    },
    onLimitChange: (change) => options.logger.warn(change, "engine.limit"),
  });
  const done = new SettledKeys();
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  for (const ending of [signal, closing]) ending?.addEventListener("abort", onAbort, { once: true });

  const observer = {
    settled: (settlement: Settlement) => done.add(settlement),
    fault: (error: Error) => options.logger.warn({ error: errorFields(error) }, "work.fault"),
  };
  const working = store.work({ ...workOptions, signal: stop.signal, observer }, translate).then(
    () => done.end(undefined),
    (error: unknown) => done.end({ error }),
  );
  try {
    while (await done.next()) {
      if (closing.aborted) break;
      for (const translation of await store.readKeys(done.take())) {
        // A text that was requested anew in the meantime is pending: the work on that request will yield it.
        if (translation.status !== "pending") yield translation;
      }
    }
    if (closing.aborted) throw closing.reason;
    if (done.failure !== undefined) throw done.failure.error;
    if (signal?.aborted) throw cancelled(signal);
  } finally {
    stop.abort();
    for (const ending of [signal, closing]) ending?.removeEventListener("abort", onAbort);
    await working;
  }
}

/** @throws {InvalidItemError} The locale is not valid. */
function parseOptions(locale: string, options: Omit<ProcessOptions, "signal">): WorkOptions {
  const { limit, batchSize, project, drainMs = 5_000, requestLifetimeSeconds } = options;
  // With a limit, the texts claimed at once add up to no more than the limit.
  const concurrency = Math.min(options.concurrency, Math.ceil((limit ?? Number.POSITIVE_INFINITY) / batchSize));
  return {
    locales: [canonicalLocale(locale, "locale")],
    project: parseName(project, "project", "TH_PROJECT"),
    until: "ready",
    concurrency,
    maxItems: limit === undefined ? batchSize : Math.min(batchSize, Math.ceil(limit / concurrency)),
    limit,
    drainMs,
    lifetimeSeconds: requestLifetimeSeconds,
  };
}

/** Keys of settled texts on their way to the consumer. Holds no text, so it may grow while the consumer is busy. */
class SettledKeys {
  #keys: TranslationKey[] = [];
  #hasEnded = false;
  #wake: (() => void) | undefined;
  failure: { error: unknown } | undefined;

  add({ batch, outcomes }: Settlement): void {
    for (const [at, { kind }] of outcomes.entries()) {
      const item = batch.items[at];
      if (item !== undefined && (kind === "translated" || kind === "failed")) this.#keys.push(item.key);
    }
    this.#wake?.();
  }

  end(failure: { error: unknown } | undefined): void {
    this.failure = failure;
    this.#hasEnded = true;
    this.#wake?.();
  }

  /** Waits for a key. False: the work has ended and no key is left. */
  async next(): Promise<boolean> {
    while (this.#keys.length === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#keys.length > 0;
  }

  take(): TranslationKey[] {
    return this.#keys.splice(0, KEYS_PER_READ);
  }
}

const KEYS_PER_READ = 500;

function cancelled(signal: AbortSignal): CancelledError {
  return new CancelledError("Processing was cancelled; texts translated before it are stored", {
    cause: signal.reason,
  });
}
