/**
 * The pauses and open circuits of the fleet's engines, as far as this process knows them.
 *
 * They are read together for all engines, at most every two seconds while there is work. So an engine without limits costs
 * no statement a call.
 */
import type { EngineGate, EngineState, EngineTurn } from "../../contract/engine-gate.ts";

/** A pause or an open circuit. No process asks the engine before `until`, by `performance.now()`. */
interface Known {
  until: number;
  /** The code of the error; undefined: a pause. */
  reason: string | undefined;
  openings: number;
  isTried: boolean;
}

interface Faulty {
  /** When the first of the calls ended, by `performance.now()`. */
  since: number;
  fault: string | null;
}

export class KnownStates {
  readonly #gate: EngineGate;
  readonly #watchMs: number;
  readonly #known = new Map<string, Known>();
  /** Engines with calls that got no answer, and no later answer to refute them. */
  readonly #faulty = new Map<string, Faulty>();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  /** @param watchMs The greatest age of the states, in milliseconds. */
  constructor(gate: EngineGate, watchMs: number) {
    this.#gate = gate;
    this.#watchMs = watchMs;
  }

  /** Whether an engine is or was held. Its circuit may be half open: then the gate decides. */
  has(engine: string): boolean {
    return this.#known.has(engine);
  }

  /** The turn of a call that is held by a known pause or circuit. Undefined: nothing known holds it. */
  refusal(engine: string): EngineTurn | undefined {
    const known = this.#known.get(engine);
    const waitMs = (known?.until ?? 0) - performance.now();
    if (known === undefined || waitMs <= 0) return undefined;
    const { reason, openings, isTried } = known;
    return reason === undefined
      ? { isGranted: false, heldBy: "pause", waitMs }
      : { isGranted: false, heldBy: "circuit", waitMs, reason, openings, isTried };
  }

  /** Learns from a turn that the gate gave. */
  learn(engine: string, turn: EngineTurn): void {
    if (turn.isGranted) {
      if (!turn.isProbe) this.closed(engine);
    } else if (turn.heldBy === "pause") {
      this.paused(engine, turn.waitMs);
    } else if (turn.heldBy === "circuit") {
      this.opened(engine, turn.waitMs, turn.reason, turn.openings, turn.isTried);
    }
  }

  paused(engine: string, waitMs: number): void {
    this.#known.set(engine, { until: performance.now() + waitMs, reason: undefined, openings: 0, isTried: false });
  }

  /** @param reason The code of the error. */
  opened(engine: string, waitMs: number, reason: string, openings: number, isTried = false): void {
    this.#known.set(engine, { until: performance.now() + waitMs, reason, openings, isTried });
  }

  closed(engine: string): void {
    this.#known.delete(engine);
  }

  /** The calls without an answer that no answer has refuted, as far as it is known here. Undefined: there is none. */
  faulty(engine: string): Pick<EngineState, "faultyMs" | "fault"> | undefined {
    const faulty = this.#faulty.get(engine);
    return faulty && { faultyMs: performance.now() - faulty.since, fault: faulty.fault };
  }

  /** No call is without an answer any more. */
  answered(engine: string): void {
    this.#faulty.delete(engine);
  }

  /** @param forMs Milliseconds since the first of the calls. */
  failing(engine: string, forMs: number, fault: string | null): void {
    this.#faulty.set(engine, { since: performance.now() - forMs, fault });
  }

  /** Reads the fleet's pauses and circuits when they are out of date. One read serves all calls that wait for it. */
  async watch(): Promise<void> {
    if (performance.now() - this.#readAt < this.#watchMs) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  /**
   * Reads them by a read that begins after this call. Work that a reset made due is claimed within milliseconds: by an
   * older state it would be postponed again.
   */
  async refresh(): Promise<void> {
    await this.#reading;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      for (const state of await this.#gate.states()) {
        const { engine, pausedMs, circuit, openMs, reason, openings, faultyMs, fault } = state;
        if (faultyMs > 0) this.failing(engine, faultyMs, fault);
        else this.#faulty.delete(engine);
        if (pausedMs > 0) this.paused(engine, pausedMs);
        else if (circuit === "closed") this.closed(engine);
        // The circuit's time is over, or a probe is under way: the gate decides.
        else this.opened(engine, openMs, reason ?? "", openings);
      }
    } catch {
      // The last known state holds until the store is back.
    }
    this.#readAt = performance.now();
  }
}
