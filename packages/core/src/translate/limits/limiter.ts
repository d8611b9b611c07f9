/**
 * One process's side of the fleet's limits: it asks the gate for the turn of each call, and reports how the call ended.
 *
 * An engine without limits costs no statement a call (`KnownStates`). An engine with limits costs one statement before the
 * call, and one after it when there is something to correct. While a call runs, its place is renewed (`Places`).
 */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { EngineGate, EngineLimits, EngineState, EngineTurn } from "../../contract/engine-gate.ts";
import {
  EngineConfigError,
  EngineQuotaError,
  EngineRateLimitedError,
  EngineTransientError,
  type TransHubError,
} from "../../contract/errors.ts";
import type { EngineCall } from "../../contract/work.ts";
import { bucketOf, chargeOf } from "../../rules/bucket.ts";
import { KnownStates } from "./known-states.ts";
import { LocalEngineGate } from "./local-engine-gate.ts";
import { OutageProbes } from "./outage-probes.ts";
import { OwnFaults } from "./own-faults.ts";
import { pauseMs } from "./pause-ms.ts";
import { Places } from "./places.ts";
import { TokenMeter } from "./token-meter.ts";

export interface LimiterOptions {
  /** Keyed by engine name; engines without limits are absent. */
  limits?: Readonly<Record<string, EngineLimits>> | undefined;
  /** Default: a gate of this process alone. */
  gate?: EngineGate | undefined;
  times?: Partial<LimiterTimes> | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
  /** From 0 to 1. */
  random(): number;
  /** Called when the circuit of an engine opens, here or elsewhere in the fleet. Once for each opening. */
  onFault?: ((error: TransHubError, engine: string, stop: EngineStop) => void) | undefined;
  onChange?: ((change: EngineLimitChange) => void) | undefined;
}

/** How a fault of an engine became known, and how long it stops the engine. */
export interface EngineStop {
  /** True: a call of this process met the fault. False: another process of the fleet had found it. */
  isOwn: boolean;
  /** Milliseconds until one call tries the engine. */
  waitMs: number;
}

/** A change that one process made to an engine for the whole fleet. Only that process reports it. */
export interface EngineLimitChange {
  engine: string;
  change: "paused" | "opened" | "closed";
  /** Milliseconds; 0 when closed. */
  forMs: number;
  /** The code of the fault; only with `opened`. */
  reason?: string | undefined;
}

/** Milliseconds. */
export interface LimiterTimes {
  /** The greatest age of the fleet's pauses and circuits as they are known here. Default 2,000. */
  watchMs: number;
  /** How long a call waits for its turn in its slot, before it is handed back. Default 60,000. */
  patienceMs: number;
  /** A turn that comes within this time is taken now and waited for. Default 1,000. */
  aheadMs: number;
  /** How long a circuit stays open the first time. Default 60,000. */
  circuitMs: number;
  /** Calls without an answer are an outage when they came over this time at least. Default 3,000. */
  faultsOverMs: number;
  /** The time between two calls that try an engine during an outage. Default 5,000. */
  probeMs: number;
  /** How long the place of a call outlives its process; renewed after each third of it. Default 15,000. */
  leaseMs: number;
  /** How long the faults of a process that gets no answers, while others do, say nothing about the engine. Default 60,000. */
  cutOffMs: number;
}

const DEFAULT_TIMES: LimiterTimes = {
  watchMs: 2_000,
  patienceMs: 60_000,
  aheadMs: 1_000,
  circuitMs: 60_000,
  faultsOverMs: 3_000,
  probeMs: 5_000,
  leaseMs: 15_000,
  cutOffMs: 60_000,
};

/** A waiting call asks again after this time: other calls give back unused tokens, and its slot may be needed for other work. */
const LONGEST_LOOK_MS = 1_000;

/** The number of calls without an answer that are an outage. */
const LEAST_FAULTS = 5;

/** An account that nobody repairs is tried four times an hour. */
const LONGEST_CIRCUIT_MS = 900_000;

/** A call that waits for the end of another call asks this often. */
const PLACE_LOOK_MS = 100;

