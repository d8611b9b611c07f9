/**
 * The calls of this process that try an engine in an outage, so that they end with it.
 *
 * An engine that came back answers new calls, and lets those hang that it took before: their texts would wait for the time-out.
 */
import type { KnownStates } from "./known-states.ts";

export class OutageProbes {
  readonly #known: KnownStates;
  readonly #lookMs: number;
  readonly #running = new Map<string, { engine: string; over: AbortController }>();
  #looking: NodeJS.Timeout | undefined;

  /** @param lookMs The time between two looks at the fleet's circuits while a probe runs, in milliseconds. */
  constructor(known: KnownStates, lookMs: number) {
    this.#known = known;
    this.#lookMs = lookMs;
  }

  /** Returns a signal that aborts when another call has ended the outage. */
  began(engine: string, callId: string): AbortSignal {
    const over = new AbortController();
    this.#running.set(callId, { engine, over });
    this.#looking ??= setInterval(() => void this.#look(), this.#lookMs).unref();
    return over.signal;
  }

  /** A call that is no probe may be given. */
  ended(callId: string): void {
    if (!this.#running.delete(callId) || this.#running.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  async #look(): Promise<void> {
    await this.#known.refresh();
    for (const { engine, over } of this.#running.values()) if (!this.#known.has(engine)) over.abort();
  }
}
