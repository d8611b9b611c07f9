/**
 * Waits for a promise until the signal aborts. The work behind the promise goes on; only the wait ends.
 *
 * The listener is removed with the wait, so that a signal that lives as long as its process does not collect listeners.
 *
 * @throws The signal's reason.
 */
export async function orAbort<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }
}
