/**
 * The units for one machine: verified, their hardening scored, checked against the settings, and run by a real systemd.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Coordinator } from "@trans-hub/core";
import { createTestDatabase, type TestDatabase } from "@trans-hub/test-support/database";
import { type OpenaiServer, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { describeSettings, parseSettings } from "../../packages/cli/src/settings/settings.ts";
import { type Machine, startMachine, whyNoMachine } from "./machine.ts";

const folder = resolve(import.meta.dirname, "../../deploy/systemd");
const UNITS = readdirSync(folder).filter((name) => /\.(service|timer|target)$/.test(name));
const SERVICES = UNITS.filter((name) => name.endsWith(".service"));
const noAnalyze = spawnSync("systemd-analyze", ["--version"]).error ? "needs systemd-analyze" : undefined;
const noMachine = whyNoMachine();

/** The values of one key, in their order. */
function valuesOf(unit: string, key: string): string[] {
  const text = readFileSync(join(folder, unit), "utf8");
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}

function environmentOf(unit: string): Record<string, string> {
  const pairs = valuesOf(unit, "Environment").flatMap((line) => line.split(" "));
  return Object.fromEntries(pairs.map((pair) => pair.split("=") as [string, string]));
}

describe.skipIf(noAnalyze !== undefined)(`systemd-analyze${noAnalyze ? `: ${noAnalyze}` : ""}`, () => {
  test("verifies every unit", async () => {
    // A machine that has the programs the units start.
    const machine = await mkdtemp(join(tmpdir(), "trans-hub-units-"));
    try {
      const link = (path: string, target: string) =>
        mkdir(resolve(machine, path, ".."), { recursive: true }).then(() =>
          spawnSync("cp", ["-r", target, join(machine, path)]),
        );
      await link("etc/systemd/system", folder);
      await link("usr/lib/systemd/system", "/usr/lib/systemd/system");
      await link("usr/bin/node", "/bin/true");
      await link("bin/sh", "/bin/true");
      const names = UNITS.map((name) => name.replace("@.", "@1."));
      const verified = spawnSync("systemd-analyze", ["verify", `--root=${machine}`, ...names], { encoding: "utf8" });
      expect(verified).toMatchObject({ status: 0, stderr: "", stdout: "" });
    } finally {
      await rm(machine, { recursive: true, force: true });
    }
  });

  test.each(SERVICES)("scores %s below 2 of 10 for exposure", (name) => {
    const flags = ["security", "--offline=true", "--threshold=20", "--no-pager", join(folder, name)];
    const { status, stdout } = spawnSync("systemd-analyze", flags, { encoding: "utf8" });
    expect(status, stdout.split("\n").slice(-2).join("\n")).toBe(0);
  });
});

test.each(["trans-hub-worker@.service", "trans-hub-server.service"])(
  "%s has its drain time to stop, and ten seconds more",
  (unit) => {
    const { drainSeconds } = parseSettings({ TH_DRAIN_SECONDS: environmentOf(unit).TH_DRAIN_SECONDS });
    expect(valuesOf(unit, "TimeoutStopSec")).toEqual([String(drainSeconds + 10)]);
  },
);

test("instance N serves its probes on port 946N", () => {
  expect(environmentOf("trans-hub-worker@.service").TH_METRICS_PORT).toBe("946%i");
});

test("every TH_ setting of a unit exists", () => {
  const known = new Set(describeSettings().map(({ key }) => key));
  const dropIn = "trans-hub-worker@.service.d/openai.conf";
  for (const unit of [...SERVICES, dropIn]) {
    const keys = Object.keys(environmentOf(unit)).filter((key) => key.startsWith("TH_"));
    expect(
      keys.map((key) => key.replace(/_FILE$/, "")).filter((key) => !known.has(key)),
      unit,
    ).toEqual([]);
  }
});

