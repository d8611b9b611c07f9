/**
 * The cost of metrics: workers drain equal backlogs, alternately with and without metrics. Scrapes come every fifteen
 * seconds through the whole run, as is usual. The engine answers at once, so nothing hides the cost. Beside the
 * throughput, the processor time of the worker's process is measured, which other load on the machine disturbs less.
 *
 *     npm run bench:metrics [-- --texts 60000] [-- --rounds 10] [-- --json]
 *
 * The backlogs are the same texts into one target locale each, registered before in one database.
 */
import { parseArgs } from "node:util";
import { applyMigrations, Coordinator } from "@trans-hub/core";
import type { Engine } from "@trans-hub/core/engine";
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { startPostgres } from "@trans-hub/test-support/postgres";
import { makeTexts } from "@trans-hub/test-support/strings";
import { createLogger, runWorker } from "@trans-hub/worker";

const { values: options } = parseArgs({
  options: {
    texts: { type: "string", default: "60000" },
    rounds: { type: "string", default: "10" },
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

/** One for each drain, and one to warm up. */
const LOCALES = [..."abcdefghijklmnopqrstuvwxyz"]
  .flatMap((letter) => ["a", "b", "c"].map((second) => `q${second}${letter}`))
  .slice(0, ROUNDS * 2 + 1);

/** Time of the last due scrape. A scrape is due every fifteen seconds, with either kind of worker. */
let scrapedAt = performance.now();

const server = await startPostgres(["shared_buffers=1GB", "max_wal_size=8GB"]);
try {
  await applyMigrations({ databaseUrl: server.url });
  const hub = await Coordinator.connect({ databaseUrl: server.url, sourceLocale: "en", registersFor: "instant" });
  const texts = makeTexts(TEXTS, 1);
  for (const locale of LOCALES) await hub.request(texts, { targetLocales: [locale] });
  await hub.close();
  const waiting = [...LOCALES];
  const next = (isMeasured: boolean) => drain(server.url, waiting.shift() as string, isMeasured);
  await next(true);
  const without: Drained[] = [];
  const withMetrics: Drained[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // The second run finds a warmer machine, so the order alternates.
    for (const isMeasured of round % 2 === 0 ? [false, true] : [true, false]) {
      (isMeasured ? withMetrics : without).push(await next(isMeasured));
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
  /** Texts per second. */
  rate: number;
  /** Processor time of this process, in milliseconds. */
  cpuMs: number;
}

async function drain(databaseUrl: string, locale: string, isMeasured: boolean): Promise<Drained> {
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
        }
      },
    },
  });
  const scraping = setInterval(() => {
    if (port === 0 || performance.now() - scrapedAt < 15_000) return;
    scrapedAt = performance.now();
    void fetch(`http://127.0.0.1:${port}/metrics`).then(
      (response) => response.text(),
      () => undefined,
    );
  }, 100);
  const { translated } = await runWorker({
    connect: () => PostgresPersistenceHandler.connect({ databaseUrl }),
    engines: [instant],
    logger,
    until: "ready",
    locales: [locale],
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
