/** A short run of every cell. The long run is started by hand: `npm run chaos`. */
import { TESTS_ALL } from "@trans-hub/test-support/extent";
import { describe, expect, inject, test } from "vitest";
import { CELLS } from "./cells/index.ts";
import { printReport } from "./report.ts";
import { runCell } from "./run-cell.ts";

const SEED = Number(process.env.TH_TEST_SEED ?? 1);

describe("under every kind of fault, nothing is lost, stored twice or wrong, and all work ends", () => {
  for (const cell of CELLS) {
    const why = cell.cannotRun?.() ?? (TESTS_ALL ? undefined : cell.needsTime);
    test.skipIf(why !== undefined)(
      `${cell.what}${why === undefined ? "" : ` (left out: ${why})`}`,
      {
        timeout: 240_000,
      },
      async () => {
        const report = await runCell(cell, {
          seed: SEED,
          seconds: 4,
          rescueAfterSeconds: 5,
          maxAttempts: 2,
          scene: { bin: inject("commandBin") },
        });
        expect(report.verdict.acknowledged).toBeGreaterThan(0);
        expect(report.verdict.violations, printReport(report)).toEqual([]);
      },
    );
  }
});
