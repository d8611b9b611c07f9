/** Registering a catalog: chunks of 1,000, one after another. */
import { makeTexts } from "@trans-hub/test-support/strings";
import { CHUNKS, registerCeiling } from "../ceiling.ts";
import { bestOf, inTurn, rate } from "../figures.ts";
import { registerOurs } from "../ours.ts";
import { addTexts, withUtils } from "../peers/graphile-worker.ts";
import { FRESH } from "../stage.ts";
import type { Family } from "./cell.ts";

const CHUNK = 1_000;

export const register: Family = {
  name: "register",
  what: `texts registered in chunks of ${CHUNK}`,
  isQuick: true,
  async measure(stage) {
    const count = stage.options.isQuick ? 10_000 : 50_000;
    const texts = (round: number) => makeTexts(count, round);
    const ceiling = (chunk: number) => (round: number) =>
      stage.database(async ({ url }) => rate(count, await registerCeiling(url, texts(round), chunk)));
    const { ours, addJobs, ...ceilings } = await inTurn(
      stage.options.rounds,
      {
        ours: (round) =>
          stage.database((database) =>
            stage.profiled("register", database, async () =>
              rate(count, await registerOurs(database.url, texts(round), CHUNK)),
            ),
          ),
        addJobs: (round) =>
          stage.database(({ pool }) =>
            withUtils(pool, async (utils) => rate(count, await addTexts(utils, texts(round), CHUNK))),
          ),
        ...(Object.fromEntries(CHUNKS.map((chunk) => [`ceiling in ${chunk}s`, ceiling(chunk)])) as Record<
          `ceiling in ${number}s`,
          (round: number) => Promise<number>
        >),
      },
      (line) => stage.progress(line),
    );
    const best = bestOf(ceilings);
    const row = {
      family: "register",
      cell: `register, chunks of ${CHUNK.toLocaleString("en")}`,
      unit: "translations/s",
    };
    const common = { ...row, better: "more", ours, phase: FRESH, note: `${count} texts a round` } as const;
    stage.record(
      { ...common, against: `bare SQL ceiling (the best: ${best.name})`, theirs: best.figures, reach: 0.8 },
      { ...common, against: "graphile-worker addJobs, same chunks", theirs: addJobs, reach: 1.3 },
    );
  },
};
