/**
 * A worker that translates with the engine of my-engine.ts.
 *
 *     TH_DATABASE_URL=… IN_HOUSE_URL=http://translate.internal/v1 node worker.ts          # until SIGTERM or Ctrl-C
 *     … node worker.ts --once                                                            # until nothing is ready
 */
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { createLogger, runWorker, stopOnSignals } from "@trans-hub/worker";
import { inHouse } from "./my-engine.ts";

const { TH_DATABASE_URL: databaseUrl, IN_HOUSE_URL: url, IN_HOUSE_TOKEN: token } = process.env;
if (databaseUrl === undefined || url === undefined) throw new Error("Set TH_DATABASE_URL and IN_HOUSE_URL");

const drainMs = 25_000;
const logger = createLogger({ destination: process.stdout });
const stop = stopOnSignals({ drainMs, logger });
await runWorker({
  connect: () => PostgresPersistenceHandler.connect({ databaseUrl, applicationName: "in-house-worker" }),
  engines: [inHouse({ url, token })],
  logger,
  until: process.argv.includes("--once") ? "ready" : "stopped",
  signal: stop.signal,
  concurrency: 4,
  batchSize: 50,
  maxAttempts: 5,
  engineTimeoutMs: 60_000,
  drainMs,
  // The fleet keeps to it together, however many workers there are.
  engineLimits: { "in-house": { concurrency: 16 } },
});
stop.release();
