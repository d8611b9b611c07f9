/**
 * Commits of a team: each minute 200 new strings for 30 locales, four real `trans-hub worker` processes, and an engine that takes 800 ms
 * for a call. Measured is the time from the request of a commit until each of its strings can be read in all locales.
 *
 *     npm run bench:commits                        ten minutes, a commit each minute
 *     npm run bench:commits -- --kills             with kill -9 of a worker each ten seconds
 *     npm run bench:commits -- --minutes 2 --every 30 --concurrency 16
 *     npm run bench:commits -- --json              {conditions, commits: [{p50, p99, most}], strings: {p50, p99, most}, lost}
 *
 * Workers have TH_CONCURRENCY=8: 6,000 texts in batches of 50 are 120 calls, and with the default of 4, four workers would need 6 s for
 * the calls alone. The exit code is 1 where a text is lost or stored wrongly, or where without kills p99 is 5 s or more.
 */
import { cpus, loadavg } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { applyMigrations, Coordinator } from "@trans-hub/core";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { startPostgres } from "@trans-hub/test-support/postgres";
import pg from "pg";
import { p99 } from "../chaos/feed/oracle.ts";
import { Fleet } from "../chaos/fleet.ts";

const LOCALES = "ar bg bn cs da de el es et fi fr he hi hr hu id it ja ko lt lv nl no pl pt ro ru sv tr uk".split(" ");
const STRINGS = 200;
const WORKERS = 4;
const ENGINE_MS = 800;
const KILL_EVERY_MS = 10_000;
const GOAL_MS = 5_000;
/** Between two looks at the strings of a commit. */
const LOOK_MS = 100;
/** A string that cannot be read by then counts with this time. Whether it is lost is seen at the end. */
const PATIENCE_MS = 180_000;
/** The work has so long to come to an end after the last commit. */
const SETTLE_MS = 300_000;

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    every: { type: "string", default: "60" },
    concurrency: { type: "string", default: "8" },
    kills: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const [commits, everyMs] = [
  Math.max(1, Math.round((Number(options.minutes) * 60) / Number(options.every))),
  Number(options.every) * 1_000,
];

const postgres = await startPostgres(["fsync=on"]);
const engine = await startOpenaiServer();
engine.misbehave({ fault: { kind: "slow", ms: ENGINE_MS } });
await applyMigrations({ databaseUrl: postgres.url });
const db = new pg.Pool({ connectionString: postgres.url, max: 2 });
const fleet = new Fleet({
  env: {
    ...{ TH_DATABASE_URL: postgres.url, TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: engine.url },
    ...{ TH_OPENAI_MODEL: "test-model", TH_CONCURRENCY: String(options.concurrency), TH_METRICS_PORT: "0" },
  },
});
const hub = await Coordinator.connect({ databaseUrl: postgres.url, sourceLocale: "en" });
try {
  for (let each = 0; each < WORKERS; each += 1) fleet.start();
  await fleet.ready();
  // The first request of a locale opens its lanes, which every later commit finds open.
  await hub.request({ text: "Warm", targetLocales: LOCALES });
  await hub.waitFor({ text: "Warm", targetLocales: LOCALES, timeoutMs: PATIENCE_MS });
  const load = loadavg()[0] ?? 0;
  const ending = new AbortController();
  const killing = options.kills ? kill(ending.signal) : Promise.resolve(0);
  const all: number[][] = [];
  const running: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let commit = 0; commit < commits; commit += 1) {
    await wait(Math.max(0, startedAt + commit * everyMs - performance.now()));
    running.push(
      readable(commit).then((times) => {
        all.push(times);
        if (!options.json) say(`commit ${commit + 1}`, times);
      }),
    );
  }
  await Promise.all(running);
  ending.abort();
  const kills = await killing;
  const strings = all.flat();
  const lost = await missingTexts();
  const wrong = await wrongTexts();
  const conditions = {
    ...{ strings: STRINGS, locales: LOCALES.length, workers: WORKERS, engineMs: ENGINE_MS, everyMs, commits, kills },
    ...{ concurrency: Number(options.concurrency), cores: cpus().length, loadBefore: load, loadAfter: loadavg()[0] },
  };
  if (options.json) {
    const figures = { conditions, commits: all.map(figuresOf), strings: figuresOf(strings), lost, wrong };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  } else {
    say("all strings", strings);
    process.stdout.write(`lost ${lost}, wrong ${wrong}, kills ${kills}; ${JSON.stringify(conditions)}\n`);
  }
  process.exitCode = lost > 0 || wrong > 0 || (!options.kills && p99(strings) >= GOAL_MS) ? 1 : 0;
} finally {
  await hub.close();
  fleet.kill();
  await db.end();
  await engine.close();
  await postgres.stop();
}

