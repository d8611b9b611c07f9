/** Bytes of write-ahead log for a translation: for registering and draining it. */
import { makeTexts } from "@trans-hub/test-support/strings";
import { drainCeiling, listBatches, registerCeiling } from "../ceiling.ts";
import { inTurn, median } from "../figures.ts";
import { drainOurs, registerOurs } from "../ours.ts";
import type { Family } from "./cell.ts";

export const wal: Family = {
  name: "wal",
  what: "bytes of write-ahead log for a translation",
  isQuick: false,
  async measure(stage) {
    const count = 50_000;
    const registered: number[] = [];
    const figures = await inTurn(
      Math.min(3, stage.options.rounds),
      {
        ours: (round) =>
          stage.database(async ({ url }) => {
            const register = await stage.walOf(() => registerOurs(url, makeTexts(count, round), 1_000));
            registered.push(register / count);
            return (register + (await stage.walOf(() => drainOurs(url)))) / count;
          }),
        ceiling: (round) =>
          stage.database(async ({ url, pool }) => {
            const register = await stage.walOf(() => registerCeiling(url, makeTexts(count, round), 1_000));
            const batches = await listBatches(pool);
            return (register + (await stage.walOf(() => drainCeiling(url, batches, 500, 1)))) / count;
          }),
      },
      (line) => stage.progress(line),
    );
    stage.facts["WAL bytes a translation, registered"] = median(registered);
    stage.facts["WAL bytes a translation, registered and drained"] = median(figures.ours);
    stage.record({
      family: "wal",
      cell: "WAL written per translation, register + drain",
      against: "the bare SQL ceiling's, in chunks of 1,000 and 500",
      unit: "bytes",
      better: "less",
      ours: figures.ours,
      theirs: figures.ceiling,
      reach: 1.5,
      phase: "new tables; right after a checkpoint, none in between",
      note: `${count} texts a round`,
    });
  },
};
