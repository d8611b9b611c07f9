/** Compose, supervisor and cron, checked against the settings and against each other. */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { describeSettings, parseSettings } from "../../packages/cli/src/settings/settings.ts";

const folder = resolve(import.meta.dirname, "../../deploy");
const compose = parse(readFileSync(join(folder, "compose/compose.yaml"), "utf8"), { merge: true });
const supervisor = readFileSync(join(folder, "supervisor/trans-hub.conf"), "utf8");
const cron = readFileSync(join(folder, "cron/trans-hub"), "utf8");

const known = new Set(describeSettings().map(({ key }) => key));
const unknownOf = (keys: Iterable<string>) =>
  [...keys].filter((key) => key.startsWith("TH_") && !known.has(key.replace(/_FILE$/, "")));

test("every TH_ setting in the files exists", () => {
  for (const { environment = {} } of Object.values<{ environment?: Record<string, unknown> }>(compose.services)) {
    expect(unknownOf(Object.keys(environment))).toEqual([]);
  }
  for (const text of [supervisor, cron]) {
    const keys = [...text.matchAll(/\b(TH_[A-Z_]+)=/g)].map(([, key = ""]) => key);
    expect(keys.length).toBeGreaterThan(1);
    expect(unknownOf(keys)).toEqual([]);
  }
});

test("compose and supervisor give a stopped worker its drain time and ten seconds more", () => {
  const { environment, stop_grace_period } = compose.services.worker;
  const { drainSeconds } = parseSettings({ TH_DRAIN_SECONDS: String(environment.TH_DRAIN_SECONDS) });
  expect(stop_grace_period).toBe(`${drainSeconds + 10}s`);
  const [, drain] = /TH_DRAIN_SECONDS="(\d+)"/.exec(supervisor) ?? [];
  const [, stopwait] = /^stopwaitsecs=(\d+)$/m.exec(supervisor) ?? [];
  expect(Number(stopwait)).toBe(Number(drain) + 10);
});

test("compose's own containers have a read-only root and no capability, and its two workers follow the migration", () => {
  const { migrate, worker, producer } = compose.services;
  for (const service of [migrate, worker, producer]) {
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining(service.secrets));
  }
  expect(worker).toMatchObject({
    deploy: { replicas: 2 },
    depends_on: { migrate: { condition: "service_completed_successfully" } },
  });
  expect(worker.healthcheck.test.at(-1)).toContain(`:${worker.environment.TH_METRICS_PORT}/readyz`);
});

const noShellcheck = spawnSync("shellcheck", ["--version"]).error ? ": needs Debian's package shellcheck" : "";

test.skipIf(noShellcheck !== "")(`shellcheck warns about no script${noShellcheck}`, () => {
  const scripts = globSync("{backup/*.sh,bin/*}", { cwd: folder });
  expect(scripts.length).toBeGreaterThanOrEqual(4);
  const { status, stdout } = spawnSync("shellcheck", ["--severity=warning", ...scripts], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(status, stdout).toBe(0);
});
