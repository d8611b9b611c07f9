/** The image's content and its entry: built by the Dockerfile's own commands, run as PID 1 (`container.ts`). */

import { execFile, spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Translation } from "@trans-hub/core";
import { createTestDatabase, testOnSharedDatabase as test } from "@trans-hub/test-support/database";
import { expectWithin } from "@trans-hub/test-support/load";
import { type OpenaiServer, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { parse } from "yaml";
import { Container, whyNoContainer } from "./container.ts";
import { buildImageRoot, type Dockerfile, readDockerfile } from "./dockerfile.ts";

const root = resolve(import.meta.dirname, "../..");
const why = whyNoContainer();

let folder: string;
let app: string;
let image: Dockerfile;
let printed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trans-hub-image-"));
  app = join(folder, "image");
  image = await readDockerfile();
  await mkdir(join(folder, "context"));
  printed = await buildImageRoot(join(folder, "context"), app);
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test("the base is the Node that the tests run on, by its exact version, with glibc", async () => {
  const [, version] = /^ {2}node@(\S+):$/m.exec(await readFile(join(root, "pnpm-lock.yaml"), "utf8")) ?? [];
  expect(image.base).toBe(`node:${version}-bookworm-slim`);
});

test("the image holds the command and its dependencies: no test runner, no types, no PostgreSQL", async () => {
  const packages = await readdir(join(app, "node_modules"));
  expect(packages).toEqual(expect.arrayContaining(["pg", "graphile-worker", "node-pg-migrate", "openai", "pino"]));
  expect(packages.filter((name) => /vitest|typescript|embedded|^vite$|^\./.test(name))).toEqual([]);
  expect((await readdir(join(app, "node_modules/@trans-hub"))).sort()).toEqual([
    "core",
    "engines",
    "formats",
    "metrics",
    "server",
    "worker",
  ]);

  const files = await readdir(app, { recursive: true, withFileTypes: true });
  expect(files.filter(({ name }) => /\.([mc]?ts|map)$/.test(name)).map(({ name }) => name)).toEqual([]);
  const sizes = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(30_000_000);
});

test("its folder has a launcher, which runs from any folder and through a link, and the scripts that the pages name", async () => {
  await symlink(join(app, "bin/trans-hub"), join(folder, "trans-hub"));
  const { stdout } = await promisify(execFile)(join(folder, "trans-hub"), ["--version"], { cwd: "/" });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  for (const path of ["bin/trans-hub", "bin/trans-hub-ctl", "backup/backup.sh", "backup/restore.sh"]) {
    expect((await stat(join(app, path))).mode & 0o755, path).toBe(0o755);
  }
  const pages = ["docs/deploy.md", "docs/operations.md", "docs/rotation.md", "docs/alerts.md"];
  const folders = await readdir(join(root, "deploy"), { recursive: true, withFileTypes: true });
  const files = folders.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const named = new Set<string>();
  for (const file of [...pages.map((page) => join(root, page)), ...files]) {
    for (const [, path = ""] of (await readFile(file, "utf8")).matchAll(/\/opt\/trans-hub\/([\w./-]*\w)/g))
      named.add(path);
  }
  expect(named.size).toBeGreaterThan(3);
  for (const path of named) await expect(stat(join(app, path)), path).resolves.toBeDefined();
});

test("its making prints a line for each step, and not the package manager's own output", () => {
  expect(printed.split("\n").length).toBeLessThan(12);
  expect(printed).toMatch(/image: \d+ MB/);
});

test("its making on a Node without type stripping ends with one sentence and the cure", () => {
  const old = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })";
  const flags = [`--import=data:text/javascript,${encodeURIComponent(old)}`, join(root, "scripts/image-root.js"), app];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8" });
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: "",
    stderr:
      "error: Node 20.19.0 is too old\nhint: Run `npm run image-root -- FOLDER`, which uses the repository's own Node 24.\n",
  });
});

test("its making into a folder that exists changes nothing and names the folder", () => {
  const made = spawnSync(process.execPath, [join(root, "scripts/image-root.js"), folder], { encoding: "utf8" });
  expect(made).toMatchObject({ status: 1, stdout: "" });
  expect(made.stderr).toBe(`error: ${folder} is there already: name a folder that is not, or remove it\n`);
});

