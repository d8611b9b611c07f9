/** BullMQ on a Redis of its own, where both are installed: neither is a dependency of this repository. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

interface Queue {
  addBulk(jobs: { name: string; data: unknown }[]): Promise<unknown>;
  close(): Promise<void>;
}
interface Worker {
  on(event: "completed", listener: () => void): void;
  run(): Promise<void>;
  close(): Promise<void>;
}
interface Bullmq {
  Queue: new (name: string, options: object) => Queue;
  Worker: new (name: string, task: () => Promise<void>, options: object) => Worker;
}

/** The reason why BullMQ cannot take part; undefined: it can. */
export async function bullmqIsMissing(): Promise<string | undefined> {
  if (!isOnPath("redis-server")) return "there is no redis-server on the PATH";
  return load().then(
    () => undefined,
    () => "the package is not installed (pnpm add -wD bullmq)",
  );
}

/** Texts a second through a queue whose Redis writes its log at every command, as durable as PostgreSQL's commits. */
export async function bullmq(texts: readonly string[]): Promise<number> {
  const { Queue, Worker } = await load();
  const folder = await mkdtemp(join(tmpdir(), "bench-redis-"));
  const port = await freePort();
  const args = ["--port", `${port}`, "--dir", folder, "--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  const server = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    for await (const chunk of server.stdout) if (String(chunk).includes("Ready to accept")) break;
    server.stdout.resume();
    const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null };
    const queue = new Queue("texts", { connection });
    for (let at = 0; at < texts.length; at += 1_000) {
      await queue.addBulk(texts.slice(at, at + 1_000).map((text) => ({ name: "text", data: { text } })));
    }
    let left = texts.length;
    const done = Promise.withResolvers<void>();
    const worker = new Worker("texts", async () => undefined, { connection, concurrency: 100, autorun: false });
    worker.on("completed", () => {
      left -= 1;
      if (left === 0) done.resolve();
    });
    const startedAt = performance.now();
    void worker.run();
    await done.promise;
    const elapsed = performance.now() - startedAt;
    await worker.close();
    await queue.close();
    return (texts.length * 1_000) / elapsed;
  } finally {
    const exited = once(server, "exit");
    server.kill("SIGKILL");
    await exited;
    await rm(folder, { recursive: true, force: true });
  }
}

/** Imported by a name that no tool resolves: the package exists only where a person added it. */
function load(): Promise<Bullmq> {
  const name = "bullmq";
  return import(name);
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
