import { CancelledError } from "../contract/errors.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import type { Translation, TranslationKey } from "../contract/translation.ts";
import type { Settlement, TranslateWork, WorkOptions } from "../contract/work.ts";

export interface ProcessOptions
  extends Pick<WorkOptions, "locales" | "project" | "concurrency" | "maxItems" | "limit" | "lifetimeSeconds"> {
  /** Milliseconds that calls in flight are given when the consumer or a signal ends the work. */
  drainMs: number;
  /** The caller's: aborting it makes the generator throw `CancelledError` once all is still. */
  signal?: AbortSignal | undefined;
  /** Ends it from our side, consumer or not; its reason is thrown. */
  closing: AbortSignal;
  settled(settlement: Settlement): void;
  fault(error: Error): void;
}

/**
 * Works through what is ready, and yields each text as it is settled: translated, or failed for good. One that is to be
 * tried again later is not yielded.
 *
 * Work goes on while the consumer is busy. When the consumer leaves (break, return), nothing more is claimed, what runs
 * is stored or handed back, and then the generator ends.
 */
export async function* processPending(
  handler: Pick<PersistenceHandler, "work" | "readKeys">,
  translate: TranslateWork,
  { signal, closing, settled, fault, ...options }: ProcessOptions,
): AsyncGenerator<Translation, void, undefined> {
  if (signal?.aborted) throw cancelled(signal);
  const done = new SettledKeys();
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  for (const ending of [signal, closing]) ending?.addEventListener("abort", onAbort, { once: true });

  const observer = {
    settled: (settlement: Settlement) => {
      settled(settlement);
      done.add(settlement);
    },
    fault,
  };
  const working = handler.work({ ...options, until: "ready", signal: stop.signal, observer }, translate).then(
    () => done.end(undefined),
    (error: unknown) => done.end({ error }),
  );
  try {
    while (await done.next()) {
      if (closing.aborted) break;
      for (const translation of await handler.readKeys(done.take())) {
        // Asked for anew in the meantime: whoever does that work will tell.
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

  /** Whether there is something to take; waits until that is known. */
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
  return new CancelledError("Processing was cancelled; what was translated before is stored", { cause: signal.reason });
}
