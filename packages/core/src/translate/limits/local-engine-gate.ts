/**
 * The engine gate in the memory of one process: for a store without a gate, and for tests.
 *
 * It passes the same cases as the gate in PostgreSQL (`persistenceConformance`).
 */

import type {
  Circuit,
  EngineCallEnd,
  EngineFailing,
  EngineFault,
  EngineGate,
  EngineSilence,
  EngineState,
  EngineTurn,
  EngineWish,
} from "../../contract/engine-gate.ts";
import { bucketOf } from "../../rules/bucket.ts";

/** While a probe runs, other calls ask again after this time: a probe answers long before its lease ends. */
const PROBE_LOOK_MS = 5_000;

/** The reason of a circuit that an outage opened. */
const OUTAGE = "TH_ENGINE_TRANSIENT";

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
  faults: number;
  faultySince: number | undefined;
  fault: string | null;
  doubts: number;
  doubtfulSince: number | undefined;
  recoveredAt: number;
  answeredAt: number | undefined;
}

const NO_FAULTS = { faults: 0, faultySince: undefined, fault: null };
const NO_DOUBTS = { doubts: 0, doubtfulSince: undefined };

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
      .map(([name, { pausedUntil, circuit, openUntil, reason, openings, leases, ...state }]) => ({
        engine: name,
        pausedMs: Math.max(0, pausedUntil - now),
        circuit,
        openMs: circuit === "open" ? Math.max(0, openUntil - now) : 0,
        reason,
        openings,
        running: [...leases.values()].filter((endsAt) => endsAt > now).length,
        faultyMs: faultyMsOf(state, now),
        fault: state.fault,
      }))
      .sort((one, other) => (one.engine < other.engine ? -1 : 1));
  }

  async reserve({
    engine,
    callId,
    tokens,
    limits,
    aheadMs,
    leaseMs,
    besideOutage = false,
  }: EngineWish): Promise<EngineTurn> {
    const state = this.#stateOf(engine);
    const now = this.#now();
    const held = holdOf(state, now);
    const isBeside = besideOutage && state.reason === OUTAGE && held?.isGranted === false && held.heldBy === "circuit";
    if (held !== undefined && !isBeside) return held;

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
    if (isProbe && !isBeside) {
      state.circuit = "half_open";
      state.probe = { callId, until: now + leaseMs };
    }
    Object.assign(state, { requests, tokens: tokensLeft, refilledAt: now });
    return { isGranted: true, afterMs: waitMs, isProbe };
  }

  async settle({ engine, callId, moreTokens, works, retryMs, callMs }: EngineCallEnd): Promise<{ isClosed: boolean }> {
    const state = this.#stateOf(engine);
    state.leases.delete(callId);
    if (state.tokens !== undefined) state.tokens -= moreTokens;
    const now = this.#now();
    const wasProbe = state.probe?.callId === callId;
    const endsOutage = works === true && state.circuit !== "closed" && state.reason === OUTAGE;
    const isClosed = endsOutage || (wasProbe && works === true);
    if (works) Object.assign(state, NO_FAULTS);
    if (isClosed || (works && (state.doubtfulSince ?? Number.POSITIVE_INFINITY) <= now - callMs)) {
      Object.assign(state, NO_DOUBTS);
    }
    if (endsOutage) state.recoveredAt = now;
    if (works) state.answeredAt = now;
    if (isClosed) Object.assign(state, { circuit: "closed", reason: null, failedProbes: 0, probe: undefined });
    else if (wasProbe) Object.assign(state, { circuit: "open", openUntil: now + retryMs, probe: undefined });
    return { isClosed };
  }

  async renew(engine: string, callIds: readonly string[], leaseMs: number): Promise<void> {
    const { leases, probe, reason } = this.#stateOf(engine);
    const endsAt = this.#now() + leaseMs;
    for (const callId of callIds) {
      if (leases.has(callId)) leases.set(callId, endsAt);
      if (probe?.callId === callId && reason !== OUTAGE) probe.until = endsAt;
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

  async fail(silence: EngineSilence): Promise<EngineFailing> {
    const { engine, callId, reason, message, callMs, leastFaults, leastMs, probeMs } = silence;
    const state = this.#stateOf(engine);
    const now = this.#now();
    const { openings, doubts, answeredAt } = state;
    const answeredMs = answeredAt === undefined ? undefined : now - answeredAt;
    const known = { isOutage: true, waitMs: probeMs, openings, doubts, faultyMs: 0, counts: false, answeredMs };
    if ((state.circuit !== "closed" && state.reason !== reason) || state.recoveredAt > now - callMs) return known;
    state.faults += 1;
    state.doubts += 1;
    state.fault = message;
    state.faultySince ??= now;
    state.doubtfulSince ??= now;
    const faultyMs = now - state.faultySince;
    const failed = { ...known, doubts: state.doubts, faultyMs, counts: true };
    const isProbe = state.probe?.callId === callId;
    if (state.circuit === "closed") {
      if (state.faults < leastFaults || faultyMs < leastMs) return { ...failed, isOutage: false };
      state.openings += 1;
    } else if (!isProbe) {
      return state.circuit === "open" ? { ...failed, waitMs: Math.max(0, state.openUntil - now) } : failed;
    }
    Object.assign(state, { circuit: "open", reason, openUntil: now + probeMs, failedProbes: 0, probe: undefined });
    return { ...failed, openings: state.openings };
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
      Object.assign(state, NO_FAULTS, NO_DOUBTS);
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
        ...NO_FAULTS,
        ...NO_DOUBTS,
        recoveredAt: Number.NEGATIVE_INFINITY,
        answeredAt: undefined,
      };
      this.#engines.set(engine, state);
    }
    return state;
  }
}

/** At least 1 while there is a call without an answer that no answer has refuted. */
function faultyMsOf(
  { faultySince, doubtfulSince }: Pick<LocalEngine, "faultySince" | "doubtfulSince">,
  now: number,
): number {
  const since = Math.min(faultySince ?? Number.POSITIVE_INFINITY, doubtfulSince ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(since) ? Math.max(1, now - since) : 0;
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
