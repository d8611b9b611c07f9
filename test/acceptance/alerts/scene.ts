/** A fleet of two real workers, an HTTP server, an application, an engine and a PostgreSQL, for alerts to fire on. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createSocket } from "node:net";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { applyMigrations, Coordinator } from "@trans-hub/core";
import { producerMetrics } from "@trans-hub/metrics";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { startPostgres } from "@trans-hub/test-support/postgres";
import { startTcpProxy } from "@trans-hub/test-support/tcp-proxy";
import pg from "pg";
import { Registry } from "prom-client";

const BIN = resolve(import.meta.dirname, "../../../packages/cli/src/bin.js");

export type Scene = Awaited<ReturnType<typeof openScene>>;

export async function openScene() {
  const postgres = await startPostgres();
  await applyMigrations({ databaseUrl: postgres.url });
  const db = new pg.Pool({ connectionString: postgres.url });
  db.on("error", () => undefined);
  const engine = await startOpenaiServer();
  const wire = await startTcpProxy(postgres.url);
  const { PATH = "" } = process.env;
  const env = {
    PATH,
    TH_DATABASE_URL: postgres.url,
    TH_ENGINES: "openai",
    TH_OPENAI_ENDPOINT: engine.url,
    TH_OPENAI_API_KEY: "key",
    TH_CONCURRENCY: "2",
    TH_RESCUE_AFTER_SECONDS: "2",
    TH_DRAIN_SECONDS: "2",
    TH_LOG_FORMAT: "json",
  };
  const ports = [await freePort(), await freePort()];
  const workers: (ChildProcess | undefined)[] = [];

  /** Starts a worker in one of the two places, and waits until it is ready. */
  async function start(place: number, args: readonly string[] = [], more: Record<string, string> = {}): Promise<void> {
    const port = ports[place];
    workers[place] = spawn(process.execPath, [BIN, "worker", ...args], {
      env: { ...env, ...more, TH_METRICS_PORT: String(port) },
      stdio: "ignore",
    });
    const isReady = async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok === true;
    if ((await until(isReady)) === undefined) throw new Error(`the worker on port ${port} does not become ready`);
  }

  async function end(place: number, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const worker = workers[place];
    if (worker === undefined || worker.exitCode !== null || worker.signalCode !== null) return;
    const ended = once(worker, "exit");
    worker.kill(signal);
    await ended;
  }

  const httpPorts = { api: await freePort(), metrics: await freePort() };
  const api = `http://127.0.0.1:${httpPorts.api}/v1/projects/default`;
  let server: ChildProcess | undefined;

  /** Starts the HTTP server, whose database is behind `wire`, and waits until it is ready. */
  async function startServer(more: Record<string, string> = {}): Promise<void> {
    const { api: port, metrics } = httpPorts;
    server = spawn(process.execPath, [BIN, "serve", "--port", String(port)], {
      env: { ...env, TH_DATABASE_URL: wire.url, TH_METRICS_PORT: String(metrics), ...more },
      stdio: "ignore",
    });
    const isReady = async () => (await fetch(`http://127.0.0.1:${metrics}/readyz`).catch(() => undefined))?.ok === true;
    if ((await until(isReady)) === undefined) throw new Error("the HTTP server does not become ready");
  }

  async function endServer(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill(signal);
    await ended;
  }

  /** Asks the HTTP API; the status of the answer. */
  async function post(path: string, body: object, headers: Record<string, string> = {}): Promise<number> {
    const response = await fetch(`${api}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    await response.arrayBuffer();
    return response.status;
  }

  async function restart(args: readonly string[] = [], more: Record<string, string> = {}): Promise<void> {
    await Promise.all([0, 1].map((place) => end(place)));
    await Promise.all([0, 1].map((place) => start(place, args, more)));
  }

  const registry = new Registry();
  const observer = producerMetrics(registry);
  const open = (options: { maxBacklog?: number; maxConnections?: number } = {}) =>
    Coordinator.connect({ databaseUrl: wire.url, sourceLocale: "en", observer, connectTimeoutMs: 1_000, ...options });
  const hub = await open();
  const application = createServer(async (_, response) => response.end(await registry.metrics()));
  application.listen(0, "127.0.0.1");
  await once(application, "listening");
  let count = 0;
  /** A steady trickle of work, as in a real fleet. */
  const trickle = setInterval(() => {
    count += 1;
    const text = `A text that somebody wrote, number ${count}`;
    hub.request({ text, targetLocales: ["fr"] }).catch(() => undefined);
    post("/translations:read", { items: [text], targetLocale: "fr", sourceLocale: "en" }).catch(() => undefined);
  }, 300);

  await Promise.all([restart(), startServer()]);
  return {
    db,
    engine,
    wire,
    hub,
    open,
    start,
    end,
    restart,
    startServer,
    endServer,
    post,
    jobs: {
      "trans-hub-worker": ports,
      "trans-hub-server": [httpPorts.metrics],
      shop: [(application.address() as AddressInfo).port],
    },
    /** Runs the real command, written as in the pages. */
    async command(line: string): Promise<string> {
      const { stdout } = await promisify(execFile)(process.execPath, [BIN, ...line.split(" ").slice(1)], { env });
      return stdout;
    },
    request: (texts: number, targetLocale: string, prefix = "Text") => {
      count += texts;
      const items = Array.from({ length: texts }, (_, at) => `${prefix} ${count - at}`);
      return hub.request(items, { targetLocales: [targetLocale] });
    },
    async close() {
      clearInterval(trickle);
      wire.mend();
      await Promise.all([...[0, 1].map((place) => end(place, "SIGKILL")), endServer("SIGKILL")]);
      await hub.close().catch(() => undefined);
      application.close();
      application.closeAllConnections();
      await wire.close();
      await engine.close();
      await db.end();
      await postgres.stop();
    },
  };
}

/** Polls until the condition holds; returns the seconds it took, or undefined when it took too long. */
export async function until(isSo: () => Promise<boolean>, mostSeconds = 60): Promise<number | undefined> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < mostSeconds * 1_000) {
    if (await isSo()) return Math.round((performance.now() - startedAt) / 100) / 10;
    await wait(200);
  }
  return undefined;
}

export async function freePort(): Promise<number> {
  const server = createSocket().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
