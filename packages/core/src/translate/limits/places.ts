/**
 * The calls of this process that hold a place among the calls at once, or the probe of a circuit.
 *
 * Each is held for a few seconds and renewed while the call runs, so the places of a killed process are soon free.
 */
import type { EngineGate } from "../../contract/engine-gate.ts";

export class Places {
  readonly #gate: EngineGate;
  readonly #leaseMs: number;
  /** Ids of calls, by engine. */
  readonly #holding = new Map<string, Set<string>>();
  #renewing: NodeJS.Timeout | undefined;

  /** @param leaseMs How long a place outlives its process, in milliseconds; renewed after each third of it. */
  constructor(gate: EngineGate, leaseMs: number) {
    this.#gate = gate;
    this.#leaseMs = leaseMs;
  }

  /** Renews the call's place and probe until {@link letGo}. */
  hold(engine: string, callId: string): void {
    const calls = this.#holding.get(engine) ?? new Set();
    this.#holding.set(engine, calls.add(callId));
    this.#renewing ??= setInterval(() => this.#renew(), this.#leaseMs / 3).unref();
  }

  /** Ends the renewal. A call that holds nothing may be given. */
  letGo(engine: string, callId: string): void {
    const calls = this.#holding.get(engine);
    calls?.delete(callId);
    if (calls?.size === 0) this.#holding.delete(engine);
    if (this.#holding.size > 0) return;
    clearInterval(this.#renewing);
    this.#renewing = undefined;
  }

  #renew(): void {
    for (const [engine, calls] of this.#holding) {
      // A store that is away for longer than a lease gives the places to others: these are limits, not promises.
      this.#gate.renew(engine, [...calls], this.#leaseMs).catch(() => undefined);
    }
  }
}