/** A call that may be made. */
export interface Permit {
  readonly engine: string;
  readonly callId: string;
  /** The caller's estimate. */
  readonly tokens: number;
  /** The tokens that were taken from the bucket. */
  readonly charge: number;
  /** Whether the gate granted it and has to be informed of its end. */
  readonly isToSettle: boolean;
  readonly isProbe: boolean;
  /** Whether the call tries an engine after an outage: one text is enough for it. */
  readonly isForOneText: boolean;
  /** Aborts when another call has ended the outage that this one tries. Left out: the call tries none. */
  readonly over?: AbortSignal;
}

/** Why a call may not be made now, in the terms of an engine's own failure. */
export interface Hold {
  readonly kind: "rate_limited" | "quota" | "config" | "outage";
  readonly error: TransHubError;
  readonly waitMs: number;
  /** Whether only this process gets no answer, so that its texts are better with others. */
  readonly isCutOff?: boolean;
  /** Whether it is a pause whose end is near, so that the texts need no time of their own at which they are due again. */
  readonly isShort?: boolean;
}

/** The waits that keep the slot of a call. */
export interface Waits {
  /** For the end of an outage: no other engine can be asked instead, and no other work needs the slot. Default: false. */
  forOutage?: boolean;
  /** For the end of a pause: no other work needs the slot. Default: true. */
  forPause?: boolean;
}

/** What a failure of an engine means for the next calls and for the text. */
export interface EngineEnding {
  /** For how long the failure stops the engine, in milliseconds; 0: it does not. */
  waitMs: number;
  /** Present when the call got no answer because the engine is down for the whole fleet. It says nothing about the texts. */
  outage?: TransHubError;
  /** Whether the call failed while others got answers. True for every call that got one itself. */
  isAlone: boolean;
  /** Whether only this process gets no answer. */
  isCutOff?: boolean;
}

export class EngineLimiter {
  readonly #gate: EngineGate;
  readonly #options: LimiterOptions;
  readonly #times: LimiterTimes;
  readonly #known: KnownStates;
  readonly #places: Places;
  /** The last opening that was reported, by engine. */
  readonly #reported = new Map<string, number>();
  readonly #own: OwnFaults;
  /** The last opening, by engine, in which this process tried the engine although others had found it down. */
  readonly #triedBeside = new Map<string, number>();
  readonly #probes: OutageProbes;
  readonly #meters = new Map<string, TokenMeter>();

  constructor(options: LimiterOptions) {
    this.#options = options;
    this.#gate = options.gate ?? new LocalEngineGate();
    this.#times = { ...DEFAULT_TIMES, ...options.times };
    this.#known = new KnownStates(this.#gate, this.#times.watchMs);
    const { faultsOverMs: overMs, probeMs: tryEveryMs, cutOffMs } = this.#times;
    this.#own = new OwnFaults({ least: LEAST_FAULTS, overMs, tryEveryMs, cutOffMs });
    this.#probes = new OutageProbes(this.#known, this.#times.watchMs);
    this.#places = new Places(this.#gate, this.#times.leaseMs);
  }

  /** The most estimated tokens of a call that fits into a full bucket; undefined where tokens are not limited. */
  tokensAtOnce(engine: string): number | undefined {
    const tpm = this.#options.limits?.[engine]?.tpm;
    return tpm === undefined ? undefined : bucketOf(tpm, 0).burst / this.#meterOf(engine).factor;
  }

