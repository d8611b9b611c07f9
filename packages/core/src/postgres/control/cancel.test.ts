import { expectInvariants } from "@trans-hub/test-support/invariants";
import { item, test, value, workOf } from "@trans-hub/test-support/store";
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
    await expect
      .poll(() => value<string>(db, "select count(*) from trans_hub.batch where attempt > 0"), { timeout: 30_000 })
      .not.toBe("0");
    expect(await operator.cancel({ project: "default" })).toBe(400);
    stop.abort();
    await working;
    expect(await value<string>(db, "select string_agg(project, ' ') from trans_hub.translation")).toBe("other");
    expect(await value<string>(db, "select string_agg(project, ' ') from trans_hub.batch")).toBe("other");
    await expectInvariants(db);
  });
});
