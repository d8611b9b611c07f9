/** A process that ends when it is asked to, also as PID 1, also when something hangs. */
import type { Logger } from "pino";

export interface StopSignals {
  /** Aborts on the first SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
  /** Gives the signals back to who had them. */
  release(): void;
}

export interface StopSignalsOptions {
  /** The end was asked for already, of who had the signals before. Default: no. */
  isAsked?: boolean | undefined;
  /** What a graceful end may take, in milliseconds. */
  drainMs: number;
  logger: Logger;
  /** Default `process.exit`. */
  exit?: ((code: number) => void) | undefined;
}

/** For what comes after the drain: closing connections, a last line of output. */
const MARGIN_MS = 3_000;

/**
 * The first signal asks for an end; a second one, or a drain that takes too long, forces it.
 *
 * Forced by the deadline the process still exits 0: whatever hangs, nothing is lost by it, since work that was not
 * settled is taken up by the fleet. A second signal exits 1: somebody wanted out before the work was handed back.
 * `process.exit` and never a signal to ourselves, which PID 1 would not obey.
 */
export function stopOnSignals({ isAsked, drainMs, logger, exit = process.exit }: StopSignalsOptions): StopSignals {
  const stopping = new AbortController();
  let deadline: NodeJS.Timeout | undefined;
  const onSignal = (signal?: NodeJS.Signals) => {
    if (stopping.signal.aborted) {
      logger.warn({ signal }, "worker.forced");
      exit(1);
      return;
    }
    logger.info({ signal, drainMs }, "worker.stopping");
    deadline = setTimeout(() => {
      logger.warn("worker.overdue");
      exit(0);
    }, drainMs + MARGIN_MS);
    stopping.abort();
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  if (isAsked) onSignal();
  return {
    signal: stopping.signal,
    release: () => {
      clearTimeout(deadline);
      process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
    },
  };
}