  /**
   * Waits for a call's turn. A wait of more than a minute becomes a hold. Undefined: `signal` aborted first.
   *
   * An open circuit becomes a hold at once, so that the next engine of the chain can be asked. Every other wait keeps the
   * caller: handing work back costs a transaction, and the work that takes its place has to wait just as long. So an outage of
   * the last engine is waited for: ten thousand texts that were handed back every few seconds would keep the database busy. Nothing is
   * kept by a process that alone gets no answers, as others can translate its texts, and nothing where other locales have other engines:
   * neither in an outage nor in a pause, which a rate limit makes as long as an hour.
   *
   * @param tokens An estimate. It is corrected by the error of the last estimates.
   * @param isToYield Whether waiting is to end now, because the caller's slot is needed for other work.
   */
  async ask(
    engine: string,
    tokens: number,
    signal: AbortSignal,
    isToYield: () => boolean = () => false,
    { forOutage = false, forPause = true }: Waits = {},
  ): Promise<Permit | Hold | undefined> {
    const { patienceMs, aheadMs } = this.#times;
    const callId = randomUUID();
    const charge = this.#chargeOf(engine, tokens * this.#meterOf(engine).factor);
    const givesUpAt = performance.now() + patienceMs;
    while (!signal.aborted) {
      const { turn, isToSettle, isOutage } = await this.#turn(engine, callId, charge);
      if (turn.isGranted) {
        const { isProbe } = turn;
        const over = isOutage && isProbe ? { over: this.#probes.began(engine, callId) } : {};
        const permit: Permit = { engine, callId, tokens, charge, isToSettle, isProbe, isForOneText: isOutage, ...over };
        if (turn.isProbe || this.#options.limits?.[engine]?.concurrency !== undefined) {
          this.#places.hold(engine, callId);
        }
        if (turn.afterMs <= 0 || (await slept(turn.afterMs, signal))) return permit;
        await this.#settle(permit, -charge, undefined, 0, 0);
        return undefined;
      }
      if (isOutage && this.#own.isCutOff(engine)) return this.#cutOffHold(engine, turn.waitMs);
      const hold = turn.heldBy === "circuit" ? this.#circuitHold(engine, turn) : undefined;
      if (hold !== undefined && (hold.kind !== "outage" || !forOutage)) return hold;
      if (turn.heldBy === "pause" && !forPause && turn.waitMs > aheadMs) {
        return {
          kind: "rate_limited",
          error: heldError(engine, "pause"),
          waitMs: turn.waitMs,
          isShort: turn.waitMs <= patienceMs,
        };
      }
      const leftMs = isToYield() ? 0 : Math.max(0, givesUpAt - performance.now());
      const waitMs = turn.heldBy === "calls" ? PLACE_LOOK_MS : turn.waitMs;
      // A wait beyond the patience is handed back after a moment. At once, all slots would do nothing but hand back.
      const sleepMs = Math.min(waitMs, leftMs, LONGEST_LOOK_MS);
      if (!(await slept(sleepMs, signal))) return undefined;
      if (hold !== undefined && leftMs <= sleepMs) return { ...hold, waitMs: Math.max(aheadMs, waitMs - sleepMs) };
      if (hold === undefined && turn.heldBy !== "circuit" && waitMs > leftMs) {
        return {
          kind: "rate_limited",
          error: heldError(engine, turn.heldBy),
          waitMs: Math.max(aheadMs, turn.waitMs - sleepMs),
        };
      }
    }
    return undefined;
  }

  /**
   * Reports to the fleet how a permitted call ended.
   *
   * A database out of reach is no error here: the settlement of the work meets it, and waits.
   *
   * An answer costs a statement only where the fleet knows of calls without one.
   *
   * @param fault The failure of a call that stops the engine, or that got no answer (`transient`).
   * @param texts Keys of the call's texts, for a call without an answer.
   */
  async ended(
    permit: Permit,
    { outcome, inputTokens, outputTokens, latencyMs }: EngineCall,
    fault?: { kind: string; error: TransHubError; retryAfterMs?: number | undefined },
    texts: readonly string[] = [],
  ): Promise<EngineEnding> {
    let ending: EngineEnding = { waitMs: 0, isAlone: true };
    if (fault?.kind === "rate_limited") ending.waitMs = await this.#pause(permit, fault.retryAfterMs);
    else if (fault?.kind === "transient") ending = await this.#fail(permit, latencyMs, fault.error, texts);
    else if (fault !== undefined) ending.waitMs = await this.#open(permit, fault.error);

    const used = inputTokens + outputTokens;
    this.#meterOf(permit.engine).learn(permit.tokens, used);
    // An engine may report any number of tokens. None keeps a call waiting for longer than a minute.
    const most = Math.max(permit.charge, this.#options.limits?.[permit.engine]?.tpm ?? 0);
    const charge = Math.min(this.#chargeOf(permit.engine, used), most);
    // A call that was turned away used no tokens. For any other call without a report the estimate stands.
    const isTurnedAway = fault !== undefined && fault.kind !== "transient";
    const moreTokens = used > 0 || isTurnedAway ? charge - permit.charge : 0;
    const hasAnswered = outcome !== "aborted" && outcome !== "transient";
    const works = hasAnswered && (fault === undefined || fault.kind === "rate_limited") ? true : undefined;
    await this.#settle(permit, moreTokens, works, outcome === "transient" ? this.#times.circuitMs : 0, latencyMs);
    return ending;
  }

  /** Gives back the turn of a call that is not made. */
  async unused(permit: Permit): Promise<void> {
    await this.#settle(permit, -permit.charge, undefined, 0, 0);
  }

  #meterOf(engine: string): TokenMeter {
    let meter = this.#meters.get(engine);
    if (meter === undefined) {
      meter = new TokenMeter();
      this.#meters.set(engine, meter);
    }
    return meter;
  }

  #chargeOf(engine: string, tokens: number): number {
    const tpm = this.#options.limits?.[engine]?.tpm;
    return tpm === undefined ? tokens : chargeOf(tokens, tpm);
  }

  async #turn(
    engine: string,
    callId: string,
    tokens: number,
  ): Promise<{ turn: EngineTurn; isToSettle: boolean; isOutage: boolean }> {
    const ownMs = this.#known.refusal(engine) === undefined ? this.#own.waitMs(engine) : undefined;
    if (ownMs !== undefined && ownMs > 0) {
      const held = { heldBy: "circuit", waitMs: ownMs, reason: OUTAGE, openings: 0, isTried: true } as const;
      return { turn: { isGranted: false, ...held }, isToSettle: false, isOutage: true };
    }
    const given = await this.#turnOfFleet(engine, callId, tokens);
    const isProbe = given.turn.isGranted && given.turn.isProbe;
    return { ...given, isOutage: ownMs === 0 || (isProbe && this.#known.faulty(engine) !== undefined) };
  }

  async #turnOfFleet(
    engine: string,
    callId: string,
    tokens: number,
  ): Promise<{ turn: EngineTurn; isToSettle: boolean }> {
    const limits = this.#options.limits?.[engine];
    if (limits === undefined) await this.#known.watch();
    if (this.#known.refusal(engine) !== undefined) await this.#known.refresh();
    const refusal = this.#known.refusal(engine);
    const besideOutage = this.#mayTryBeside(engine, refusal);
    if (refusal !== undefined && !besideOutage) return { turn: refusal, isToSettle: false };
    // A call that was held asks the gate once more, even without limits: an open circuit may follow a pause.
    if (limits === undefined && !this.#known.has(engine)) {
      return { turn: { isGranted: true, afterMs: 0, isProbe: false }, isToSettle: false };
    }
    const { leaseMs, aheadMs } = this.#times;
    try {
      const wish = { engine, callId, tokens, limits: limits ?? {}, aheadMs, leaseMs, besideOutage };
      const turn = await this.#gate.reserve(wish);
      this.#known.learn(engine, turn);
      const isToSettle =
        turn.isGranted && (turn.isProbe || limits?.tpm !== undefined || limits?.concurrency !== undefined);
      return { turn, isToSettle };
    } catch {
      // Without an answer of the gate a limit would be a guess.
      return { turn: { isGranted: false, heldBy: "rate", waitMs: aheadMs }, isToSettle: false };
    }
  }

  /**
   * Whether one call may try an engine that others found down. A process without a fault of its own may be one that gets answers: it
   * finds out at once, once in each outage, so that a member that is cut off stops no other for longer than one call.
   */
  #mayTryBeside(engine: string, refusal: EngineTurn | undefined): boolean {
    if (refusal === undefined || refusal.isGranted || refusal.heldBy !== "circuit" || refusal.reason !== OUTAGE)
      return false;
    if (this.#own.has(engine) || this.#triedBeside.get(engine) === refusal.openings) return false;
    this.#triedBeside.set(engine, refusal.openings);
    return true;
  }

  async #pause({ engine }: Permit, retryAfterMs: number | undefined): Promise<number> {
    const { now, random, onChange } = this.#options;
    const forMs = pauseMs(retryAfterMs, now(), random());
    const { waitMs, isNew } = await this.#gate.pause(engine, forMs).catch(() => ({ waitMs: forMs, isNew: true }));
    this.#known.paused(engine, waitMs);
    if (isNew) onChange?.({ engine, change: "paused", forMs: Math.round(waitMs) });
    return waitMs;
  }

  async #open({ engine, callId }: Permit, error: TransHubError): Promise<number> {
    const { onFault, onChange } = this.#options;
    const forMs = this.#times.circuitMs;
    const fault = { engine, callId, reason: error.code, forMs, longestMs: LONGEST_CIRCUIT_MS };
    const { waitMs, openings } = await this.#gate.open(fault).catch(() => ({ waitMs: forMs, openings: -1 }));
    this.#known.opened(engine, waitMs, error.code, openings);
    if (this.#isToReport(engine, openings)) {
      onFault?.(error, engine, { isOwn: true, waitMs });
      onChange?.({ engine, change: "opened", forMs: Math.round(waitMs), reason: error.code });
    }
    return waitMs;
  }

  async #fail(permit: Permit, callMs: number, error: TransHubError, texts: readonly string[]): Promise<EngineEnding> {
    const { engine, callId } = permit;
    const { now, onFault, onChange } = this.#options;
    const { probeMs, faultsOverMs: leastMs } = this.#times;
    // The fleet waits for the result of its probe.
    if (!permit.isProbe && !this.#own.countsForFleet(engine)) {
      this.#own.failed(engine, texts);
      return this.#cutOffEnding(engine, error);
    }
    const silence = { engine, callId, reason: OUTAGE, message: error.message, callMs, probeMs, leastMs };
    const failing = await this.#gate.fail({ ...silence, leastFaults: LEAST_FAULTS }).catch(() => undefined);
    // Without the store nothing is known of the other members, and the settlement waits for the store as well.
    if (failing === undefined || failing.counts) this.#own.failed(engine, texts);
    if (failing === undefined) return { waitMs: probeMs, outage: error, isAlone: false };
    const { isOutage, waitMs, openings, doubts, faultyMs, answeredMs } = failing;
    if (isOutage) this.#own.fleetHasOutage(engine);
    else if (answeredMs !== undefined && this.#own.othersAnswered(engine, answeredMs)) {
      onFault?.(this.#cutOffError(engine, error.message), engine, { isOwn: true, waitMs: probeMs });
    }
    if (this.#own.isCutOff(engine)) return this.#cutOffEnding(engine, error);
    if (faultyMs > 0) this.#known.failing(engine, faultyMs, error.message);
    const isAlone = doubts === 1 && !this.#own.isMany(engine);
    if (!isOutage) return { waitMs: 0, isAlone };
    const outage = outageError(engine, this.#known.faulty(engine), now());
    if (faultyMs > 0) this.#known.opened(engine, waitMs, OUTAGE, openings);
    if (faultyMs > 0 && this.#isToReport(engine, openings)) {
      onFault?.(outage, engine, { isOwn: true, waitMs });
      onChange?.({ engine, change: "opened", forMs: Math.round(waitMs), reason: OUTAGE });
    }
    return { waitMs, outage, isAlone };
  }

  /** The end of a call without an answer. It counts for its text unless calls with other texts ended likewise. */
  #cutOffEnding(engine: string, { message }: TransHubError): EngineEnding {
    const waitMs = this.#times.probeMs;
    if (!this.#own.isOfManyTexts(engine)) return { waitMs, isAlone: false, isCutOff: true };
    return { waitMs, outage: this.#cutOffError(engine, message), isAlone: false, isCutOff: true };
  }

  #cutOffHold(engine: string, waitMs: number): Hold {
    return { kind: "outage", error: this.#cutOffError(engine), waitMs, isCutOff: true };
  }

  #cutOffError(engine: string, last?: string): TransHubError {
    const time = timeOf(this.#options.now() - this.#own.ageMs(engine));
    return new EngineTransientError(
      `Engine "${engine}" has given this process no answer since ${time}, while others got answers${last === undefined ? "" : `; the last failure: ${last}`}`,
      {
        hint: `Check the network from this machine to engine "${engine}". The texts go to the other members; one text tries it every few seconds.`,
      },
    );
  }

  #circuitHold(
    engine: string,
    { reason, openings, waitMs, isTried }: Extract<EngineTurn, { heldBy: "circuit" }>,
  ): Hold {
    const { now } = this.#options;
    const isOutage = reason === OUTAGE;
    const error = isOutage
      ? outageError(engine, this.#known.faulty(engine), now())
      : circuitError(engine, reason, now() + waitMs);
    // While a call tries the engine, nobody knows whether the fault still stands.
    if (!isTried && this.#isToReport(engine, openings)) {
      this.#options.onFault?.(error, engine, { isOwn: false, waitMs });
    }
    return { kind: isOutage ? "outage" : reason === "TH_ENGINE_QUOTA" ? "quota" : "config", error, waitMs };
  }

  #isToReport(engine: string, openings: number): boolean {
    if (this.#reported.get(engine) === openings) return false;
    this.#reported.set(engine, openings);
    return true;
  }

  async #settle(
    permit: Permit,
    moreTokens: number,
    works: true | undefined,
    retryMs: number,
    callMs: number,
  ): Promise<void> {
    this.#places.letGo(permit.engine, permit.callId);
    this.#probes.ended(permit.callId);
    const { engine, callId } = permit;
    if (works) {
      this.#own.answered(engine);
      await this.#known.watch();
    }
    if (!permit.isToSettle && !(works && this.#known.faulty(engine) !== undefined)) return;
    try {
      const { isClosed } = await this.#gate.settle({ engine, callId, moreTokens, works, retryMs, callMs });
      if (!isClosed) return;
      this.#known.closed(engine);
      this.#known.answered(engine);
      this.#options.onChange?.({ engine, change: "closed", forMs: 0 });
    } catch {
      // The place and the probe of the call expire by themselves.
    }
  }
}

/**
 * The error of an engine that gets no calls because the fleet found its account or a setting at fault.
 *
 * @param until When one call tries the engine, in milliseconds since the epoch.
 */
export function circuitError(engine: string, reason: string, until: number): TransHubError {
  const isQuota = reason === "TH_ENGINE_QUOTA";
  const FaultError = isQuota ? EngineQuotaError : EngineConfigError;
  const what = isQuota ? "has no credit or quota left" : "is not set up right (its key, model or address)";
  const time = new Date(Math.ceil(until / 1_000) * 1_000).toISOString().replace(".000", "");
  return new FaultError(`Engine "${engine}" is not asked until ${time}: the fleet found that it ${what}`, {
    hint: `Correct the account or the settings of engine "${engine}" (the log of the worker that found the fault says more), then run trans-hub resume --engine ${engine}.`,
  });
}

/** The code that opens the circuit of an engine that gives no answers. */
export const OUTAGE = new EngineTransientError("").code;

/**
 * The error of an engine that gives no answers to any member.
 *
 * @param now Milliseconds since the epoch.
 */
export function outageError(
  engine: string,
  faulty: Pick<EngineState, "faultyMs" | "fault"> | undefined,
  now: number,
): TransHubError {
  const time = timeOf(now - (faulty?.faultyMs ?? 0));
  const last = faulty?.fault ? `; the last failure: ${faulty.fault}` : "";
  return new EngineTransientError(`Engine "${engine}" has given no answer since ${time}${last}`, {
    hint: `Check engine "${engine}" and the network to it. Its texts wait and lose no attempt; one call tries it every few seconds.`,
  });
}

/** @param at Milliseconds since the epoch. */
function timeOf(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+/, "");
}

function heldError(engine: string, heldBy: keyof typeof HELD): EngineRateLimitedError {
  return new EngineRateLimitedError(`Engine "${engine}" is held by its ${HELD[heldBy]}`);
}

const HELD = { pause: "pause", rate: "limit by the minute", calls: "limit of calls at once" } as const;

/** Whether the wait ran its full time. */
async function slept(ms: number, signal: AbortSignal): Promise<boolean> {
  if (ms <= 0) return !signal.aborted;
  return wait(Math.ceil(ms), undefined, { signal }).then(
    () => true,
    () => false,
  );
}
