import { randomUUID } from "node:crypto";
import { expectWithin } from "@trans-hub/test-support/load";
import { drain, failed, item, test, translated, workOf } from "@trans-hub/test-support/store";
import { expect } from "vitest";
import { WorkerMetrics } from "./worker-metrics.ts";

/** Only Trans-Hub's own metrics, by series. */
function seriesOf(body: string): Record<string, number> {
  const lines = body.split("\n").filter((line) => line.startsWith("trans_hub_"));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

const fleetOf = (series: Record<string, number>) =>
  Object.keys(series).filter((key) => key.startsWith("trans_hub_fleet"));

test("a scrape reports this worker's work and the fleet's backlog, and no text, id or project", async ({ store }) => {
  const metrics = new WorkerMetrics({ slots: 4, engines: ["test"], isReady: () => true, keepMs: 0, staleMs: 0 });
  metrics.store = store;
  await store.register([
    item("Secret text", { businessId: "secret.id", project: "secret-project" }),
    item("Bad text", { project: "secret-project" }),
  ]);
  const work = workOf(({ text }) =>
    text === "Bad text" ? failed() : { ...translated("Texte secret"), flags: ["length", "numbers"] },
  );
  await store.work({ until: "ready", concurrency: 1, maxItems: 10, observer: metrics.observer }, work);
  await store.register([item("Waits", { priority: "bulk", project: "secret-project" }), item("Waits too")]);
  await store.pause({ project: "secret-project" });
  metrics.called({
    callId: "00000000-0000-4000-8000-000000000000",
    engine: "test",
    model: null,
    items: 2,
    inputTokens: 30,
    outputTokens: 20,
    cachedTokens: 10,
    latencyMs: 1_500,
    outcome: "partial",
    repairs: { "placeholder-space": 2, entities: 1 },
  });
  metrics.waited({ engine: "test", waitMs: 20, outcome: "rate_limited" });

  const { body, contentType } = await metrics.scrape();
  expect(contentType).toMatch(/^text\/plain/);
  expect(body).not.toMatch(/secret/i);
  const series = seriesOf(body);
  expect(series).toMatchObject({
    trans_hub_ready: 1,
    trans_hub_worker_slots: 4,
    trans_hub_engines_available: 1,
    trans_hub_database_up: 1,
    'trans_hub_translations_total{outcome="translated",engine="test",locale="fr"}': 1,
    'trans_hub_translations_total{outcome="failed",engine="test",locale="fr"}': 1,
    'trans_hub_warnings_total{check="length",engine="test"}': 1,
    'trans_hub_warnings_total{check="numbers",engine="test"}': 1,
    trans_hub_fleet_dead_letters: 1,
    'trans_hub_fleet_backlog_texts{state="ready",priority="normal"}': 1,
    'trans_hub_fleet_backlog_texts{state="paused",priority="bulk"}': 1,
    'trans_hub_fleet_backlog_texts{state="running",priority="interactive"}': 0,
    'trans_hub_fleet_backlog_locale_texts{locale="fr"}': 2,
    'trans_hub_fleet_translations{status="translated"}': 1,
    'trans_hub_fleet_pauses{kind="project"}': 1,
    'trans_hub_fleet_pauses{kind="everything"}': 0,
    trans_hub_fleet_gc_last_success_timestamp_seconds: 0,
    'trans_hub_engine_calls_total{engine="test",outcome="partial"}': 1,
    'trans_hub_repairs_total{repair="placeholder-space",engine="test"}': 2,
    'trans_hub_repairs_total{repair="entities",engine="test"}': 1,
    'trans_hub_engine_tokens_total{engine="test",kind="input"}': 30,
    'trans_hub_engine_call_duration_seconds_sum{engine="test"}': 1.5,
    'trans_hub_engine_holds_total{engine="test",kind="rate_limited"}': 1,
  });
  expect(series['trans_hub_pool_max_connections{pool="statements"}']).toBeGreaterThan(1);
  expect(series.trans_hub_fleet_oldest_ready_seconds).toBeLessThan(30);
  expect(body).toContain("process_resident_memory_bytes");
});

test("a collection shows as the last success", async ({ store }) => {
  const metrics = new WorkerMetrics({ slots: 1, engines: ["test"], isReady: () => true, keepMs: 0, staleMs: 0 });
  metrics.store = store;
  await store.register([item("Old")]);
  await drain(store);
  await store.collect({ retentionDays: 90 });
  const { trans_hub_fleet_gc_last_success_timestamp_seconds: at } = seriesOf((await metrics.scrape()).body);
  expect(at).toBeGreaterThan(Date.now() / 1_000 - 60);
});

test("an unresponsive database removes only the fleet's figures, which come back with it", async ({ store, db }) => {
  const metrics = new WorkerMetrics({
    slots: 1,
    engines: ["test"],
    isReady: () => false,
    keepMs: 0,
    staleMs: 0,
    patienceMs: 300,
  });
  expect(seriesOf((await metrics.scrape()).body).trans_hub_database_up).toBe(0);
  metrics.store = store;
  const blocker = await db.connect();
  await blocker.query("begin; lock table trans_hub.batch in access exclusive mode");
  try {
    const startedAt = performance.now();
    const bodies = await Promise.all([1, 2, 3, 4].map(async () => (await metrics.scrape()).body));
    expectWithin(performance.now() - startedAt, 5_000);
    for (const body of bodies) {
      const series = seriesOf(body);
      expect(series).toMatchObject({ trans_hub_database_up: 0, trans_hub_ready: 0 });
      expect(series).not.toHaveProperty("trans_hub_engines_available");
      expect(fleetOf(series)).toEqual([]);
    }
    // All scrapes share one look: it waits for the lock, and no other query of ours does.
    const { rows } = await db.query(
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    expect(rows[0].n).toBe(1);
  } finally {
    // A lock that outlives a failed expectation would keep the database from being dropped.
    await blocker.query("rollback");
    blocker.release();
  }
  await expect.poll(async () => seriesOf((await metrics.scrape()).body).trans_hub_database_up).toBe(1);
  expect(fleetOf(seriesOf((await metrics.scrape()).body)).length).toBeGreaterThan(10);
});

test("the engines that get calls are those of the chain without an open circuit and without a pause", async ({
  store,
}) => {
  const engines = ["first", "second", "third"];
  const metrics = new WorkerMetrics({ slots: 1, engines, isReady: () => true, keepMs: 0, staleMs: 0 });
  metrics.store = store;
  const available = async () => seriesOf((await metrics.scrape()).body).trans_hub_engines_available;
  expect(await available()).toBe(3);
  const fault = { callId: randomUUID(), reason: "TH_ENGINE_CONFIG", forMs: 60_000, longestMs: 60_000 };
  await store.engineGate.open({ engine: "of another chain", ...fault });
  await store.engineGate.open({ engine: "first", ...fault });
  await store.engineGate.pause("third", 60_000);
  expect(await available()).toBe(1);
  await store.engineGate.pause("second", 60_000);
  expect(await available()).toBe(0);
  await store.resume({});
  expect(await available()).toBe(3);
});
