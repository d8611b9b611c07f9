import { registerTexts, test } from "@trans-hub/test-support/batches";
import { gateOn } from "@trans-hub/test-support/gate";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { value } from "@trans-hub/test-support/store";
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
    "select count(*)::int from pg_stat_activity where datname = current_database() and wait_event = 'advisory'";
  await expect.poll(() => value(db, waiting)).toBe(2);
  await gate.open();
  expect([await first, await second]).toEqual([1, 0]);
});
