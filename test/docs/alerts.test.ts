/** Checks the alert rules against the code's metrics, their pages, and their own tests. */
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describeMetrics } from "@trans-hub/metrics";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "deploy/prometheus");
const rules = readFileSync(join(folder, "alerts.yaml"), "utf8");
const dashboard = readFileSync(join(root, "deploy/grafana/trans-hub.json"), "utf8").replaceAll('\\"', '"');
const page = readFileSync(join(root, "docs/alerts.md"), "utf8");

const alerts = [...rules.matchAll(/^ {6}- alert: (\w+)$/gm)].map(([, name = ""]) => name);

test("every metric in a rule, the dashboard or the pages exists in the code, with its labels", () => {
  const known = new Map<string, readonly string[]>();
  for (const { name, type, labels } of describeMetrics()) {
    const names = type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name];
    for (const each of [name, ...names]) known.set(each, type === "histogram" ? [...labels, "le"] : labels);
  }
  const operations = readFileSync(join(root, "docs/operations.md"), "utf8");
  const unknown: string[] = [];
  let seen = 0;
  for (const [, name = "", selector = ""] of `${rules}${dashboard}${page}${operations}`.matchAll(
    /(?<![.\w])(trans_hub_[a-z_]+)\b(?!:)(?:\{([^}]*)\})?/g,
  )) {
    if (/^trans_hub_(owner|migrator|worker|server|producer|reader|reviewer)$/.test(name)) continue; // roles
    if (name === "trans_hub_fleet_") continue; // the common prefix
    seen += 1;
    const labels = [...selector.matchAll(/([a-z]+)(?==|!)/g)].map(([, label = ""]) => label);
    const has = known.get(name);
    if (has === undefined || !labels.every((label) => has.includes(label))) unknown.push(`${name}{${selector}}`);
  }
  expect(seen).toBeGreaterThan(40);
  expect(unknown).toEqual([]);
});

test("every alert names its own section, which has its meaning, where to look and the remedy", () => {
  expect(alerts.length).toBeGreaterThan(15);
  const links = [...rules.matchAll(/runbook: docs\/alerts\.md#(\S+)/g)].map(([, anchor]) => anchor);
  expect(links).toEqual(alerts.map((alert) => alert.toLowerCase()));
  const sections = page.split(/^## /m).slice(1);
  expect(sections.map((section) => section.split("\n")[0])).toEqual(alerts);
  for (const section of sections) expect(section).toMatch(/\*\*Means:\*\*[\s\S]+\*\*Look:\*\*[\s\S]+\*\*Do:\*\*/);
});

test("every alert has its own test", () => {
  const tests = readFileSync(join(folder, "alerts.test.yaml"), "utf8");
  expect(alerts.filter((alert) => !tests.includes(alert))).toEqual([]);
});

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

describe.skipIf(!hasPromtool)("promtool, which is left out where Debian's package prometheus is not installed,", () => {
  const promtool = (...args: string[]) => promisify(execFile)("promtool", args, { cwd: folder });

  test("accepts the rules and the example of a configuration", async () => {
    await promtool("check", "rules", "alerts.yaml");
    await promtool("check", "config", "--syntax-only", "prometheus.yaml");
  });

  test("finds each alert firing on its fault, and quiet without it", async () => {
    await promtool("test", "rules", "alerts.test.yaml");
  });
});