/** Milliseconds from the request until each string of a commit has its text in all locales. */
async function readable(commit: number): Promise<number[]> {
  const texts = Array.from({ length: STRINGS }, (_, at) => `String ${at} of commit ${commit}`);
  const at = performance.now();
  await hub.request(
    texts.map((text, place) => ({ text, businessId: `commit.${commit}.${place}` })),
    { targetLocales: LOCALES },
  );
  const times: number[] = [];
  for (let left = STRINGS; left > 0; ) {
    const { rows } = await db.query<{ done: number }>(
      `select count(*)::int as done from (
        select from trans_hub.content as c join trans_hub.translation as t using (content_no)
        where c.text = any ($1::text[]) and t.status = 'translated' group by content_no having count(*) = $2
      ) as settled`,
      [texts, LOCALES.length],
    );
    const now = performance.now() - at;
    while (times.length < (rows[0]?.done ?? 0)) times.push(now);
    left = STRINGS - times.length;
    if (now > PATIENCE_MS) break;
    if (left > 0) await wait(LOOK_MS);
  }
  while (times.length < STRINGS) times.push(PATIENCE_MS);
  return times;
}

/** Kills a worker at each tick, and starts another in its place. Gives how many. */
async function kill(signal: AbortSignal): Promise<number> {
  let count = 0;
  for (;;) {
    await wait(KILL_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return count;
    const worker = fleet.workers[count % WORKERS];
    if (worker !== undefined) await fleet.replace(worker, "SIGKILL");
    count += 1;
  }
}

/** Translations that are not there when no work is left. */
async function missingTexts(): Promise<number> {
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    const { rows } = await db.query<{ done: number; pending: number }>(
      `select count(*) filter (where status = 'translated')::int as done, count(*) filter (where status = 'pending')::int as pending
       from trans_hub.translation`,
    );
    // With the text that warmed the fleet up.
    const missing = (commits * STRINGS + 1) * LOCALES.length - (rows[0]?.done ?? 0);
    if (rows[0]?.pending === 0 || performance.now() > until) return missing;
    await wait(LOOK_MS);
  }
}

async function wrongTexts(): Promise<number> {
  const { rows } = await db.query<{ wrong: number }>(
    `select count(*)::int as wrong from trans_hub.translation as t join trans_hub.content as c using (content_no)
     where t.status <> 'translated' or t.text <> '[' || t.target_locale || '] ' || c.text`,
  );
  return rows[0]?.wrong ?? 0;
}

function figuresOf(times: readonly number[]): { p50: number; p99: number; most: number } {
  const sorted = times.toSorted((one, other) => one - other);
  const [p50 = 0, most = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return { p50: Math.round(p50), p99: Math.round(p99(times)), most: Math.round(most) };
}

function say(name: string, times: readonly number[]): void {
  const { p50, p99: p, most } = figuresOf(times);
  process.stdout.write(
    `${name.padEnd(12)} readable in all locales after ${p50} ms (p50), ${p} ms (p99), ${most} ms at most\n`,
  );
}
