/** A collection of a million translations while a producer registers. */
import { makeTexts } from "@trans-hub/test-support/strings";
import { quantile } from "../figures.ts";
import { connect } from "../ours.ts";
import { runCommand } from "../process.ts";
import type { Family } from "./cell.ts";

/** Texts of one request. */
const TEXTS = 100;
const QUIET_MS = 10_000;

export const collect: Family = {
  name: "collect",
  what: "registering while a collection removes a fifth of the grown tables",
  isQuick: false,
  async measure(stage) {
    const { url, pool } = await stage.grown();
    // Vacuum would clean up after earlier cells at any time, in either half of the measurement.
    await pool.query("vacuum (analyze)");
    const hub = await connect(url);
    const texts = endlessTexts();
    const times = async (until: AbortSignal) => {
      const each: number[] = [];
      while (!until.aborted) {
        const chunk = Array.from({ length: TEXTS }, () => texts.next().value as string);
        const startedAt = performance.now();
        await hub.request(chunk, { targetLocales: ["fr"] });
        each.push(performance.now() - startedAt);
      }
      return each;
    };
    const quiet = () => times(AbortSignal.timeout(QUIET_MS));
    await quiet(); // after this, pages have been written whole since the last checkpoint
    const before = await quiet();
    const ending = new AbortController();
    const during = times(ending.signal);
    const run = await runCommand(["gc", "--retention-days", "90", "--json"], {
      TH_DATABASE_URL: url,
      TH_LOG_LEVEL: "warn",
    }).finally(() => ending.abort());
    const removed = JSON.parse(run.stdout) as { translations: number };
    const beside = await during;
    await hub.close();
    const p99 = (figures: number[]) => quantile(figures, 0.99);
    stage.progress(
      `  ${removed.translations} translations in ${Math.round(run.ms / 1_000)} s; p99 ${p99(beside)} ms of ${beside.length}, without ${p99(before)} ms of ${before.length}`,
    );
    stage.facts["translations collected a second, beside a producer"] = removed.translations / (run.ms / 1_000);
    stage.record({
      family: "collect",
      cell: `GC of ${removed.translations.toLocaleString("en")} rows while registering ${TEXTS} texts at a time, p99 of register`,
      against: "without GC",
      unit: "ms",
      better: "less",
      ours: [p99(beside)],
      theirs: [p99(before)],
      reach: 2,
      phase: "tables vacuumed before, checkpoints as they come",
      note: `the collection took ${Math.round(run.ms / 1_000)} s; p50 ${quantile(beside, 0.5).toFixed(1)} ms beside it, ${quantile(before, 0.5).toFixed(1)} without`,
    });
  },
};

function* endlessTexts(): Generator<string> {
  for (let part = 0; ; part += 1) for (const text of makeTexts(10_000, 10_000 + part)) yield `collect ${part}: ${text}`;
}
