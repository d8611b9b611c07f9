/** From a command line to an exit code: surroundings, signals, errors. */
import { readFileSync } from "node:fs";
import type { CommandContext } from "./command-context.ts";
import { Output } from "./output.ts";
import { runProgram } from "./program.ts";
import { EXIT, exitCodeOf } from "./report-error.ts";

/** Runs the command; never rejects. The caller ends the process with the resolved exit code. */
export async function main(argv: string[]): Promise<number> {
  const output = new Output({
    json: asksForJson(argv),
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
  });
  endQuietlyWithoutReader();
  endOnFault(output);
  const interruption = listenForInterruption();
  const context: CommandContext = {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    output,
    signal: interruption.signal,
    exitCode: EXIT.done,
    graceMs: 0,
    releaseSignals: interruption.release,
  };
  try {
    await Promise.race([runProgram(argv, ownVersion(), context), interruption.overdue(() => context.graceMs)]);
    return context.exitCode;
  } catch (error) {
    if (isBrokenPipe(error)) return EXIT.done;
    await output.error(error).catch(() => undefined);
    return interruption.signal.aborted ? interruption.exitCode() : exitCodeOf(error);
  }
}

/**
 * Finds `--json` anywhere on the command line, so that an error in the command line itself is JSON too. After `--` it
 * is an argument.
 */
function asksForJson(argv: string[]): boolean {
  const end = argv.indexOf("--");
  return (end === -1 ? argv : argv.slice(0, end)).includes("--json");
}

/** `trans-hub export | head`: a reader that stops early is not a failure. */
function endQuietlyWithoutReader(): void {
  process.stdout.on("error", (error) => {
    if (isBrokenPipe(error)) process.exit(EXIT.done);
    throw error;
  });
  process.stderr.on("error", () => undefined);
}

/** An uncaught exception is a fault of Trans-Hub: reported in one line, like any other error. */
function endOnFault(output: Output): void {
  const onFault = (error: unknown) => {
    void output.error(error).finally(() => process.exit(EXIT.failed));
  };
  process.on("uncaughtException", onFault).on("unhandledRejection", onFault);
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === "EPIPE";
}

/** Handles Ctrl-C and SIGTERM until a command takes them over. A second signal ends the process at once. */
function listenForInterruption() {
  const stopping = new AbortController();
  let exitCode: number = EXIT.interrupted;
  const onSignal = (signal: NodeJS.Signals) => {
    exitCode = signal === "SIGTERM" ? 143 : EXIT.interrupted;
    if (stopping.signal.aborted) process.exit(exitCode);
    stopping.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return {
    signal: stopping.signal,
    exitCode: () => exitCode,
    release: () => {
      process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    },
    /** Rejects when the command did not end in time after a signal. */
    overdue: (graceMs: () => number) =>
      new Promise<never>((_, reject) => {
        stopping.signal.addEventListener("abort", () => {
          setTimeout(() => reject(stopping.signal.reason), graceMs()).unref();
        });
      }),
  };
}

function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}
