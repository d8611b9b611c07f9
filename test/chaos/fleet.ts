/** The workers of a scene: real `trans-hub worker` processes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { readStalls, type Span, STALL_CHANNEL } from "./stalls.ts";
import { SECRETS } from "./texts.ts";

const SAMPLER = new URL("./stall-sampler.ts", import.meta.url).href;
const BIN = fileURLToPath(new URL("../../packages/cli/src/bin.js", import.meta.url));

const STACK_TRACE = /\n\s+at .+:\d+:\d+\)?\n/;

/** Length of the kept log in characters: enough to show the reason of a worker's death. */
const KEPT_LOG = 200_000;

export interface FleetOptions {
  /** The file that starts the command. Default: that of the sources. */
  bin?: string | undefined;
  env: Record<string, string>;
  /** Words before the command: `["ip", "netns", "exec", "x"]`. */
  wrap?: readonly string[];
}

export class Worker {
  /** Also its key at the engine. */
  readonly name: string;
  readonly child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Resolves when it claims; rejects when it ends before. */
  readonly ready: Promise<void>;
  log = "";
  /** Secrets that it logged by mistake. */
  readonly leaks = new Set<string>();
  /** The times at which the machine did not let it run. */
  readonly stalls: Span[] = [];

  constructor(name: string, { bin = BIN, env, wrap = [] }: FleetOptions) {
    this.name = name;
    const { PATH = "", HOME = "" } = process.env;
    const [program = process.execPath, ...args] = [...wrap, process.execPath, "--import", SAMPLER, bin, "worker"];
    this.child = spawn(program, args, {
      env: { PATH, HOME, ...env, TH_OPENAI_API_KEY: name, TH_LOG_FORMAT: "json" },
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
    readStalls(this.child.stdio[STALL_CHANNEL] as Readable, this.stalls);
    this.exited = once(this.child, "exit").then(([code, signal]) => ({ code, signal }));
    this.ready = new Promise((resolve, reject) => {
      this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        // Includes the end of the previous chunk, because chunks are cut anywhere.
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
    // Callers that do not await it notice the end in other ways.
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
  /** The workers that should be running. */
  readonly workers: Worker[] = [];
  /** All workers, ended ones included. */
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

  /** Ends a worker, and starts another when it is gone. */
  async replace(worker: Worker, signal: NodeJS.Signals): Promise<{ code: number | null; successor: Worker }> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    const { code } = await worker.end(signal);
    return { code, successor: this.start() };
  }

  async ready(): Promise<void> {
    await Promise.all(this.workers.map(({ ready }) => ready));
  }

  /** Stops all gracefully. Returns the names of those that did not exit 0, each with the end of its log. */
  async stop(): Promise<string[]> {
    const ended = await Promise.all(this.workers.map(async (worker) => ({ worker, ...(await worker.end("SIGTERM")) })));
    return ended
      .filter(({ code }) => code !== 0)
      .map(({ worker, code, signal }) => `${worker.name}: ${code ?? signal}\n${worker.log.slice(-3_000)}`);
  }

  kill(): void {
    for (const { child } of this.all) child.kill("SIGKILL");
  }
}
