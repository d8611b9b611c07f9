import { expect, test } from "vitest";
import { describeMetrics } from "./catalogue.ts";

test("every metric is named by Prometheus' rules and has a description", () => {
  for (const { name, type, help } of describeMetrics()) {
    expect(name).toMatch(/^trans_hub_[a-z_]+$/);
    expect(name.endsWith("_total"), name).toBe(type === "counter");
    expect(name, "base units").not.toMatch(/_(ms|milliseconds|minutes|bytes_kb)(_|$)/);
    expect(help, name).toMatch(/\.$/);
  }
});

test("no two metrics have the same name", () => {
  const names = describeMetrics().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test("no label can hold a text, an id, a key or a tenant's name", () => {
  const labels = new Set(describeMetrics().flatMap((metric) => metric.labels));
  expect([...labels].sort()).toEqual([
    "change",
    "check",
    "code",
    "currency",
    "engine",
    "from",
    "kind",
    "locale",
    "method",
    "node",
    "outcome",
    "pool",
    "priority",
    "repair",
    "result",
    "route",
    "state",
    "status",
    "version",
  ]);
});
