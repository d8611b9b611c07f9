import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { WorkSummary } from "@trans-hub/core/store";

export interface WorkerProcessOptions {
  /** Of the command itself, given to the worker as it is but for what follows. */
  env: NodeJS.ProcessEnv;
  databaseUrl: string;
  engine: string;
  project: string;
}

/**
 * Small batches, few at once, and short waits: so that two workers share a catalog of a few hundred messages, which one
 * alone would take in a single gulp.
 */
export const DEMO_BATCH_SIZE = 5;
const CONCURRENCY = 1;
const POLL_SECONDS = 0.1;
/** How much of a worker's last words is kept. */
const MAX_LOG_CHARACTERS = 10_000;

/** A real `trans-hub worker`, in a process of its own. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #stdout = "";
  #log = "";

  constructor({ env, databaseUrl, engine, project }: WorkerProcessOptions) {
    const [, script = ""] = process.argv;
    const args = ["worker", "--json", "--with-parent", "--project", project];
    this.#child = spawn(process.execPath, [...process.execArgv, script, ...args], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: {
        ...env,
        // Empty and not left out, or a `.env` would fill them in again.
        TH_DATABASE_URL_FILE: "",
        TH_DIRECT_URL: "",
        TH_DIRECT_URL_FILE: "",
        TH_METRICS_PORT: "",
        TH_DATABASE_URL: databaseUrl,
        TH_ENGINES: engine,
        TH_BATCH_SIZE: String(DEMO_BATCH_SIZE),
        TH_CONCURRENCY: String(CONCURRENCY),
        TH_POLL_SECONDS: String(POLL_SECONDS),
        TH_LOG_LEVEL: "warn",
        TH_LOG_FORMAT: "json",
      },
    });
    this.#exited = once(this.#child, "exit");
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#log = (this.#log + text).slice(-MAX_LOG_CHARACTERS);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it logged: warnings and errors. */
  get log(): string {
    return this.#log.trim();
  }

  /** Ends it gracefully; gives what it did, or undefined when it ended otherwise. */
  async stop(): Promise<WorkSummary | undefined> {
    if (this.isRunning) this.#child.kill("SIGTERM");
    await this.#exited;
    const line = this.#stdout.trim();
    return this.#child.exitCode === 0 && line !== "" ? (JSON.parse(line) as WorkSummary) : undefined;
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }
}
