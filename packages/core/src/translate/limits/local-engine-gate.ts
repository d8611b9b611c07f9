/**
 * The engine gate in the memory of one process: for a store without a gate, and for tests.
 *
 * It passes the same cases as the gate in PostgreSQL (`persistenceConformance`).
 */

import type {
  Circuit,
  EngineCallEnd,
  EngineFault,
  EngineGate,
  EngineState,
  EngineTurn,
  EngineWish,
} from "../../contract/engine-gate.ts";
import { bucketOf } from "../../rules/bucket.ts";

/** While a probe runs, other calls ask again after this time: a probe answers long before its lease ends. */
const PROBE_LOOK_MS = 5_000;

interface LocalEngine {
  /** Undefined: never limited, so the bucket counts as full. */
  requests: number | undefined;
  tokens: number | undefined;
  refilledAt: number;
  pausedUntil: number;
  circuit: Circuit;
  reason: string | null;
  openings: number;
  failedProbes: number;
  openUntil: number;
  probe: { callId: string; until: number } | undefined;
  /** The time at which each call under way counts as ended, by its id. */
  leases: Map<string, number>;
}

export class LocalEngineGate implements EngineGate {
  readonly #engines = new Map<string, LocalEngine>();
  readonly #now: () => number;
  readonly #onReset: () => void;

  /**
   * @param now Milliseconds of any clock that only goes forward.
   * @param onReset Makes the work due that waits for an engine.
   */
  constructor(now: () => number = () => performance.now(), onReset: () => void = () => undefined) {
    this.#now = now;
    this.#onReset = onReset;
  }

  async states(): Promise<EngineState[]> {
    return this.statesNow();
  }

