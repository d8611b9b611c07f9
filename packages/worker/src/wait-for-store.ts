/** Waits for a database that cannot be reached or is not migrated yet. */
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseRefusedError, DatabaseUnavailableError, SchemaMissingError } from "@trans-hub/core";
import type { Logger } from "pino";

export interface WaitForStoreOptions<Answer> {
  /** Connects, or sends the store any request; rejects while the store is not available. */
  ask(): Promise<Answer>;
  /** Ends the wait. */
  signal: AbortSignal;
  logger: Logger;
  /** Whether to wait after this passing error. Default: always. */
  isWaitedFor?(error: PassingError): boolean;
  /** Called with the reason for the wait, each time the reason changes. */
  onWaiting?(reason: string): void;
}

/** The waits grow from 250 ms, doubling after each try, up to this. Milliseconds. */
export const MAX_DELAY_MS = 5_000;
/** A refusal needs a person, so it is logged again after this time. Milliseconds. */
const REMIND_MS = 30_000;

/**
 * Resolves with the store's answer, or with undefined when `signal` aborts first. Rejects with an error that no waiting
 * can cure, and with one that `isWaitedFor` excludes.
 *
 * A missing schema is waited for because workers and migrations are often started together. A refusal (password,
 * grants) is waited for too: a person may be repairing it, and a process that reports "not ready" is more helpful than
 * one that crashes in a loop.
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

/** Whether the store may become available after this error. */
export function mayPass(error: unknown): error is PassingError {
  return (
    error instanceof DatabaseUnavailableError ||
    error instanceof SchemaMissingError ||
    error instanceof DatabaseRefusedError
  );
}
