/** Real worker processes on an engine that takes 400 ms: twice the nodes should give twice the translations. */
import { setTimeout as wait } from "node:timers/promises";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { makeTexts } from "@trans-hub/test-support/strings";
import type pg from "pg";
import { registerOurs, SLOTS } from "../ours.ts";
import { openFleet } from "../process.ts";
import type { Stage } from "../stage.ts";
import type { Family } from "./cell.ts";

const ANSWER_MS = 400;
const NODES = [1, 2, 4, 8];
const MOST = 8;
const SECONDS = 12;
/** Upper bound of a node: 50 texts in each call, SLOTS calls at once. */
const TEXTS_A_SECOND = (SLOTS * 50 * 1_000) / ANSWER_MS;

export const fleet: Family = {
  name: "fleet",
  what: `1 to ${MOST} worker processes with an engine of ${ANSWER_MS} ms a call`,
  isQuick: false,
  async measure(stage) {
    const rates: [number, number][] = [];
    for (const nodes of NODES) {
      const figure = await rateOf(stage, nodes);
      stage.progress(`  ${nodes} nodes: ${Math.round(figure)} translations/s of ${nodes * TEXTS_A_SECOND} possible`);
      rates.push([nodes, figure]);
    }
    const one = rates.find(([nodes]) => nodes === 1)?.[1] ?? Number.NaN;
    const most = rates.find(([nodes]) => nodes === MOST)?.[1] ?? Number.NaN;
    stage.facts["translations a second of one node, engine of 400 ms"] = one;
    stage.curves.push({
      name: "fleet",
      title: `Draining by nodes, engine of ${ANSWER_MS} ms a call`,
      x: "nodes",
      y: "translations/s",
      series: [
        { name: "ours", points: rates },
        { name: "linear", points: NODES.map((nodes) => [nodes, nodes * one]) },
      ],
    });
    stage.record({
      family: "fleet",
      cell: `fleet, engine with ${ANSWER_MS} ms a call, 1 → ${MOST} nodes`,
      against: `linear: ${MOST} times one node`,
      unit: "translations/s",
      better: "more",
      ours: [most],
      theirs: [MOST * one],
      reach: 0.95,
      phase: "checkpoints as they come",
      note: `${SLOTS} calls at once a node, 50 texts a call: ${TEXTS_A_SECOND} texts/s a node at most; nodes, engine and PostgreSQL share the machine`,
    });
  },
};

/** The rate between the first and the last tenth: the start and the end of a fleet's run are not measured. */
async function rateOf(stage: Stage, nodes: number): Promise<number> {
  const server = await startOpenaiServer({ rules: [{ fault: { kind: "slow", ms: ANSWER_MS } }] });
  const count = Math.round(nodes * TEXTS_A_SECOND * SECONDS);
  try {
    return await stage.database(async ({ url, pool }) => {
      const fleet = openFleet({
        TH_DATABASE_URL: url,
        TH_ENGINES: "openai",
        TH_OPENAI_ENDPOINT: server.url,
        TH_OPENAI_MODEL: "test-model",
        TH_MAX_CONNECTIONS: "5",
      });
      try {
        for (let node = 0; node < nodes; node += 1) fleet.start();
        await fleet.ready();
        await registerOurs(url, makeTexts(count, 7_000 + nodes), 1_000);
        return await steadyRate(pool, count);
      } finally {
        fleet.kill();
      }
    });
  } finally {
    await server.close();
  }
}

async function steadyRate(pool: pg.Pool, count: number): Promise<number> {
  const seen: { at: number; stored: number }[] = [];
  for (;;) {
    const { rows } = await pool.query<{ stored: number }>(
      "select coalesce(sum(delta), 0)::int as stored from trans_hub.count_delta where status = 'translated'",
    );
    const stored = rows[0]?.stored ?? 0;
    seen.push({ at: performance.now(), stored });
    if (stored >= 0.9 * count) break;
    await wait(50);
  }
  const first = seen.find(({ stored }) => stored >= 0.1 * count);
  const last = seen.at(-1);
  if (first === undefined || last === undefined || first === last) throw new Error("it was over before it was seen");
  return ((last.stored - first.stored) * 1_000) / (last.at - first.at);
}
