/** Runs one cell: opens its scene, loads it, makes trouble, lets it settle, and judges. */
import type { Cell } from "./cells/cell.ts";
import { gatherEvidence } from "./evidence.ts";
import { Scene, type SceneOptions } from "./scene.ts";
import { textOf } from "./texts.ts";
import { type Timeline, timelineOf } from "./timeline.ts";
import { judge, type Verdict } from "./verdict.ts";

export interface CellReport {
  cell: string;
  what: string;
  seed: number;
  /** Of PostgreSQL. */
  server: string;
  /** Seconds of load. */
  seconds: number;
  /** Seconds from the end of the load until nothing waited any more. */
  settledAfter: number;
  verdict: Verdict;
  /** Requests that failed and were made again by the producers, by code. */
  refused: Record<string, number>;
  timeline: Timeline;
  notes: string[];
}

export interface RunOptions {
  seed: number;
  seconds: number;
  rescueAfterSeconds: number;
  /** At a text that fails, unless the cell wants another number. Default 3. */
  maxAttempts?: number;
  /** Over what the cell itself wants. */
  scene?: Partial<SceneOptions>;
}

/** How long the fleet may take to get through what is left. */
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
