import { orAbort } from "../async/or-abort.ts";
import { CancelledError, TransHubError, WaitTimeoutError } from "../contract/errors.ts";
import type { FeedListener, FeedNews } from "../contract/event.ts";
import type { Translation, TranslationReference } from "../contract/translation.ts";
import { isMeant } from "../rules/event-cursor.ts";
import { isSettled } from "../rules/settled.ts";

export interface WaitForOptions {
  /** Reads the stored translations. Concurrent calls are joined, so that many waiters cost one statement. */
  read(references: readonly TranslationReference[]): Promise<(Translation | undefined)[]>;
  /** Calls a listener with news of the feed of events until the returned function is called. */
  watch(listener: FeedListener): () => void;
  /** Milliseconds. */
  timeoutMs: number;
  /** The caller's: aborting it ends the wait with `CancelledError`. */
  signal?: AbortSignal | undefined;
  /** The coordinator's: its reason is thrown. */
  closing: AbortSignal;
}

/** Milliseconds between two looks without a feed. */
const POLL_MS = 500;
const SELDOM_MS = 10_000;

const PENDING_HINT = "Is a worker running for this locale? See trans-hub status.";
const QUEUED_HINT =
  "A request waits in the inbox to be registered: by a worker, once no other session has a lock in its way. See trans-hub status.";

const UNKNOWN_HINT =
  "A translation that is waited for was never requested under this text or business id, project, source locale, context, format and target locale; or its transaction is still open.";

/**
 * Looks until each translation is settled: translated, approved or failed. A translation that was never requested is
 * waited for as well, as its request may lie in an open transaction.
 *
 * While the feed of events is on, it looks after events of the locale, and every two seconds for changes without one; all waits
 * of the process look together. Without a feed, it polls.
 *
 * @throws {WaitTimeoutError | CancelledError | ClosedError}
 */
export async function waitForTranslations(
  references: readonly TranslationReference[],
  { read, watch, timeoutMs, signal, closing }: WaitForOptions,
): Promise<Translation[]> {
  const settled = new Map<TranslationReference, Translation>();
  let hint = PENDING_HINT;
  const ending = new AbortController();
  const onAbort = () => ending.abort(new CancelledError("Waiting was cancelled", { cause: signal?.reason }));
  const onClose = () => ending.abort(closing.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  closing.addEventListener("abort", onClose, { once: true });
  if (signal?.aborted) onAbort();
  const timer = setTimeout(() => {
    const missing = references.length - settled.size;
    const message = `${missing} of ${references.length} translations are not there after ${timeoutMs} ms`;
    ending.abort(new WaitTimeoutError(message, { hint }));
  }, timeoutMs);

  const news = new News(references);
  const stop = watch((heard) => news.hear(heard));
  try {
    while (true) {
      news.isOld = false;
      const open = references.filter((reference) => !settled.has(reference));
      const found = await orAbort(readOrNothing(read, open), ending.signal);
      hint = hintFor(found);
      for (const [at, reference] of open.entries()) {
        const translation = found[at];
        if (translation !== undefined && isSettled(translation)) settled.set(reference, translation);
      }
      if (settled.size === references.length) return references.flatMap((reference) => settled.get(reference) ?? []);
      await news.wait(ending.signal);
    }
  } finally {
    stop();
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    closing.removeEventListener("abort", onClose);
  }
}

/** The reason of the first obstacle on the way of a request: that it was made, then registered, then translated. */
function hintFor(found: readonly (Translation | undefined)[]): string {
  // Nothing at all: the store could not be read.
  if (found.includes(undefined)) return UNKNOWN_HINT;
  return found.some((translation) => translation?.status === "queued") ? QUEUED_HINT : PENDING_HINT;
}

/** While the store is out of reach, the wait goes on. */
async function readOrNothing(
  read: WaitForOptions["read"],
  references: readonly TranslationReference[],
): Promise<(Translation | undefined)[]> {
  try {
    return await read(references);
  } catch (error) {
    if (error instanceof TransHubError && error.retryable) return [];
    throw error;
  }
}

/** Says when a wait is to look again. */
class News {
  readonly #references: readonly TranslationReference[];
  #isOpen = false;
  #wake: (() => void) | undefined;
  /** Whether something may have changed since it was set to false. */
  isOld = false;

  constructor(references: readonly TranslationReference[]) {
    this.#references = references;
  }

  hear(news: FeedNews): void {
    this.#isOpen = news.isOpen;
    const { events } = news;
    const concerns = events?.some((event) => this.#references.some((reference) => isMeant(event, reference))) ?? true;
    if (!news.isOpen || !concerns) return;
    this.isOld = true;
    this.#wake?.();
  }

  /** Resolves when it is time to look again; rejects with the reason of the signal. */
  async wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw signal.reason;
    if (this.#isOpen && this.isOld) return;
    let over = () => {};
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      over = resolve;
      this.#wake = resolve;
      signal.addEventListener("abort", over, { once: true });
      // With the feed, the tail says every two seconds that it is time; the timer is for a feed that is switched off meanwhile.
      timer = setTimeout(resolve, this.#isOpen ? SELDOM_MS : POLL_MS);
    });
    clearTimeout(timer);
    signal.removeEventListener("abort", over);
    this.#wake = undefined;
    if (signal.aborted) throw signal.reason;
  }
}
