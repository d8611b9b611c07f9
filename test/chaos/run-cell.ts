/** Runs one cell: opens its scene, loads it, causes the faults, waits for the work to end, and judges. */
import type { Cell } from "./cells/cell.ts";
import { findDamage } from "./damage.ts";
import { gatherEvidence } from "./evidence.ts";
import { Scene, type SceneOptions } from "./scene.ts";
import { textOf } from "./texts.ts";
import { type Timeline, timelineOf } from "./timeline.ts";
import { judge, type Verdict } from "./verdict.ts";

export interface CellReport {
  cell: string;
  what: string;
  seed: number;
  /** Version of PostgreSQL. */
  server: string;
  /** Seconds of load. */
  seconds: number;
  /** Seconds from the end of the load until no work waited any more. */
  settledAfter: number;
  verdict: Verdict;
  /** Requests that failed and were repeated by the producers, by code. */
  refused: Record<string, number>;
  timeline: Timeline;
  notes: string[];
}

export interface RunOptions {
  seed: number;
  seconds: number;
  rescueAfterSeconds: number;
  /** Attempts before a text goes to the dead letters, unless the cell sets another number. Default 3. */
  maxAttempts?: number;
  /** Overrides the cell's own options. */
  scene?: Partial<SceneOptions>;
}

/** Time for the fleet to finish the remaining work, in seconds. */
const SETTLE_SECONDS = 150;

export async function runCell(cell: Cell, options: RunOptions): Promise<CellReport> {
  const { seed, seconds, rescueAfterSeconds, maxAttempts = 3 } = options;
  const prepared = await cell.prepare?.();
  try {
    const scene = await Scene.open({
      seed,
      seconds,
      rescueAfterSeconds,
      maxAttempts,
      ...cell.scene?.(seconds),
      ...prepared?.scene,
      ...options.scene,
    });
    try {
      await scene.begin();
      await cell.trouble(scene);
      const endedAt = performance.now();
      await scene.settle(SETTLE_SECONDS, () => cell.afterwards?.(scene));
      const settledAfter = (performance.now() - endedAt) / 1_000;
      const { note, damage } = await findDamage(scene.db);
      scene.notes.push(note);
      scene.violations.push(...damage);
      const evidence = await gatherEvidence(scene, textOf);
      return {
        cell: cell.name,
        what: cell.what,
        seed,
        server: await scene.serverVersion(),
        seconds,
        settledAfter,
        verdict: judge(evidence, { isAllKept: cell.isAllKept ?? true, hasBacklog: cell.hasBacklog ?? false }),
        refused: Object.fromEntries(scene.load.refused),
        timeline: await timelineOf(scene),
        notes: scene.notes,
      };
    } finally {
      await scene.close();
    }
  } finally {
    await prepared?.undo();
  }
}
