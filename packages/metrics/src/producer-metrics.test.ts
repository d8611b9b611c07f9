import { Coordinator } from "@trans-hub/core";
import { drain, test } from "@trans-hub/test-support/store";
import { Registry } from "prom-client";
import { expect } from "vitest";
import { producerMetrics } from "./producer-metrics.ts";

async function value(registry: Registry, name: string, labels: Record<string, string> = {}): Promise<number> {
  const metric = registry.getSingleMetric(name.replace(/_(sum|count)$/, "")) ?? registry.getSingleMetric(name);
  const { values } = (await metric?.get()) ?? { values: [] };
  const found = values.filter(
    (entry) =>
      ((entry as { metricName?: string }).metricName ?? name) === name &&
      Object.entries(labels).every(([key, wanted]) => entry.labels[key as never] === wanted),
  );
  return found.reduce((sum, entry) => sum + entry.value, 0);
}

test("an application's requests, joined statements and reads are counted in its registry", async ({
  store,
  database,
}) => {
  const registry = new Registry();
  const observer = producerMetrics(registry);
  const hub = await Coordinator.connect({ databaseUrl: database.url, sourceLocale: "en", observer });
  const other = new Coordinator(store, { sourceLocale: "en", observer: producerMetrics(registry) });

  await hub.request([{ text: "One" }, { text: "Two" }, { text: "" }], { targetLocales: ["fr", "de"] });
  await Promise.all(["Three", "Four", "Five"].map((text) => other.request({ text, targetLocales: ["fr"] })));
  await expect(hub.request({ text: "", targetLocales: ["fr"] })).rejects.toThrow();
  await drain(store);
  await hub.getTranslation({ text: "One", targetLocale: "fr" });
  await hub.getTranslation({ text: "One", targetLocale: "fr" });

  await hub.approve({ text: "One", targetLocale: "fr" });
  await hub.undo({ text: "One", targetLocale: "fr" });
  await expect(hub.undo({ text: "One", targetLocale: "fr" })).rejects.toThrow();
  await expect(hub.approve({ text: "Nobody's", targetLocale: "fr" })).rejects.toThrow();

  const acts = (kind: string, result: string) => value(registry, "trans_hub_review_acts_total", { kind, result });
  expect(await acts("approve", "ok")).toBe(1);
  expect(await acts("approve", "TH_NOT_FOUND")).toBe(1);
  expect(await acts("undo", "ok")).toBe(1);
  expect(await acts("undo", "TH_NOTHING_TO_UNDO")).toBe(1);
  expect(await value(registry, "trans_hub_requests_total", { result: "ok" })).toBe(4);
  expect(await value(registry, "trans_hub_requests_total")).toBe(5);
  expect(await value(registry, "trans_hub_request_rows_total", { result: "registered" })).toBe(7);
  expect(await value(registry, "trans_hub_request_rejected_items_total")).toBe(1);
  expect(await value(registry, "trans_hub_register_statement_rows_sum")).toBe(7);
  // Three concurrent calls share one statement.
  expect(await value(registry, "trans_hub_register_statement_rows_count")).toBe(2);
  expect(await value(registry, "trans_hub_reads_total", { from: "memory" })).toBe(1);
  expect(await value(registry, "trans_hub_reads_total", { from: "store" })).toBe(1);
  // Of both coordinators' pools.
  expect(await value(registry, "trans_hub_pool_max_connections")).toBeGreaterThan(10);
  expect(await registry.metrics()).not.toMatch(/One|Three/);

  await hub.close();
  await other.close();
  expect(await value(registry, "trans_hub_pool_max_connections")).toBe(0);
  expect(await value(registry, "trans_hub_request_queue_rows")).toBe(0);
});
