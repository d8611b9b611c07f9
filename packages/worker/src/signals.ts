/** Ends a process on request, also as PID 1, and also when its work hangs. */
import { optionKinds as kinds, optionCheck } from "@trans-hub/core/operations";
import type { Logger } from "pino";

export interface StopSignals {
  /** Aborts on the first SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
  /** Restores the handling of signals from before. */
  release(): void;
}

export interface StopSignalsOptions {
  /** Whether the signal already reached an earlier listener. Default: no. */
  isAsked?: boolean | undefined;
  /** Time for a graceful end, in milliseconds. */
  drainMs: number;
  logger: Logger;
  /** The process in the log: `worker.stopping`, `server.stopping`. Default `worker`. */
  name?: "worker" | "server" | undefined;
  /** Default `process.exit`. */
  exit?: ((code: number) => void) | undefined;
}

const checkOptions = optionCheck<StopSignalsOptions>("stopOnSignals", {
  isAsked: kinds.flag,
  drainMs: kinds.required(kinds.millisecondsOrNone),
  logger: kinds.required(kinds.methods("a logger of pino", "info", "warn")),
  name: kinds.oneOf("worker", "server"),
  exit: kinds.callback,
});

/** Time for the steps after the drain: closing connections, a last line of output. Milliseconds. */
const MARGIN_MS = 3_000;

const EVENTS = {
  worker: { stopping: "worker.stopping", forced: "worker.forced", overdue: "worker.overdue" },
  server: { stopping: "server.stopping", forced: "server.forced", overdue: "server.overdue" },
} as const;

/**
 * The first signal starts the graceful end; a second signal, or a drain that takes too long, forces the end.
 *
 * Forced by the deadline, the process still exits 0: nothing is lost, because the fleet takes up unsettled work. A
 * second signal exits 1: the user ended the process before the work was handed back. The end is forced with
 * `process.exit` and not by a signal to the process itself, which PID 1 would ignore.
 *
 * @throws {SettingsError} An option is missing, unknown, or has a bad value.
 */
export function stopOnSignals(options: StopSignalsOptions): StopSignals {
  const { isAsked, drainMs, logger, name = "worker", exit = process.exit } = checkOptions(options);
  const stopping = new AbortController();
  let deadline: NodeJS.Timeout | undefined;
  const onSignal = (signal?: NodeJS.Signals) => {
    if (stopping.signal.aborted) {
      logger.warn({ signal }, EVENTS[name].forced);
      exit(1);
      return;
    }
    logger.info({ signal, drainMs }, EVENTS[name].stopping);
    deadline = setTimeout(() => {
      logger.warn(EVENTS[name].overdue);
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
