/** The connections past a pooler, for graphile-worker: a pooler cannot LISTEN. */
import type pg from "pg";
import { driver } from "./driver.ts";
import { type PoolOptions, superviseConnections } from "./pool.ts";
import { connectTo } from "./rotating-client.ts";
import { SESSION_SETTINGS } from "./session-settings.ts";

/** graphile-worker listens over one of its connections for as long as it runs, and claims over another. */
const MIN_DIRECT = 2;

/** Makes the pool: at most two connections more than jobs that run at once, and no more than `maxConnections`, but at least two. */
export function openDirectPool(options: PoolOptions, maxConnections: number, concurrency: number): pg.Pool {
  const pool = new (driver().Pool)({
    ...connectTo(options.directUrl ?? options.databaseUrl),
    max: Math.max(MIN_DIRECT, Math.min(maxConnections, concurrency + 2)),
    connectionTimeoutMillis: options.connectTimeoutMs ?? 30_000,
    query_timeout: options.answerTimeoutMs ?? 60_000,
    application_name: options.applicationName ?? "trans-hub",
    keepAlive: true,
    onConnect: async (client) => {
      await client.query(SESSION_SETTINGS);
    },
  });
  superviseConnections(pool);
  return pool;
}
