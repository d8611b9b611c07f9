/** A primary that dies for good, and its standby that takes over: synchronous, and asynchronous with a lag. */
import { type PostgresWithStandby, startPostgresWithStandby } from "@trans-hub/test-support/standby";
import type { Scene } from "../scene.ts";
import type { Cell } from "./cell.ts";

/** Long enough for some dozens of requests and settlements that only the dead server knew. Milliseconds. */
const LAG_MS = 700;

function failover(name: string, what: string, isSynchronous: boolean): Cell {
  let server: PostgresWithStandby | undefined;
  return {
    name,
    what,
    async prepare() {
      return {
        scene: {
          async startServer(settings, env) {
            server = await startPostgresWithStandby({ isSynchronous, settings, env });
            return server;
          },
        },
        undo: async () => undefined,
      };
    },
    async trouble(scene) {
      await scene.pass(scene.options.seconds * 500);
      await scene.strike("failover", { endsCalls: true }, async () => {
        const lag = isSynchronous ? undefined : () => scene.pass(LAG_MS);
        const failover = await server?.failOver(lag);
        if (failover === undefined) throw new Error("the cell was not prepared");
        if (!isSynchronous) scene.losable.push({ from: failover.replicatedUntil, to: failover.diedAt });
        // Until then a worker goes on with claims that the promoted server may give to others.
        await scene.until("every worker has started afresh", 30, async () => {
          const { rows } = await scene.db.query<{ n: number }>(
            "select count(distinct pid)::int as n from chaos.node where is_entering and at > to_timestamp($1)",
            [failover.diedAt / 1_000],
          );
          return (rows[0]?.n ?? 0) >= scene.fleet.workers.length;
        });
      });
      await scene.pass(Number.POSITIVE_INFINITY);
    },
    async afterwards(scene) {
      if (await isInRecovery(scene)) scene.violations.push("the standby was not promoted");
    },
  };
}

async function isInRecovery({ db }: Scene): Promise<boolean> {
  const { rows } = await db.query<{ is_in_recovery: boolean }>("select pg_is_in_recovery() as is_in_recovery");
  return rows[0]?.is_in_recovery ?? true;
}

export const failoverSync = failover(
  "failover-sync",
  "PostgreSQL dies for good in the middle of the load, and its synchronous standby is promoted behind the same address",
  true,
);

export const failoverAsync = failover(
  "failover-async",
  `the same with an asynchronous standby, which lacks the last ${LAG_MS} ms`,
  false,
);
