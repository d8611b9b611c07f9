import { randomBytes } from "node:crypto";
import { applyMigrations } from "@trans-hub/core";
import { registerTexts, test } from "@trans-hub/test-support/batches";
import { gateOn } from "@trans-hub/test-support/gate";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { value } from "@trans-hub/test-support/store";
import pg from "pg";
import { expect } from "vitest";
import { reconcileBatches } from "../../work/upkeep/reconcile.ts";

test("a batch without a live job is given one", async ({ db, pool, openStore }) => {
  const store = await openStore({ batchSize: 1 });
  await registerTexts(store, 4);
  const { rows: jobs } = await db.query<{ id: string }>("select id::text from graphile_worker.jobs order by id");
  await db.query("select graphile_worker.complete_jobs($1)", [[jobs[0]?.id]]);
  await db.query("select graphile_worker.permanently_fail_jobs($1)", [[jobs[1]?.id]]);
  await db.query("delete from graphile_worker._private_jobs where id = $1", [jobs[2]?.id]);
  expect(await reconcileBatches(pool)).toBe(3);
  expect(await reconcileBatches(pool)).toBe(0);
  await expectInvariants(db);
});

test("members that reconcile at once give a batch without a job one job", async ({ db, pool, store }) => {
  await registerTexts(store, 3);
  await db.query("delete from graphile_worker._private_jobs");
  const gate = await gateOn(db, "graphile_worker._private_jobs");
  const first = reconcileBatches(pool);
  await gate.reached();
  const second = reconcileBatches(pool);
  // The one at the gate, and the other behind it: not at the gate as well.
  const waiting =
    "select count(*)::int from pg_locks where not granted and relation = to_regclass('trans_hub.reconciling')";
  await expect.poll(() => value(db, waiting)).toBe(1);
  await gate.open();
  expect([await first, await second]).toEqual([1, 0]);
});

test("roles that may only connect, or only read, hold up no reconciliation and no migration", async ({
  database,
  db,
  pool,
  store,
}) => {
  await registerTexts(store, 3);
  await db.query("delete from graphile_worker._private_jobs");
  const name = `stranger_${randomBytes(6).toString("hex")}`;
  await db.query(`create role ${name} login password 'x'; create role ${name}_reader login password 'x'`);
  await db.query(`grant select on all tables in schema trans_hub to ${name}_reader`);
  const strangers = [name, `${name}_reader`].map((user) => {
    const url = new URL(database.url);
    Object.assign(url, { username: user, password: "x" });
    return new pg.Client({ connectionString: url.href });
  });
  try {
    for (const stranger of strangers) {
      await stranger.connect();
      await stranger.query("begin");
      const tables = ["reconciling", "migrating", "batch", "fleet_clock", "worker_node"].map(
        (table) => `trans_hub.${table}`,
      );
      for (const act of [
        "select pg_advisory_lock_shared(hashtextextended('trans_hub.reconcile', 0)), pg_advisory_lock_shared(7261190541)",
        // A statement is bound, and its tables locked, before its rights are looked at.
        ...tables.flatMap((table) => [
          `prepare ${table.replace(".", "_")}_1 as delete from ${table}`,
          `prepare ${table.replace(".", "_")}_2 as select from ${table} for update`,
          `select from ${table} for update`,
          ...["access share", "row share", "share update exclusive", "exclusive"].map(
            (mode) => `lock table ${table} in ${mode} mode`,
          ),
        ]),
      ]) {
        await stranger.query("savepoint act");
        await stranger.query(act).catch(() => stranger.query("rollback to act"));
      }
    }
    expect(await reconcileBatches(pool)).toBe(1);
    expect(await applyMigrations({ databaseUrl: database.url })).toMatchObject({ pending: [] });
  } finally {
    for (const stranger of strangers) await stranger.end();
    for (const user of [name, `${name}_reader`]) await db.query(`drop owned by ${user}; drop role ${user}`);
  }
});

test("no function takes an advisory lock, which any role could take", async ({ db }) => {
  const takers = `select count(*)::int from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    where n.nspname in ('trans_hub', 'graphile_worker') and p.prosrc ~ 'advisory'`;
  expect(await value(db, takers)).toBe(0);
});