describe.skipIf(noMachine !== undefined)(`a real systemd${noMachine ? `: ${noMachine}` : ""}`, () => {
  let scratch: string;
  let database: TestDatabase;
  let engine: OpenaiServer;
  let hub: Coordinator;
  let machine: Machine;
  const worker = "trans-hub-worker@1.service";
  const server = "trans-hub-server.service";

  async function state(unit: string, ...properties: string[]): Promise<Record<string, string>> {
    const shown = await machine.systemctl("show", unit, ...properties.map((name) => `--property=${name}`));
    return Object.fromEntries(
      shown
        .trim()
        .split("\n")
        .map((line) => line.split("=") as [string, string]),
    );
  }

  async function readyz(): Promise<number> {
    const started = (await machine.log(worker)).filter((line) => line.includes('"event":"worker.started"')).at(-1);
    const { port } = JSON.parse(started ?? "{}") as { port?: number };
    return fetch(`http://127.0.0.1:${port ?? 0}/readyz`).then(
      ({ status }) => status,
      () => 0,
    );
  }

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), "trans-hub-machine-"));
    database = await createTestDatabase({ migrated: false });
    engine = await startOpenaiServer({ apiKey: "of-the-file" });
    const files = {
      "worker.env": `TH_ENGINES=openai\nTH_OPENAI_ENDPOINT=${engine.url}\nTH_MAX_CONNECTIONS=4\n`,
      "worker/database-url": database.url,
      "worker/openai-api-key": "of-the-file\n",
      "migrator/database-url": database.url,
      "server.env": "TH_ENGINES=openai\nTH_MAX_CONNECTIONS=8\n",
      "server/database-url": database.url,
    };
    await mkdir(join(scratch, "root"));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(resolve(scratch, "etc", path, ".."), { recursive: true });
      await writeFile(join(scratch, "etc", path), text);
    }
    const units = join(scratch, "units");
    await cp(folder, units, { recursive: true });
    // The machine shares this one's network, where port 9461 may be in use: this instance takes a free port.
    await mkdir(join(units, `${worker}.d`));
    await writeFile(join(units, `${worker}.d/port.conf`), "[Service]\nEnvironment=TH_METRICS_PORT=0\n");
    await mkdir(join(units, `${server}.d`));
    const anyPorts = "[Service]\nEnvironment=TH_METRICS_PORT=0 TH_HTTP_PORT=0\n";
    await writeFile(join(units, `${server}.d/port.conf`), anyPorts);
    machine = await startMachine(join(scratch, "root"), join(scratch, "etc"), units);
    const isUp = () => machine.systemctl("is-active", "basic.target").catch(() => false);
    await vi.waitUntil(isUp, { timeout: 120_000, interval: 100 });
  });

  afterAll(async () => {
    await hub?.close();
    await machine.halt();
    await engine.close();
    await database.drop();
    await rm(scratch, { recursive: true, force: true });
  });

  test("migrates, then starts the worker, which reads its secrets and becomes ready", async () => {
    await machine.systemctl("enable", worker);
    await machine.systemctl("start", "trans-hub.target");
    await expect.poll(readyz).toBe(200);
    expect((await machine.log("trans-hub-migrate")).at(-1)).toMatch(/^version: /);
    expect(await state(worker, "NRestarts", "User", "DynamicUser")).toMatchObject({
      NRestarts: "0",
      DynamicUser: "yes",
    });
    hub = await Coordinator.connect({ databaseUrl: database.url, sourceLocale: "en" });
    await hub.request({ text: "Pay", targetLocales: ["fr"] });
    expect(await hub.waitFor({ text: "Pay", targetLocales: ["fr"] })).toMatchObject([{ text: "[fr] Pay" }]);
  });

  test("starts a killed worker again, without migrating again", async () => {
    const migrated = (await machine.log("trans-hub-migrate")).length;
    await machine.systemctl("kill", "--signal=KILL", worker);
    await expect.poll(async () => (await state(worker, "NRestarts")).NRestarts).toBe("1");
    await expect.poll(readyz).toBe(200);
    expect(await machine.log("trans-hub-migrate")).toHaveLength(migrated);
  });

  test("lets an operator run commands with a unit's settings and secrets, drop-ins and encrypted credentials included", async () => {
    const ctl = (...args: string[]) => machine.run(["/opt/trans-hub/bin/trans-hub-ctl", ...args]);
    const status = await ctl("status", "--json");
    expect(status).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(status.stdout)).toMatchObject({ translations: { translated: 1 } });
    // The key comes from the drop-in, the endpoint from worker.env.
    const doctor = await ctl("doctor", "--json");
    const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; status: string }[] };
    expect(checks.find(({ name }) => name === "engine")).toMatchObject({ status: "ok" });
    expect(await ctl("migrate", "status", "--json")).toMatchObject({ code: 0 });

    // The exit code and stdin are the command's.
    expect(await ctl("get", "Nothing", "--from", "en", "--to", "fr")).toMatchObject({ code: 3 });
    const item = JSON.stringify({ text: "By stdin", sourceLocale: "en", targetLocales: ["de"] });
    expect(
      await machine.run(["/opt/trans-hub/bin/trans-hub-ctl", "request", "--file", "-", "--json"], `${item}\n`),
    ).toMatchObject({ code: 0, stdout: expect.stringContaining('"registered":1') });

    const encrypted = await machine.run(
      ["systemd-creds", "encrypt", "--with-key=host", "--name=database-url", "--pretty", "-", "-"],
      database.url,
    );
    expect(encrypted).toMatchObject({ code: 0 });
    const unit = `[Service]\nExecStart=/bin/true\nEnvironment=TH_DATABASE_URL_FILE=%%d/x\nEnvironment=TH_DATABASE_URL_FILE=%d/database-url\n${encrypted.stdout}`;
    await machine.run(["tee", "/etc/systemd/system/encrypted@.service"], unit);
    await machine.systemctl("daemon-reload");
    expect(await ctl("--unit", "encrypted@7", "status", "--json")).toMatchObject({ code: 0, stderr: "" });

    expect(await ctl("--unit=nowhere", "status")).toEqual({
      code: 2,
      stdout: "",
      stderr: "trans-hub-ctl: there is no unit nowhere.service: name another one with --unit\n",
    });
    const asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    expect(await machine.run([...asNobody, "/opt/trans-hub/bin/trans-hub-ctl", "status"])).toEqual({
      code: 2,
      stdout: "",
      stderr: "trans-hub-ctl: only root can read the secrets of trans-hub-worker@1.service: use sudo\n",
    });
    expect(await ctl()).toMatchObject({ code: 2, stderr: expect.stringContaining("no command was given") });
    // No secret is on a command line or in a log.
    const { stdout: journal } = await machine.run(["journalctl", "--no-pager", "--output=json"]);
    expect(journal).toContain("worker.started");
    expect(journal).not.toContain("of-the-file");
  });

  test("answers the HTTP API with its own secrets, starts a killed server again, and stops it with the target", async () => {
    const listening = async () => {
      const lines = (await machine.log(server)).filter((line) => line.includes('"event":"server.listening"'));
      return lines.map((line) => (JSON.parse(line) as { port: number }).port);
    };
    const answers = async () => {
      const port = (await listening()).at(-1) ?? 0;
      return fetch(`http://127.0.0.1:${port}/v1/openapi.json`).then(
        ({ status }) => status,
        () => 0,
      );
    };
    await machine.systemctl("enable", "--now", server);
    await expect.poll(answers).toBe(200);
    expect(await state(server, "User", "DynamicUser")).toMatchObject({ DynamicUser: "yes" });
    const ctl = ["/opt/trans-hub/bin/trans-hub-ctl", "--unit", server, "get", "Pay", "--from", "en", "--to", "fr"];
    expect(await machine.run(ctl)).toMatchObject({ code: 0, stdout: "[fr] Pay\n" });
    await machine.systemctl("kill", "--signal=KILL", server);
    await expect.poll(async () => (await listening()).length).toBe(2);
    await expect.poll(answers).toBe(200);
    await machine.systemctl("stop", server);
    expect(await state(server, "Result", "ExecMainStatus")).toEqual({ Result: "success", ExecMainStatus: "0" });
    await machine.systemctl("disable", server);
  });

  test("restarts with the target for a new release: the migration first, then the workers", async () => {
    const migrated = (await machine.log("trans-hub-migrate")).length;
    const before = await state(worker, "MainPID");
    await machine.systemctl("restart", "trans-hub.target");
    await expect.poll(async () => (await machine.log("trans-hub-migrate")).length).toBeGreaterThan(migrated);
    await expect.poll(readyz).toBe(200);
    expect(await state(worker, "MainPID")).not.toEqual(before);
    expect(await state("trans-hub-migrate", "Result", "ActiveState")).toEqual({
      Result: "success",
      ActiveState: "active",
    });
  });

  test("stops the workers with the target, after a running call was finished and stored", async () => {
    engine.misbehave({ kind: "slow", ms: 1_500 });
    const called = new Promise((resolve) => engine.events.once("call", resolve));
    await hub.request({ text: "Back", targetLocales: ["fr"] });
    await called;
    await machine.systemctl("stop", "trans-hub.target");
    await expect.poll(async () => (await state(worker, "ActiveState")).ActiveState).toBe("inactive");
    expect(await state(worker, "Result", "ExecMainStatus")).toEqual({ Result: "success", ExecMainStatus: "0" });
    expect(await hub.getTranslation({ text: "Back", targetLocale: "fr" })).toMatchObject({ text: "[fr] Back" });
  });

  test("does not restart a worker with wrong settings", async () => {
    // An instance name that is not a digit: TH_METRICS_PORT=946x.
    const mistyped = "trans-hub-worker@x.service";
    await machine.systemctl("start", mistyped);
    await expect.poll(async () => (await state(mistyped, "ActiveState")).ActiveState).toBe("failed");
    expect(await state(mistyped, "ExecMainStatus", "NRestarts")).toEqual({ ExecMainStatus: "2", NRestarts: "0" });
    expect((await machine.log(mistyped)).join()).toContain("TH_METRICS_PORT");
  });

  test("runs a collection", async () => {
    await machine.systemctl("start", "trans-hub-gc.service");
    expect(await state("trans-hub-gc.service", "Result")).toEqual({ Result: "success" });
  });

  test("accepts the timers, which wait", async () => {
    await machine.systemctl("start", "trans-hub-backup.timer", "trans-hub-gc.timer");
    expect(await state("trans-hub-backup.timer", "ActiveState", "SubState")).toEqual({
      ActiveState: "active",
      SubState: "waiting",
    });
  });
});
