/** The fleet's shared state of its engines, in PostgreSQL. */

import type {
  EngineCallEnd,
  EngineFailing,
  EngineFault,
  EngineGate,
  EngineSilence,
  EngineState,
  EngineTurn,
  EngineWish,
} from "../../contract/engine-gate.ts";
import type { EngineLimitStatus } from "../../contract/status.ts";
import { bucketOf } from "../../rules/bucket.ts";
import { whenFree } from "../control/when-free.ts";
import { type Database, rows } from "../database/statement.ts";
import {
  failEngineCall,
  hastenPostponed,
  listEngineStates,
  openEngineCircuit,
  pauseEngine,
  renewEngineCalls,
  reserveEngine,
  resetEngine,
  settleEngineCall,
} from "./engine-limit.sql.ts";

/** Batches that one transaction makes due. */
const BATCHES_A_STEP = 500;

const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

export class PostgresEngineGate implements EngineGate {
  readonly #open: () => Database;

  /** @param open Returns the connections, or throws when the store is closed. */
  constructor(open: () => Database) {
    this.#open = open;
  }

  async states(): Promise<EngineState[]> {
    return (await rows(this.#open(), listEngineStates)).map((row) => ({
      engine: row.engine,
      pausedMs: row.paused_ms,
      circuit: row.circuit,
      openMs: row.open_ms,
      reason: row.reason,
      openings: row.openings,
      running: row.running,
      faultyMs: row.faulty_ms,
      fault: row.fault,
    }));
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
    const { rpm, tpm, concurrency = null } = limits;
    const requests = rpm === undefined ? undefined : bucketOf(rpm, 1);
    const bucket = tpm === undefined ? undefined : bucketOf(tpm, 0);
    const [turn] = await rows(this.#open(), reserveEngine, [
      engine,
      callId,
      tokens,
      requests?.burst ?? null,
      requests?.perSecond ?? null,
      bucket?.burst ?? null,
      bucket?.perSecond ?? null,
      concurrency,
      aheadMs,
      leaseMs,
      besideOutage,
    ]);
    if (turn === undefined) throw new Error("reserving gave no row");
    const { wait_ms: waitMs, held_by: heldBy, is_probe: isProbe, reason, openings } = turn;
    if (turn.granted) return { isGranted: true, afterMs: waitMs, isProbe };
    if (heldBy === "circuit" || heldBy === "probe") {
      const isTried = heldBy === "probe";
      return { isGranted: false, heldBy: "circuit", waitMs, reason: reason ?? "", openings, isTried };
    }
    return { isGranted: false, heldBy: heldBy ?? "rate", waitMs };
  }

  async settle({ engine, callId, moreTokens, works, retryMs, callMs }: EngineCallEnd): Promise<{ isClosed: boolean }> {
    const values = [engine, callId, moreTokens, works ?? null, retryMs, callMs];
    const [settled] = await rows(this.#open(), settleEngineCall, values);
    return { isClosed: settled?.is_closed ?? false };
  }

  async renew(engine: string, callIds: readonly string[], leaseMs: number): Promise<void> {
    await rows(this.#open(), renewEngineCalls, [engine, callIds, leaseMs]);
  }

  async pause(engine: string, forMs: number): Promise<{ waitMs: number; isNew: boolean }> {
    const [paused] = await rows(this.#open(), pauseEngine, [engine, forMs]);
    return { waitMs: paused?.wait_ms ?? forMs, isNew: paused?.is_new ?? true };
  }

  async open({ engine, callId, reason, forMs, longestMs }: EngineFault): Promise<{ waitMs: number; openings: number }> {
    const [opened] = await rows(this.#open(), openEngineCircuit, [engine, callId, reason, forMs, longestMs]);
    if (opened === undefined) throw new Error("opening a circuit gave no row");
    return { waitMs: opened.wait_ms, openings: opened.openings };
  }

  async fail(silence: EngineSilence): Promise<EngineFailing> {
    const { engine, callId, reason, message, callMs, leastFaults, leastMs, probeMs } = silence;
    const values = [engine, callId, reason, message, callMs, leastFaults, leastMs, probeMs];
    const [failed] = await rows(this.#open(), failEngineCall, values);
    if (failed === undefined) throw new Error("counting a failed call gave no row");
    const { is_outage: isOutage, wait_ms: waitMs, openings, doubts, faulty_ms: faultyMs, counts } = failed;
    return { isOutage, waitMs, openings, doubts, faultyMs, counts, answeredMs: failed.answered_ms ?? undefined };
  }

  async reset(engine: string | undefined, { pause }: { pause: boolean }): Promise<string[]> {
    const held = await whenFree(() => rows(this.#open(), resetEngine, [engine ?? null, pause]));
    // Also if nothing was held: asking again completes a reset that was cut off here.
    let after: string | null = BEFORE_ALL;
    while (after !== null) {
      const [step]: { reached: string | null }[] = await whenFree(() =>
        rows(this.#open(), hastenPostponed, [after, BATCHES_A_STEP]),
      );
      after = step?.reached ?? null;
    }
    return held.map(({ engine: name }) => name);
  }
}

/** The engines' states in the form of the status. */
export async function readEngineLimits(db: Database): Promise<EngineLimitStatus[]> {
  return (await rows(db, listEngineStates)).map((row) => ({
    engine: row.engine,
    pausedUntil: row.paused_until,
    circuit: row.circuit,
    openUntil: row.open_until,
    reason: row.reason,
    running: row.running,
    faultySince: row.faulty_since,
    fault: row.faulty_since === null ? null : row.fault,
  }));
}
