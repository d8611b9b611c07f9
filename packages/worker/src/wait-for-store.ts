/** Waiting for a database that is away, or not migrated yet. */
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseRefusedError, DatabaseUnavailableError, SchemaMissingError } from "@trans-hub/core";
import type { Logger } from "pino";

export interface WaitForStoreOptions<Answer> {
  /** Connects, or asks the store for anything; rejects while it is not there. */
  ask(): Promise<Answer>;
  /** Ends the wait. */
  signal: AbortSignal;
  logger: Logger;
  /** Whether to wait for what may pass. Default: always. */
  isWaitedFor?(error: PassingError): boolean;
  /** Told why we wait, each time the reason changes. */
  onWaiting?(reason: string): void;
}

/** After the first try 250 ms, then twice as long each time, at most this. */
const MAX_DELAY_MS = 5_000;
/** A refusal needs a person, so it is repeated in the log. */
const REMIND_MS = 30_000;

/**
 * Resolves with the store's answer once there is one, and with undefined when `signal` aborts first; rejects with what no
 * waiting can cure, and with what is not waited for.
 *
 * A missing schema is waited for because workers and migrations are often started together. So is a refusal (password,
 * grants): somebody may be at it, and a process that crashes in a loop says less than one that says "not ready".
 */
export async function waitForStore<Answer>(options: WaitForStoreOptions<Answer>): Promise<Answer | undefined> {
  const { signal, logger } = options;
  let waitingFor: string | undefined;
  let remindAt = 0;
  for (let delayMs = 250; !signal.aborted; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
    try {
      const answer = await options.ask();
      if (waitingFor !== undefined) logger.info("store.back");
      return answer;
    } catch (error) {
      if (!mayPass(error) || options.isWaitedFor?.(error) === false) throw error;
      if (error.code !== waitingFor || (error instanceof DatabaseRefusedError && performance.now() >= remindAt)) {
        waitingFor = error.code;
        remindAt = performance.now() + REMIND_MS;
        const level = error instanceof DatabaseRefusedError ? "error" : "warn";
        logger[level]({ err: error }, "store.waiting");
        options.onWaiting?.(error.message);
      }
    }
    await delay(delayMs * (0.9 + 0.2 * Math.random()), undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

export type PassingError = DatabaseUnavailableError | SchemaMissingError | DatabaseRefusedError;

/** Whether the store may be there later. */
export function mayPass(error: unknown): error is PassingError {
  return (
    error instanceof DatabaseUnavailableError ||
    error instanceof SchemaMissingError ||
    error instanceof DatabaseRefusedError
  );
}
