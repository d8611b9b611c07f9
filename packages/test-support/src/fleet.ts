/** Members of a fleet for tests: started, watched, held up, and cut off. */
import { once } from "node:events";
import type {
  PostgresPersistenceHandler,
  TranslateWork,
  WorkObserver,
  WorkOptions,
  WorkSummary,
} from "@trans-hub/core/store";
import pg from "pg";
import { inject, onTestFinished } from "vitest";
import type { TestDatabase } from "./database.ts";
import { test as base, echo, item, value } from "./store.ts";

/** `Text 0` and so on. */
export const texts = (count: number, given = {}) => Array.from({ length: count }, (_, at) => item(`Text ${at}`, given));

/** The number of rows of a FROM clause. */
export const count = (db: pg.Pool, from: string) => value(db, `select count(*)::int from ${from}`);
export const translatedCount = (db: pg.Pool) => count(db, "trans_hub.translation where status = 'translated'");
export const lockedJobs = (db: pg.Pool) => count(db, "graphile_worker.jobs where locked_at is not null");

/** Beats and looks at short intervals; small batches, so that there are several. */
export const QUICK = { heartbeatSeconds: 0.1, pollSeconds: 0.1, batchSize: 10 };

export interface Member {
  /** Ids of the nodes whose work it took over. */
  rescued: string[];
  faults: Error[];
  ready: boolean[];
  /** Asks it to end and waits until it has. */
  stop(): Promise<WorkSummary>;
}

/** `test` with `startWork`: starts a member of the fleet, which is stopped at the end of the test, if not before. */
export const test = base.extend("startWork", async ({ openStore: _ }, { onCleanup }) => {
  const members: Member[] = [];
  onCleanup(async () => {
    await Promise.all(members.map((member) => member.stop().catch(() => undefined)));
  });
  return (
    store: PostgresPersistenceHandler,
    translate: TranslateWork,
    options: Partial<WorkOptions> = {},
    observer: WorkObserver = {},
  ): Member => {
    const ending = new AbortController();
    const member: Member = {
      rescued: [],
      faults: [],
      ready: [],
      stop: () => {
        ending.abort();
        return summary;
      },
    };
    const summary = store.work(
      {
        until: "stopped",
        concurrency: 2,
        maxItems: 10,
        drainMs: 2_000,
        ...options,
        signal: ending.signal,
        observer: {
          rescued: (nodeId) => member.rescued.push(nodeId),
          fault: (error) => member.faults.push(error),
          ready: (isReady) => member.ready.push(isReady),
          ...observer,
        },
      },
      translate,
    );
    summary.catch(() => undefined);
    members.push(member);
    return member;
  };
});

/** Unhandled rejections until the end of the test, which would end a process. */
export function unhandledRejections(): unknown[] {
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", onUnhandled);
  onTestFinished(() => void process.off("unhandledRejection", onUnhandled));
  return unhandled;
}

/** Work that notes every text it is given. */
export function noting(work: TranslateWork = echo): { texts: string[]; work: TranslateWork } {
  const noted: string[] = [];
  return {
    texts: noted,
    work: async (batch, signal) => {
      noted.push(...batch.items.map(({ text }) => text));
      return work(batch, signal);
    },
  };
}

/** Work that waits until `goOn` is called or it is aborted. */
export function waiting(): { begun: Promise<void>; goOn: () => void; calls: () => number; work: TranslateWork } {
  const going = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  let calls = 0;
  return {
    begun: begun.promise,
    goOn: () => going.resolve(),
    calls: () => calls,
    work: async (batch, signal) => {
      calls += 1;
      begun.resolve();
      await Promise.race([going.promise, once(signal, "abort").then(() => Promise.reject(signal.reason))]);
      return echo(batch, signal);
    },
  };
}

/** Ends every session of the database and refuses new ones while `act` runs: an outage, seen from outside. */
export async function outageWhile(database: TestDatabase, act: () => Promise<void>): Promise<void> {
  const server = new pg.Client({ connectionString: inject("testServer").url });
  await server.connect();
  const name = new URL(database.url).pathname.slice(1);
  try {
    await server.query(`alter database "${name}" with allow_connections false`);
    await server.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
    await act();
  } finally {
    await server.query(`alter database "${name}" with allow_connections true`);
    await server.end();
  }
}
