/**
 * What metrics cost: a worker drains the same texts with and without them, in turn. With them it is scraped at its start and
 * every fifteen seconds, as is usual. The engine answers at once, so nothing hides the cost. Beside the throughput stands the
 * processor time of the worker's process, which neighbours on the machine disturb less.
 *
 *     npm run bench:metrics [-- --texts 100000] [-- --rounds 5] [-- --json]
 */
import { parseArgs } from "node:util";
import { applyMigrations, Coordinator, type Engine, PostgresPersistenceHandler } from "@trans-hub/core";
import { createLogger, runWorker } from "@trans-hub/worker";
import pg from "pg";
import { startPostgres } from "../support/postgres.ts";
import { makeTexts } from "../support/strings.ts";

const { values: options } = parseArgs({
  options: {
    texts: { type: "string", default: "100000" },
    rounds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
const TEXTS = Number(options.texts);
const ROUNDS = Number(options.rounds);

const instant: Engine = {
  name: "instant",
  version: "1",
  processor: "local",
  maxItemsPerCall: 50,
  maxBytesPerCall: 1_000_000,
  detectsSource: true,
  takesContext: false,
  handlesIcu: false,
  translate: async ({ items }) => ({ results: new Map(items.map(({ id, text }) => [id, { text }])) }),
};

const server = await startPostgres(["shared_buffers=1GB", "max_wal_size=4GB"]);
try {
  const without: Drained[] = [];
  const withMetrics: Drained[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // Whoever is second finds a warmer machine, so they take turns at that too.
    for (const isMeasured of round % 2 === 0 ? [false, true] : [true, false]) {
      (isMeasured ? withMetrics : without).push(await drainOnce(round, isMeasured));
    }
  }
  const cost = (figure: (drained: Drained) => number, more: (one: number, other: number) => number) =>
    withMetrics.map((each, at) => Math.round(more(figure(each), figure(without[at] as Drained)) * 1_000) / 10);
  const rateCosts = cost(
    ({ rate }) => rate,
    (measured, bare) => 1 - measured / bare,
  );
  const cpuCosts = cost(
    ({ cpuMs }) => cpuMs,
    (measured, bare) => measured / bare - 1,
  );
  const result = {
    texts: TEXTS,
    rounds: ROUNDS,
    textsPerSecond: {
      without: median(without.map(({ rate }) => rate)),
      with: median(withMetrics.map(({ rate }) => rate)),
    },
    cpuMs: { without: median(without.map(({ cpuMs }) => cpuMs)), with: median(withMetrics.map(({ cpuMs }) => cpuMs)) },
    costPercent: { throughput: median(rateCosts), cpu: median(cpuCosts) },
    pairs: { throughput: rateCosts, cpu: cpuCosts },
  };
  process.stdout.write(`${JSON.stringify(result, null, options.json ? 0 : 2)}\n`);
} finally {
  await server.stop();
}

/** From readiness to the last settlement. */
interface Drained {
  /** Texts a second. */
  rate: number;
  /** Of this process. */
  cpuMs: number;
}

async function drainOnce(round: number, isMeasured: boolean): Promise<Drained> {
  const name = `bench_${round}_${isMeasured ? 1 : 0}`;
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  const databaseUrl = url.href;
  try {
    await applyMigrations({ databaseUrl });
    const hub = await Coordinator.connect({ databaseUrl, sourceLocale: "en", registersFor: "instant" });
    await hub.request(makeTexts(TEXTS, round + 1), { targetLocales: ["fr"] });
    await hub.close();
    return await drain(databaseUrl, isMeasured);
  } finally {
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  }
}

async function drain(databaseUrl: string, isMeasured: boolean): Promise<Drained> {
  let readyAt = 0;
  let cpuAtReady = process.cpuUsage();
  let cpuMs = 0;
  let lastAt = 0;
  let port = 0;
  const logger = createLogger({
    destination: {
      write: (line) => {
        const { event, port: served } = JSON.parse(line) as { event: string; port?: number };
        if (event === "worker.started") port = served ?? 0;
        if (event === "worker.ready") {
          readyAt = performance.now();
          cpuAtReady = process.cpuUsage();
          scrape();
        }
      },
    },
  });
  const scrape = () => {
    if (port === 0) return;
    void fetch(`http://127.0.0.1:${port}/metrics`).then(
      (response) => response.text(),
      () => undefined,
    );
  };
  const scraping = setInterval(scrape, 15_000);
  const { translated } = await runWorker({
    connect: () => PostgresPersistenceHandler.connect({ databaseUrl }),
    engines: [instant],
    logger,
    until: "ready",
    signal: new AbortController().signal,
    concurrency: 4,
    batchSize: 50,
    maxAttempts: 5,
    engineTimeoutMs: 60_000,
    drainMs: 5_000,
    metricsPort: isMeasured ? 0 : undefined,
    onSettled: () => {
      lastAt = performance.now();
      const { user, system } = process.cpuUsage(cpuAtReady);
      cpuMs = (user + system) / 1_000;
    },
  });
  clearInterval(scraping);
  if (translated !== TEXTS) throw new Error(`${translated} of ${TEXTS} were translated`);
  return { rate: Math.round((TEXTS * 1_000) / (lastAt - readyAt)), cpuMs: Math.round(cpuMs) };
}

function median(figures: number[]): number {
  const sorted = [...figures].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
