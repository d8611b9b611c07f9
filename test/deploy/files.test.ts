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

test("compose and supervisor give a stopped worker or server its drain time and ten seconds more", () => {
  for (const { environment, stop_grace_period } of [compose.services.worker, compose.services.server]) {
    const { drainSeconds } = parseSettings({ TH_DRAIN_SECONDS: String(environment.TH_DRAIN_SECONDS) });
    expect(stop_grace_period).toBe(`${drainSeconds + 10}s`);
  }
  const programs = supervisor.split(/^(?=\[program:)/m).slice(1);
  expect(programs).toHaveLength(2);
  for (const program of programs) {
    const [, drain] = /TH_DRAIN_SECONDS="(\d+)"/.exec(program) ?? [];
    const [, stopwait] = /^stopwaitsecs=(\d+)$/m.exec(program) ?? [];
    expect(Number(stopwait)).toBe(Number(drain) + 10);
  }
});

test("compose's own containers have a read-only root and no capability, and its two workers follow the migration", () => {
  const { migrate, worker, server, producer } = compose.services;
  for (const service of [migrate, worker, server, producer]) {
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining(service.secrets));
  }
  expect(worker).toMatchObject({
    deploy: { replicas: 2 },
    depends_on: { migrate: { condition: "service_completed_successfully" } },
  });
  for (const { healthcheck, environment } of [worker, server]) {
    expect(healthcheck.test.at(-1)).toContain(`:${environment.TH_METRICS_PORT}/readyz`);
  }
  // Only this machine reaches the published port, and nobody who did not ask for it has a server.
  expect(server.ports).toEqual([`127.0.0.1:${server.environment.TH_HTTP_PORT}:${server.environment.TH_HTTP_PORT}`]);
  expect(server.profiles).toEqual(["http"]);
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
