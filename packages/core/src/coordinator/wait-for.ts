import { setTimeout as wait } from "node:timers/promises";
import { orAbort } from "../async/or-abort.ts";
import { TransHubError, WaitTimeoutError } from "../contract/errors.ts";
import type { Translation, TranslationReference } from "../contract/translation.ts";

export interface WaitForOptions {
  /** Reads what is stored now; concurrent calls are joined, so that many waiters cost one statement. */
  read(references: readonly TranslationReference[]): Promise<(Translation | undefined)[]>;
  /** Milliseconds. */
  timeoutMs: number;
  /** Ends the wait; its reason is thrown. */
  signal: AbortSignal;
}

const POLL_MS = 500;

/**
 * Polls until nothing is to be waited for any more: each is translated, approved or failed. One that was never requested
 * is waited for as well, as it may lie in somebody's transaction.
 *
 * @throws {WaitTimeoutError}
 */
export async function waitForTranslations(
  references: readonly TranslationReference[],
  { read, timeoutMs, signal }: WaitForOptions,
): Promise<Translation[]> {
  const settled = new Map<TranslationReference, Translation>();
  const ending = new AbortController();
  const onAbort = () => ending.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const timer = setTimeout(() => {
    const missing = references.length - settled.size;
    const message = `${missing} of ${references.length} translations are not there after ${timeoutMs} ms`;
    ending.abort(new WaitTimeoutError(message, { hint: "Is a worker running for this locale? See trans-hub status." }));
  }, timeoutMs);

  try {
    while (true) {
      const open = references.filter((reference) => !settled.has(reference));
      const found = await orAbort(readOrNothing(read, open), ending.signal);
      for (const [at, reference] of open.entries()) {
        const translation = found[at];
        if (translation !== undefined && translation.status !== "pending") settled.set(reference, translation);
      }
      if (settled.size === references.length) return references.flatMap((reference) => settled.get(reference) ?? []);
      await wait(POLL_MS, undefined, { signal: ending.signal }).catch(() => {
        throw ending.signal.reason;
      });
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** A store that is out of reach for a moment is one more reason to wait. */
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
