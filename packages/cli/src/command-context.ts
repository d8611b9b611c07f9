import type { Output } from "./output.ts";

/** The surroundings of a command, as plain values. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly output: Output;
  /** Aborts on Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Exit code of the process when the command does not throw. Initially 0. */
  exitCode: number;
  /** Time that the command may take to end after `signal`, in milliseconds. Default: 0. */
  graceMs: number;
  /** Leaves the handling of SIGINT and SIGTERM to the command. */
  releaseSignals(): void;
}

/** Options of every command, before or after its name. */
export interface GlobalOptions {
  json?: boolean;
  embedded?: boolean;
  migrate?: boolean;
}
