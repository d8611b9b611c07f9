/**
 * Pausing and resuming on PostgreSQL.
 *
 * A row in `pause` names a pause; members of the fleet read it at each beat. Batches of a paused lane are parked: they and
 * their jobs wait for the time "infinity", so that no worker claims them again and again. See docs/adr/0016-pause.md.
 */

import type { Pause, PauseTarget } from "../../contract/control.ts";
import type { EngineGate } from "../../contract/engine-gate.ts";
import { pauseOf } from "../../rules/pauses.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows, run } from "../database/statement.ts";
import { addPause, endPause, listPauses, parkBatches, parkWaiting, unparkBatches } from "./control.sql.ts";
import { whenFree } from "./when-free.ts";

/** Batches that one transaction parks or brings forward. */
const BATCHES_A_STEP = 500;

const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

export async function readPauses(pool: ConnectionPool): Promise<Pause[]> {
  const found = await rows(pool, listPauses);
  return found.map(({ kind, name, paused_at }) => ({ kind, name: name === "" ? null : name, since: paused_at }));
}

export async function pause(pool: ConnectionPool, target: PauseTarget): Promise<Pause[]> {
  const { kind, name } = pauseOf(target);
  await run(pool, addPause, [kind, name ?? ""]);
  let after: string | null = kind === "engine" ? null : BEFORE_ALL;
  while (after !== null) {
    const [step]: { reached: string | null }[] = await whenFree(() => rows(pool, parkWaiting, [after, BATCHES_A_STEP]));
    after = step?.reached ?? null;
  }
  return readPauses(pool);
}

export async function resume(
  pool: ConnectionPool,
  gate: Pick<EngineGate, "reset">,
  target: PauseTarget,
): Promise<Pause[]> {
  const { kind, name } = pauseOf(target);
  await run(pool, endPause, [kind, name ?? ""]);
  // The person who resumes an engine says that it may be called: the fleet's own doubts end too.
  if (kind === "engine" || kind === "everything") await gate.reset(name ?? undefined, { pause: true });
  // Also if nothing was paused: asking again completes a resume that was cut off here.
  await unpark(pool, false);
  return readPauses(pool);
}

/**
 * Brings forward the parked batches whose lanes are not paused.
 *
 * @param sure Only batches that cannot have been parked for an engine.
 */
export async function unpark(pool: ConnectionPool, sure: boolean): Promise<void> {
  let after: string | null = BEFORE_ALL;
  while (after !== null) {
    const [step]: { reached: string | null }[] = await whenFree(() =>
      rows(pool, unparkBatches, [after, BATCHES_A_STEP, sure]),
    );
    after = step?.reached ?? null;
  }
}

/** Parks claimed batches. Gives the ids of those that were parked, without those whose pause has ended. */
export async function park(pool: ConnectionPool, batchIds: readonly string[]): Promise<Set<string>> {
  const parked = await rows(pool, parkBatches, [batchIds]);
  return new Set(parked.map(({ batch_id }) => batch_id));
}
