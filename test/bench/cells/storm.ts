/** A storm: ten thousand single calls at once, through a pool of 20 connections. */

import { makeTexts } from "@trans-hub/test-support/strings";
import type { WorkerUtils } from "graphile-worker";
import { inTurn, rate, timed } from "../figures.ts";
import { connect } from "../ours.ts";
import { withUtils } from "../peers/graphile-worker.ts";
import { FRESH, POOL } from "../stage.ts";
import type { Family } from "./cell.ts";

export const storm: Family = {
  name: "storm",
  what: "single requests, all at once",
  isQuick: true,
  async measure(stage) {
    const count = stage.options.isQuick ? 4_000 : 10_000;
    const texts = (round: number) => makeTexts(count, 1_000 + round);
    const jobs = (add: (utils: WorkerUtils, texts: string[]) => Promise<unknown>) => (round: number) =>
      stage.database(({ pool }) =>
        withUtils(pool, async (utils) => {
          await warm(() => pool.query("select 1"));
          return rate(count, await timed(() => add(utils, texts(round))));
        }),
      );
    const figures = await inTurn(
      stage.options.rounds,
      {
        ours: (round) =>
          stage.database(async ({ url }) => {
            const hub = await connect(url);
            const each = texts(round);
            try {
              return rate(
                count,
                await timed(() => Promise.all(each.map((text) => hub.request({ text, targetLocales: ["fr"] })))),
              );
            } finally {
              await hub.close();
            }
          }),
        addJob: jobs((utils, each) => Promise.all(each.map((text) => utils.addJob("text", { text })))),
        // A simple solution written by hand: all calls of one turn of the event loop, by the thousand, over all
        // connections.
        "by hand": jobs((utils, each) => {
          const add = coalesced(utils);
          return Promise.all(each.map((text) => add(text)));
        }),
      },
      (line) => stage.progress(line),
    );
    const row = {
      family: "storm",
      cell: `storm: ${count.toLocaleString("en")} concurrent single requests, pool of ${POOL}`,
      unit: "requests/s",
      better: "more",
      ours: figures.ours,
      phase: FRESH,
    } as const;
    stage.record(
      { ...row, against: "graphile-worker addJob, same pool", theirs: figures.addJob, reach: 25 },
      { ...row, against: "the same calls coalesced by hand into addJobs", theirs: figures["by hand"], reach: 0.8 },
    );
  },
};

function coalesced(utils: WorkerUtils): (text: string) => Promise<void> {
  let gathered: { text: string; resolve(): void; reject(error: unknown): void }[] = [];
  const flush = () => {
    const all = gathered;
    gathered = [];
    for (let at = 0; at < all.length; at += 1_000) {
      const part = all.slice(at, at + 1_000);
      utils.addJobs(part.map(({ text }) => ({ identifier: "text", payload: { text } }))).then(
        () => {
          for (const { resolve } of part) resolve();
        },
        (error) => {
          for (const { reject } of part) reject(error);
        },
      );
    }
  };
  return (text) =>
    new Promise((resolve, reject) => {
      if (gathered.push({ text, resolve, reject }) === 1) setImmediate(flush);
    });
}

/**
 * Opens every connection of a pool, so that its contestant does not pay for it. Trans-Hub opens its connections by
 * itself.
 */
async function warm(query: () => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: POOL }, query));
}