  /** {@link states} without the wait. */
  statesNow(): EngineState[] {
    const now = this.#now();
    return [...this.#engines]
      .map(([name, { pausedUntil, circuit, openUntil, reason, openings, leases }]) => ({
        engine: name,
        pausedMs: Math.max(0, pausedUntil - now),
        circuit,
        openMs: circuit === "open" ? Math.max(0, openUntil - now) : 0,
        reason,
        openings,
        running: [...leases.values()].filter((endsAt) => endsAt > now).length,
      }))
      .sort((one, other) => (one.engine < other.engine ? -1 : 1));
  }

  async reserve({ engine, callId, tokens, limits, aheadMs, leaseMs }: EngineWish): Promise<EngineTurn> {
    const state = this.#stateOf(engine);
    const now = this.#now();
    const held = holdOf(state, now);
    if (held !== undefined) return held;

    const seconds = Math.max(0, now - state.refilledAt) / 1_000;
    let waitMs = 0;
    let { requests, tokens: tokensLeft } = state;
    if (limits.rpm !== undefined) {
      const { burst, perSecond } = bucketOf(limits.rpm, 1);
      requests = Math.min(burst, (requests ?? burst) + seconds * perSecond);
      waitMs = Math.max(waitMs, ((1 - requests) / perSecond) * 1_000);
      requests -= 1;
    }
    if (limits.tpm !== undefined) {
      const { burst, perSecond } = bucketOf(limits.tpm, 0);
      tokensLeft = Math.min(burst, (tokensLeft ?? burst) + seconds * perSecond);
      waitMs = Math.max(waitMs, ((Math.min(tokens, burst) - tokensLeft) / perSecond) * 1_000);
      tokensLeft -= tokens;
    }
    if (waitMs > aheadMs) return { isGranted: false, heldBy: "rate", waitMs };

    if (limits.concurrency !== undefined) {
      for (const [id, endsAt] of state.leases) if (endsAt <= now) state.leases.delete(id);
      if (state.leases.size >= limits.concurrency) return { isGranted: false, heldBy: "calls", waitMs: 0 };
      state.leases.set(callId, now + leaseMs);
    }
    const isProbe = state.circuit !== "closed";
    if (isProbe) {
      state.circuit = "half_open";
      state.probe = { callId, until: now + leaseMs };
    }
    Object.assign(state, { requests, tokens: tokensLeft, refilledAt: now });
    return { isGranted: true, afterMs: waitMs, isProbe };
  }

  async settle({ engine, callId, moreTokens, works, retryMs }: EngineCallEnd): Promise<{ isClosed: boolean }> {
    const state = this.#stateOf(engine);
    state.leases.delete(callId);
    if (state.tokens !== undefined) state.tokens -= moreTokens;
    if (state.probe?.callId !== callId) return { isClosed: false };
    state.probe = undefined;
    if (works) Object.assign(state, { circuit: "closed", reason: null, failedProbes: 0 });
    else Object.assign(state, { circuit: "open", openUntil: this.#now() + retryMs });
    return { isClosed: works === true };
  }

  async renew(engine: string, callIds: readonly string[], leaseMs: number): Promise<void> {
    const { leases, probe } = this.#stateOf(engine);
    const endsAt = this.#now() + leaseMs;
    for (const callId of callIds) {
      if (leases.has(callId)) leases.set(callId, endsAt);
      if (probe?.callId === callId) probe.until = endsAt;
    }
  }

  async pause(engine: string, forMs: number): Promise<{ waitMs: number; isNew: boolean }> {
    const state = this.#stateOf(engine);
    const now = this.#now();
    const isNew = state.pausedUntil <= now;
    state.pausedUntil = Math.max(state.pausedUntil, now + forMs);
    return { waitMs: state.pausedUntil - now, isNew };
  }

  async open({ engine, callId, reason, forMs, longestMs }: EngineFault): Promise<{ waitMs: number; openings: number }> {
    const state = this.#stateOf(engine);
    const now = this.#now();
    if (state.circuit === "closed") {
      state.openings += 1;
      state.failedProbes = 0;
    } else if (state.probe?.callId === callId) {
      state.failedProbes += 1;
    } else {
      return { waitMs: Math.max(0, state.openUntil - now), openings: state.openings };
    }
    const waitMs = Math.min(longestMs, forMs * 2 ** state.failedProbes);
    Object.assign(state, { circuit: "open", reason, openUntil: now + waitMs, probe: undefined });
    return { waitMs, openings: state.openings };
  }

  async reset(engine: string | undefined, options: { pause: boolean }): Promise<string[]> {
    return this.resetNow(engine, options);
  }

  /** {@link reset} without the wait. */
  resetNow(engine: string | undefined, { pause }: { pause: boolean }): string[] {
    const now = this.#now();
    const held = [...this.#engines]
      .filter(([name]) => engine === undefined || name === engine)
      .filter(([, state]) => state.circuit !== "closed" || (pause && state.pausedUntil > now));
    for (const [, state] of held) {
      Object.assign(state, { circuit: "closed", reason: null, failedProbes: 0, probe: undefined });
      if (pause) state.pausedUntil = Number.NEGATIVE_INFINITY;
    }
    this.#onReset();
    return held.map(([name]) => name).sort();
  }

  #stateOf(engine: string): LocalEngine {
    let state = this.#engines.get(engine);
    if (state === undefined) {
      state = {
        requests: undefined,
        tokens: undefined,
        refilledAt: this.#now(),
        pausedUntil: Number.NEGATIVE_INFINITY,
        circuit: "closed",
        reason: null,
        openings: 0,
        failedProbes: 0,
        openUntil: Number.NEGATIVE_INFINITY,
        probe: undefined,
        leases: new Map(),
      };
      this.#engines.set(engine, state);
    }
    return state;
  }
}

/** The pause or open circuit that holds every call now, whatever the limits. */
function holdOf(state: LocalEngine, now: number): EngineTurn | undefined {
  const { pausedUntil, circuit, openUntil, probe, openings } = state;
  if (pausedUntil > now) return { isGranted: false, heldBy: "pause", waitMs: pausedUntil - now };
  const reason = state.reason ?? "";
  if (circuit === "open" && openUntil > now) {
    return { isGranted: false, heldBy: "circuit", waitMs: openUntil - now, reason, openings, isTried: false };
  }
  if (probe !== undefined && probe.until > now) {
    const waitMs = Math.min(probe.until - now, PROBE_LOOK_MS);
    return { isGranted: false, heldBy: "circuit", waitMs, reason, openings, isTried: true };
  }
  return undefined;
}