describe.skipIf(why !== undefined)(
  `the entry as PID 1, on a read-only root, not as root${why ? `: ${why}` : ""}`,
  () => {
    let engine: OpenaiServer;
    let url: string;
    let drop: () => Promise<void>;
    const started: Container[] = [];

    beforeAll(async () => {
      engine = await startOpenaiServer();
      const database = await createTestDatabase({ migrated: false });
      ({ url, drop } = database);
      expect(await run(["migrate", "--json"])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('"pending":[]'),
      });
    });

    afterAll(async () => {
      for (const container of started) container.kill("SIGKILL");
      await Promise.all(started.map((container) => container.ended()));
      await drop();
      await engine.close();
    });

    function start(
      command?: readonly string[],
      env: Record<string, string> = {},
      entrypoint: string[] = image.entrypoint,
    ): Container {
      const container = new Container({
        image: { ...image, entrypoint },
        app,
        mountPoint: join(folder, "context"),
        env: {
          TH_DATABASE_URL: url,
          TH_ENGINES: "openai",
          TH_OPENAI_ENDPOINT: engine.url,
          TH_METRICS_PORT: "0",
          ...env,
        },
        ...(command && { command }),
      });
      started.push(container);
      return container;
    }

    function run(command: readonly string[], env?: Record<string, string>) {
      return start(command, env).ended();
    }

    async function request(text: string): Promise<void> {
      expect(await run(["request", text, "--from", "en", "--to", "fr"])).toMatchObject({ code: 0, stderr: "" });
    }

    async function read(text: string): Promise<Translation> {
      return JSON.parse((await run(["get", text, "--from", "en", "--to", "fr", "--json"])).stdout);
    }

    /** A worker whose engine call for the text is running. */
    async function workerInCall(text: string, drainSeconds: number) {
      const called = new Promise((resolve) => engine.events.once("call", resolve));
      const worker = start(undefined, { TH_DRAIN_SECONDS: String(drainSeconds) });
      await worker.says("worker.ready");
      const [, port] = /"port":(\d+)/.exec(worker.stderr) ?? [];
      const readyz = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
      await request(text);
      await called;
      return { worker, readyz };
    }

    test("becomes ready, and on SIGTERM lets a running call end, stores it, and exits 0", async () => {
      engine.misbehave({ kind: "slow", ms: 1_500 });
      const { worker, readyz } = await workerInCall("Pay", 20);
      expect(await readyz()).toBe(200);
      worker.kill("SIGTERM");
      await worker.says("worker.stopping");
      expect(await readyz()).toBe(503);
      const ended = await worker.ended();
      expect(ended).toMatchObject({ code: 0, stdout: "1 translated, 0 failed, 0 to be tried again\n" });
      // Everything on stderr is the log of process 1, in JSON.
      for (const line of ended.stderr.trim().split("\n")) expect(JSON.parse(line)).toMatchObject({ pid: 1 });
      expect(await read("Pay")).toMatchObject({ status: "translated", text: "[fr] Pay" });
    });

    test("aborts a call that does not end in time, and hands its text back untried", async () => {
      engine.misbehave({ kind: "hang" });
      const { worker } = await workerInCall("Back", 3);
      const askedAt = performance.now();
      worker.kill("SIGTERM");
      expect(await worker.ended()).toMatchObject({ code: 0 });
      expectWithin(performance.now() - askedAt, 4_000);
      engine.behave();
      expect(await run(["worker", "--once", "--json"])).toMatchObject({
        code: 0,
        stdout: '{"translated":1,"failed":0,"retrying":0}\n',
      });
    });

    test("ends at once at a second signal, with exit code 1", async () => {
      engine.misbehave({ kind: "hang" });
      const { worker } = await workerInCall("Next", 60);
      worker.kill("SIGTERM");
      await worker.says("worker.stopping");
      worker.kill("SIGTERM");
      expect(await worker.ended()).toMatchObject({ code: 1 });
    });

    test("gives compose's application its texts, and passes compose's health check", async () => {
      const { producer, worker: service } = parse(await readFile(join(root, "deploy/compose/compose.yaml"), "utf8"), {
        merge: true,
      }).services;
      const [mounted] = producer.volumes;
      const [file, path] = mounted.split(":");
      await copyFile(join(root, "deploy/compose", file), join(app, path.replace("/app/", "")));
      const worker = start(undefined, { TH_ENGINES: "pseudo" });
      await worker.says("worker.ready");
      const [, port] = /"port":(\d+)/.exec(worker.stderr) ?? [];
      const application = start([], {}, producer.entrypoint);
      expect(await application.ended()).toMatchObject({
        code: 0,
        stderr: "",
        stdout: expect.stringMatching(/shop\.back de .+/),
      });

      const [, node, flag, script] = service.healthcheck.test;
      const check = (at: string | undefined) =>
        start([flag, script.replace(String(service.environment.TH_METRICS_PORT), at)], {}, [node]).ended();
      expect(await check(port)).toMatchObject({ code: 0 });
      expect(await check("1")).toMatchObject({ code: 1 });
      worker.kill("SIGTERM");
      expect(await worker.ended()).toMatchObject({ code: 0 });
    });

    test("answers the HTTP API, answers an open wait on SIGTERM, and exits 0", async () => {
      const server = start(["serve"], { TH_HTTP_PORT: "0", TH_ENGINES: "pseudo" });
      await server.says("server.listening");
      const line = server.stderr.split("\n").find((each) => each.includes("server.listening")) ?? "{}";
      const { port, metricsPort } = JSON.parse(line) as { port: number; metricsPort: number };
      const metrics = (path: string) => fetch(`http://127.0.0.1:${metricsPort}${path}`);
      expect((await metrics("/readyz")).status).toBe(200);
      const post = async (path: string, body: object) => {
        const response = await fetch(`http://127.0.0.1:${port}/v1/projects/default${path}`, {
          method: "POST",
          headers: { "content-type": "application/json", prefer: "wait=60" },
          body: JSON.stringify(body),
        });
        return { status: response.status, body: await response.json() };
      };
      const item = { text: "Nobody translates this", sourceLocale: "en" };
      expect(await post("/requests", { items: [item], targetLocales: ["it"] })).toMatchObject({
        ...{ status: 200, body: { registered: 1 } },
      });
      const waiting = post("/translations:wait", { items: [item], targetLocale: "it" });
      await expect.poll(async () => (await metrics("/metrics")).text()).toContain("trans_hub_http_waits 1");
      server.kill("SIGTERM");
      expect(await waiting).toMatchObject({ status: 200, body: { settled: false, items: [{ status: "pending" }] } });
      expect(await server.ended()).toMatchObject({ code: 0 });
    });

    test("does not listen for other machines while nobody can log in, and says the cure", async () => {
      const refused = await run(["serve", "--host", "0.0.0.0"], { TH_HTTP_PORT: "0" });
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("token") });
    });

    test("refuses to start without a named database, and names the setting", async () => {
      expect(await run(["worker"], { TH_DATABASE_URL: "" })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("TH_DATABASE_URL"),
      });
    });
  },
);
