import { expectInvariants } from "@trans-hub/test-support/invariants";
import { echo, item, test, value, workOf } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";

describe("a cancellation", () => {
  test("finds texts that workers hand over meanwhile, and ends although the workers do not", async ({
    db,
    openStore,
  }) => {
    const [producer, worker, operator] = await Promise.all([openStore(), openStore(), openStore()]);
    await producer.register(Array.from({ length: 400 }, (_, at) => item(`Text number ${at}`)));
    await producer.register([item("Of another project", { project: "other" })]);
    const stop = new AbortController();
    const error = { at: "2026-01-01T00:00:00.000Z", engine: "test", code: "TH_ENGINE_TRANSIENT", message: "Not now" };
    const working = worker.work(
      { until: "stopped", concurrency: 4, maxItems: 10, signal: stop.signal },
      workOf(() => ({ kind: "retry", error, delayMs: 1, split: true })),
    );
    await expect.poll(() => value<string>(db, "select count(*) from trans_hub.batch where attempt > 0")).not.toBe("0");
    expect(await operator.cancel({ project: "default" })).toBe(400);
    stop.abort();
    await working;
    expect(await value<string>(db, "select string_agg(project, ' ') from trans_hub.translation")).toBe("other");
    expect(await value<string>(db, "select string_agg(project, ' ') from trans_hub.batch")).toBe("other");
    await expectInvariants(db);
  });

  test("takes back requests that wait behind a lock of another session, by locale and by prefix", async ({
    db,
    store,
  }) => {
    const stranger = await db.connect();
    try {
      await stranger.query("begin");
      await stranger.query(`select trans_hub.request('[{"text": "One"}, {"text": "Two"}, {"text": "Three"}]', $1)`, [
        { sourceLocale: "en", targetLocales: ["fr"] },
      ]);
      await store.register([
        item("One", { businessId: "shop.1", targetLocales: ["fr", "de"] }),
        item("Two", { businessId: "mail.1" }),
        item("Three", { project: "other" }),
      ]);
      // A row with defaults, and items of other shapes beside it, as no function would store them.
      await db.query("insert into trans_hub.inbox (items, defaults) values ($1, $2)", [
        JSON.stringify([{}, { text: "Two", businessId: "mail.1" }, 5, { text: "Two", targetLocales: ["x!"] }]),
        { text: "One", businessId: "shop.2", sourceLocale: "en", targetLocales: ["FR", "pt_br"] },
      ]);
      expect(await store.cancel({ project: "default", targetLocale: "de" })).toBe(1);
      expect(await store.cancel({ project: "default", businessIdPrefix: "shop.2" })).toBe(2);
      expect(await store.cancel({ project: "default", targetLocale: "pt-BR" })).toBe(1);
      expect(await store.cancel({ project: "default", businessIdPrefix: "shop%" })).toBe(0);
      await stranger.query("rollback");
    } finally {
      stranger.release(true);
    }
    await store.work({ until: "empty", concurrency: 2, maxItems: 50 }, echo);
    const rows = `select string_agg(concat_ws(' ', t.project, c.text, t.target_locale), ', ' order by c.text)
      from trans_hub.translation as t join trans_hub.content as c using (content_no)`;
    expect(await value<string>(db, rows)).toBe("default One fr, other Three fr, default Two fr");
    expect(await store.cancel({ project: "default" })).toBe(0);
    await expectInvariants(db);
  });
});
