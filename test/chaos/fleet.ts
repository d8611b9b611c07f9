/** The workers of a scene: real `trans-hub worker` processes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { SECRETS } from "./texts.ts";

const BIN = fileURLToPath(new URL("../../packages/cli/src/bin.js", import.meta.url));

const STACK_TRACE = /\n\s+at .+:\d+:\d+\)?\n/;

/** Enough to see what a worker died of. */
const KEPT_LOG = 200_000;

export interface FleetOptions {
  env: Record<string, string>;
  /** What stands before the command: `["ip", "netns", "exec", "x"]`. */
  wrap?: readonly string[];
}

export class Worker {
  /** Its key at the engine too. */
  readonly name: string;
  readonly child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Resolves when it claims; rejects when it ends before. */
  readonly ready: Promise<void>;
  log = "";
  /** What it should not have logged. */
  readonly leaks = new Set<string>();

  constructor(name: string, { env, wrap = [] }: FleetOptions) {
    this.name = name;
    const { PATH = "", HOME = "" } = process.env;
    const [program = process.execPath, ...args] = [...wrap, process.execPath, BIN, "worker"];
    this.child = spawn(program, args, {
      env: { PATH, HOME, ...env, TH_OPENAI_API_KEY: name, TH_LOG_FORMAT: "json" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.exited = once(this.child, "exit").then(([code, signal]) => ({ code, signal }));
    this.ready = new Promise((resolve, reject) => {
      this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        // With the end of what came before: chunks cut anywhere.
        const seen = this.log.slice(-1_000) + text;
        if (SECRETS.some((secret) => seen.includes(secret))) this.leaks.add("a text");
        if (STACK_TRACE.test(seen)) this.leaks.add("a stack trace");
        this.log = (this.log + text).slice(-KEPT_LOG);
        if (this.log.includes('"worker.ready"')) resolve();
      });
      this.exited.then(({ code, signal }) => {
        reject(new Error(`worker ${name} ended (${code ?? signal}) before it was ready:\n${this.log.slice(-2_000)}`));
      }, reject);
    });
    // Who does not wait for it has other ways to see that it is gone.
    this.ready.catch(() => undefined);
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.child.kill(signal);
    return this.exited;
  }
}

export class Fleet {
  /** Those that should be running. */
  readonly workers: Worker[] = [];
  /** All there ever were. */
  readonly all: Worker[] = [];
  readonly #options: FleetOptions;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  start(options: Partial<FleetOptions> = {}): Worker {
    const worker = new Worker(`worker-${this.all.length + 1}`, {
      ...this.#options,
      ...options,
      env: { ...this.#options.env, ...options.env },
    });
    this.workers.push(worker);
    this.all.push(worker);
    return worker;
  }

  /** Ends one, and starts another when it is gone. */
  async replace(worker: Worker, signal: NodeJS.Signals): Promise<{ code: number | null; successor: Worker }> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    const { code } = await worker.end(signal);
    return { code, successor: this.start() };
  }

  async ready(): Promise<void> {
    await Promise.all(this.workers.map(({ ready }) => ready));
  }

  /** All in order. Gives the names of those that did not exit 0. */
  async stop(): Promise<string[]> {
    const ended = await Promise.all(this.workers.map(async (worker) => ({ worker, ...(await worker.end("SIGTERM")) })));
    return ended
      .filter(({ code }) => code !== 0)
      .map(({ worker, code, signal }) => `${worker.name}: ${code ?? signal}`);
  }

  kill(): void {
    for (const { child } of this.all) child.kill("SIGKILL");
  }
}
