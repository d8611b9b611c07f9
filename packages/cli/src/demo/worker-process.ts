import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { WorkSummary } from "@trans-hub/core/store";

export interface WorkerProcessOptions {
  /** The command's own environment; the worker gets it with the changes below. */
  env: NodeJS.ProcessEnv;
  databaseUrl: string;
  engine: string;
  project: string;
}

/**
 * Small batches, few at once, and short waits, so that two workers share a catalog of a few hundred messages. With the
 * defaults a single worker would claim all of it at once.
 */
export const DEMO_BATCH_SIZE = 5;
const CONCURRENCY = 1;
const POLL_SECONDS = 0.1;
/** Number of characters kept from the end of a worker's log. */
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
        // Empty instead of absent, because a `.env` file would fill in an absent setting.
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

  /** The worker's log: warnings and errors. */
  get log(): string {
    return this.#log.trim();
  }

  /** Ends the worker gracefully; returns its summary, or undefined when it ended in another way. */
  async stop(): Promise<WorkSummary | undefined> {
    if (this.isRunning) this.#child.kill("SIGTERM");
    await this.#exited;
    const line = this.#stdout.trim();
    return this.#child.exitCode === 0 && line !== "" ? (JSON.parse(line) as WorkSummary) : undefined;
  }

  /** Kills the worker. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }
}
