import { setTimeout as wait } from "node:timers/promises";
import { orAbort } from "../async/or-abort.ts";
import { CancelledError, TransHubError, WaitTimeoutError } from "../contract/errors.ts";
import type { Translation, TranslationReference } from "../contract/translation.ts";
import { isSettled } from "../rules/settled.ts";

export interface WaitForOptions {
  /** Reads the stored translations. Concurrent calls are joined, so that many waiters cost one statement. */
  read(references: readonly TranslationReference[]): Promise<(Translation | undefined)[]>;
  /** Milliseconds. */
  timeoutMs: number;
  /** The caller's: aborting it ends the wait with `CancelledError`. */
  signal?: AbortSignal | undefined;
  /** The coordinator's: its reason is thrown. */
  closing: AbortSignal;
}

const POLL_MS = 500;

const PENDING_HINT = "Is a worker running for this locale? See trans-hub status.";
const QUEUED_HINT =
  "A request waits in the inbox to be registered: by a worker, once no other session has a lock in its way. See trans-hub status.";

const UNKNOWN_HINT =
  "A translation that is waited for was never requested under this text or business id, project, source locale, context, format and target locale; or its transaction is still open.";

/**
 * Polls until each translation is settled: translated, approved or failed. A translation that was never requested is
 * waited for as well, as its request may lie in an open transaction.
 *
 * @throws {WaitTimeoutError | CancelledError | ClosedError}
 */
export async function waitForTranslations(
  references: readonly TranslationReference[],
  { read, timeoutMs, signal, closing }: WaitForOptions,
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

  try {
    while (true) {
      const open = references.filter((reference) => !settled.has(reference));
      const found = await orAbort(readOrNothing(read, open), ending.signal);
      hint = hintFor(found);
      for (const [at, reference] of open.entries()) {
        const translation = found[at];
        if (translation !== undefined && isSettled(translation)) settled.set(reference, translation);
      }
      if (settled.size === references.length) return references.flatMap((reference) => settled.get(reference) ?? []);
      await wait(POLL_MS, undefined, { signal: ending.signal }).catch(() => {
        throw ending.signal.reason;
      });
    }
  } finally {
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
