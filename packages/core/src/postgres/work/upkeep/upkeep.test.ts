import { count, QUICK, test, texts, translatedCount } from "@trans-hub/test-support/fleet";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { within } from "@trans-hub/test-support/load";
import { drain, echo } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";

describe("upkeep", () => {
  test("registers enqueued items soon, with a job and without one", async ({ db, openStore, startWork }) => {
    const store = await openStore(QUICK);
    startWork(store, echo, { locales: ["de"] });
    const client = await db.connect();
    try {
      await client.query("begin");
      await store.enqueue(client, texts(20, { targetLocales: ["de", "fr"] }));
      await client.query("commit");
    } finally {
      client.release();
    }
    await within(5_000, () => expect.poll(() => translatedCount(db)).toBe(20));
    // Its job is only a call; a lost one is noticed by the beat.
    await db.query(
      `insert into trans_hub.inbox (items, defaults) values ('[{"text": "Lost", "targetLocales": ["de"]}]', '{}')`,
    );
    await within(5_000, () => expect.poll(() => count(db, "trans_hub.inbox")).toBe(0));
    await within(5_000, () => expect.poll(() => translatedCount(db)).toBe(21));
  });

  test("gives a batch whose job was deleted a new one", async ({ db, openStore }) => {
    const store = await openStore(QUICK);
    await store.register(texts(30));
    await db.query(
      "delete from graphile_worker._private_jobs where key in (select batch_id::text from trans_hub.batch limit 2)",
    );
    expect(await drain(store)).toEqual({ translated: 30, failed: 0, retrying: 0 });
    await expectInvariants(db);
  });

  test("collects garbage by the crontab, with the retention it was given", async ({ db, openStore, startWork }) => {
    const store = await openStore(QUICK);
    await store.register(texts(5));
    await drain(store);
    await db.query("update trans_hub.source set last_seen_at = now() - interval '10 days'");
    const reports: unknown[] = [];
    const upkeep = { gcCron: "30 3 * * *", retentionDays: 30 };
    const member = startWork(store, echo, { upkeep }, { collected: (report) => reports.push(report) });
    await expect
      .poll(async () =>
        (await db.query("select identifier from graphile_worker._private_known_crontabs order by 1")).rows.map(
          ({ identifier }) => identifier,
        ),
      )
      .toEqual(["collect_garbage", "fold_counts", "key_memory"]);
    // As the crontab adds it, with whatever else graphile-worker puts there.
    const collect = (payload: object) =>
      db.query("select graphile_worker.add_job('collect_garbage', $1)", [JSON.stringify(payload)]);
    await collect({ retentionDays: 30, _cron: { ts: new Date().toISOString(), backfilled: false } });
    await expect
      .poll(() => reports)
      .toEqual([{ dryRun: false, sources: 0, translations: 0, contents: 0, contexts: 0 }]);
    await collect({ retentionDays: 9 });
    await expect.poll(() => reports).toHaveLength(2);
    expect(reports[1]).toMatchObject({ sources: 5, translations: 5, contents: 5 });
    expect((await store.status()).lastCollectionAt).toBeInstanceOf(Date);
    await db.query("select graphile_worker.add_job('fold_counts')");
    await expect.poll(() => count(db, "trans_hub.count_delta")).toBe(0);
    expect(await member.stop()).toMatchObject({ translated: 0 });
    expect(member.faults).toEqual([]);
    await expectInvariants(db);
  });

  test("refuses an invalid crontab before any work begins", async ({ store }) => {
    await expect(
      store.work(
        { until: "stopped", concurrency: 1, maxItems: 10, upkeep: { gcCron: "every day", retentionDays: 90 } },
        echo,
      ),
    ).rejects.toThrow(/every day/);
  });
});
