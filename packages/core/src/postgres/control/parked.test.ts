import type { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { drain, echo, item, test, translated, value, workOf } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";
import { ConnectionPool } from "../database/pool.ts";
import { openLanes } from "../register/register.sql.ts";
import { reconcileBatches } from "../work/upkeep/reconcile.ts";
import { unpark } from "./pause.ts";

const DAY_MS = 86_400_000;
const overBudget = workOf(() => ({ kind: "parked", waitsFor: "budget", delayMs: DAY_MS }));

const parkedFor = (db: pg.Pool) =>
  value<string[] | null>(
    db,
    "select array_agg(b.waits_for order by b.waits_for) from trans_hub.batch as b where b.run_at > now() + interval '1 hour'",
  );
/** A budget that has less room than a call takes: without one, work that waits for it is brought forward. */
async function exhaust(db: pg.Pool, store: PostgresPersistenceHandler): Promise<void> {
  await store.setBudget({ project: "default", per: "day", amount: "1", currency: "USD" });
  await db.query("select trans_hub.refuse_for_budget('default', 2)");
}

/** Jobs of batches that a worker would claim now. */
const liveJobs = (db: pg.Pool) =>
  value<number>(
    db,
    "select count(*)::int from graphile_worker.jobs where task_identifier like 'translate:%' and run_at <= now()",
  );

describe("work that waits for a budget", () => {
  test("gets no live job by a resume, a reconciliation, the upkeep or a restart of its worker", async ({
    db,
    store,
    openStore,
    database,
  }) => {
    await store.register([item("Save"), item("Open", { targetLocales: ["de"] })]);
    await exhaust(db, store);
    await drain(store, overBudget);
    expect(await parkedFor(db)).toEqual(["budget", "budget"]);
    const revisions = await value<string>(db, "select sum(revision) from trans_hub.translation");

    await store.pause({ engine: "test" });
    await store.resume({ engine: "test" });
    await store.pause({ project: "default" });
    await store.resume({});
    const pool = new ConnectionPool({ databaseUrl: database.url });
    await reconcileBatches(pool);
    // A job that was deleted by hand is made anew, and is due with its batch.
    await db.query("select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))");
    expect(await reconcileBatches(pool)).toBe(2);
    await unpark(pool, true);
    await db.query(openLanes.text, [null]);
    await pool.end();
    // The restart of a worker, with all that it does at its start. "empty" does not wait for the budget.
    const restarted = await openStore({ heartbeatSeconds: 0.1 });
    await restarted.work({ until: "empty", concurrency: 2, maxItems: 50 }, () => {
      throw new Error("a parked text was claimed");
    });

    expect(await parkedFor(db)).toEqual(["budget", "budget"]);
    expect(await liveJobs(db)).toBe(0);
    expect(await value<string>(db, "select sum(revision) from trans_hub.translation")).toBe(revisions);
    await expectInvariants(db);
  });

  test("goes on with its attempt uncounted when its time has come", async ({ db, store }) => {
    await store.register([item("Save")]);
    const attempts: number[] = [];
    await store.work(
      { until: "empty", concurrency: 1, maxItems: 50 },
      workOf(({ text, attempt }) => {
        attempts.push(attempt);
        return attempts.length === 1 ? { kind: "parked", waitsFor: "budget", delayMs: 1 } : translated(text);
      }),
    );
    expect(attempts).toEqual([1, 1]);
    await expectInvariants(db);
  });

  test("and is of a lane that is paused is parked for the pause once it is due, and not before", async ({
    db,
    store,
  }) => {
    await store.register([item("Save"), item("Open")]);
    await exhaust(db, store);
    await drain(store, overBudget);
    await store.register([item("Close")]);
    await store.pause({ project: "default" });
    expect(await parkedFor(db)).toEqual(["budget", "pause"]);
    await store.resume({ project: "default" });
    expect(await parkedFor(db)).toEqual(["budget"]);
    expect(await drain(store)).toMatchObject({ translated: 1 });
    expect(await parkedFor(db)).toEqual(["budget"]);
  });

  test("leaves no job when it is cancelled or forgotten", async ({ db, store }) => {
    await store.register([item("Secret"), item("Cancelled", { targetLocales: ["de"] })]);
    await drain(store, overBudget);
    await store.forget({ project: "default", text: "Secret", sourceLocale: "en" });
    await store.cancel({ project: "default" });
    expect(await value<string>(db, "select count(*) from graphile_worker.jobs")).toBe("0");
    await expectInvariants(db);
  });

  test("is no paused work, and no waiting work that is late", async ({ db, store }) => {
    await store.register([item("Save")]);
    await drain(store, overBudget);
    expect(await store.measure()).toMatchObject({
      backlog: [{ state: "over_budget", texts: 1 }],
      oldestReadySeconds: 0,
    });
    expect(await value<string>(db, "select count(*) from trans_hub.batch where run_at <= now()")).toBe("0");
  });
});

test("work that waits for a pause is brought forward by nothing but the end of the pause", async ({ db, store }) => {
  await store.register([item("Save")]);
  await store.pause({ targetLocale: "fr" });
  expect(await parkedFor(db)).toEqual(["pause"]);
  await store.resume({ project: "other" });
  await drain(store, overBudget);
  expect(await parkedFor(db)).toEqual(["pause"]);
  await store.resume({ targetLocale: "fr" });
  expect(await value<string | null>(db, "select waits_for from trans_hub.batch")).toBe(null);
  expect(await drain(store, echo)).toMatchObject({ translated: 1 });
});
