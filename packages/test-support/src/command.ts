/** The real `trans-hub` command, in a real process, with an environment and a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, inject } from "vitest";
import { test as base, createTestDatabase, type TestDatabase } from "./database.ts";

const SOURCE_BIN = fileURLToPath(new URL("../../cli/src/bin.js", import.meta.url));

export interface CommandOptions {
  /** Added to PATH and HOME; no other variable is passed on. */
  env?: Record<string, string>;
  /** Default: the test's own empty folder. */
  cwd?: string;
  /** The command of another release. Default: this one's. */
  bin?: string;
  /** The content of stdin. Default: nothing. */
  input?: string | Buffer;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  ms: number;
}

export class Running {
  readonly child: ChildProcess;
  readonly #startedAt = performance.now();
  readonly #ended: Promise<[number | null, NodeJS.Signals | null]>;
  stdout = "";
  stderr = "";

  /** @param command The program, and its arguments. */
  constructor([file = "", ...args]: readonly string[], { env = {}, cwd, input }: Omit<CommandOptions, "bin">) {
    const { PATH = "" } = process.env;
    this.child = spawn(file, args, {
      cwd,
      env: { PATH, HOME: cwd, ...env },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    this.#ended = once(this.child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    // A command that refuses its arguments does not wait for its input.
    this.child.stdin?.on("error", () => undefined).end(input);
  }

  async ended(): Promise<Ended> {
    const [code, signal] = await this.#ended;
    const { stdout, stderr } = this;
    return { code, signal, stdout, stderr, ms: performance.now() - this.#startedAt };
  }

  /** Resolves once stdout or stderr contains `what`; rejects when the command ends without it. */
  async says(what: string | RegExp): Promise<void> {
    const has = () => {
      const said = this.stdout + this.stderr;
      return typeof what === "string" ? said.includes(what) : what.test(said);
    };
    while (!has()) {
      const streams = [this.child.stdout, this.child.stderr].map((stream) => stream && once(stream, "data"));
      const ended = this.#ended.then(() => {
        if (!has()) throw new Error(`ended without saying ${what}:\n${this.stdout}\n${this.stderr}`);
      });
      await Promise.race([...streams, ended]);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** The `trans-hub` command. */
export function startCommand(args: readonly string[], { bin, ...options }: CommandOptions): Running {
  return new Running([process.execPath, bin ?? binFor(options.env), ...args], options);
}

/**
 * The bundle; the sources, where a test looks at the modules that the process loads, or gives it an engine of its own, which may
 * import the same packages.
 */
function binFor({ NODE_OPTIONS, TH_ENGINES = "" }: Record<string, string> = {}): string {
  const isLoading = /(?:^|[,;])(?:\.|\/|file:|@)/.test(TH_ENGINES);
  return NODE_OPTIONS === undefined && !isLoading ? inject("commandBin") : SOURCE_BIN;
}

/**
 * An environment in which the command gets a signal in its first moment: as soon as it has a signal listener, and
 * before that listener receives anything else.
 */
export function signalledAtStart(signal: "SIGINT" | "SIGTERM"): Record<string, string> {
  const hear = `process.on("newListener", function hear(event) {
    if (event !== "${signal}") return;
    process.off("newListener", hear);
    queueMicrotask(() => process.kill(process.pid, "${signal}"));
  }); delete process.env.NODE_OPTIONS;`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hear)}` };
}

export interface Commands {
  /** The test's own folder. */
  readonly cwd: string;
  /** Runs a command to its end. */
  run(args: readonly string[], options?: CommandOptions): Promise<Ended>;
  /** Runs a command with `--json`; returns the one line of stdout, parsed. */
  json<Result = Record<string, unknown>>(
    args: readonly string[],
    options?: CommandOptions & { code?: number },
  ): Promise<Result>;
  /** Starts a command; if it still runs at the end of the test, it is killed. */
  start(args: readonly string[], options?: CommandOptions): Running;
}

/**
 * `test` with `commands`, in an empty folder and with no database named; and with `emptyDatabase`, one without
 * Trans-Hub's schema.
 */
export const test = base
  .extend(
    "commands",
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs from the pattern; this one has none
    async ({}, { onCleanup }): Promise<Commands> => openCommands({}, onCleanup),
  )
  .extend(
    "emptyDatabase",
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, { onCleanup }): Promise<TestDatabase> => {
      const database = await createTestDatabase({ migrated: false });
      onCleanup(() => database.drop());
      return database;
    },
  );

/** Changes the commands of every test of a file: `through-server.ts` has those about catalogs go through a server. */
export const changed: { by?: (commands: Commands, env: Readonly<Record<string, string>>) => Commands } = {};

/** `test` with `commands` on the test's own migrated database, with pseudo as engine. */
export const testOnDatabase = base.extend(
  "commands",
  async ({ database }: { database: TestDatabase }, { onCleanup }): Promise<Commands> => {
    const env = { TH_DATABASE_URL: database.url, TH_ENGINES: "pseudo" };
    const commands = await openCommands(env, onCleanup);
    return changed.by?.(commands, env) ?? commands;
  },
);

async function openCommands(
  env: Record<string, string>,
  onCleanup: (end: () => Promise<void>) => void,
): Promise<Commands> {
  const cwd = await mkdtemp(join(tmpdir(), "trans-hub-command-"));
  // Of a folder closed to others, root's embedded data would be elsewhere, and stay there.
  await chmod(cwd, 0o755);
  const started: Running[] = [];
  onCleanup(async () => {
    for (const running of started) running.kill("SIGKILL");
    await Promise.all(started.map((running) => running.ended()));
    await rm(cwd, { recursive: true, force: true });
  });
  const start = (args: readonly string[], options: CommandOptions = {}) => {
    const running = startCommand(args, { cwd, ...options, env: { ...env, ...options.env } });
    started.push(running);
    return running;
  };
  return {
    cwd,
    start,
    run: (args, options) => start(args, options).ended(),
    json: async (args, { code = 0, ...options } = {}) => {
      const ended = await start([...args, "--json"], options).ended();
      expect(ended, `${ended.stderr}\n${ended.stdout}`).toMatchObject({ code });
      expect(ended.stdout).toMatch(/^[^\n]+\n$/);
      return JSON.parse(ended.stdout);
    },
  };
}
