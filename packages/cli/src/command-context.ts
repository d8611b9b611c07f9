import type { Output } from "./output.ts";

/** What every command is given: its surroundings, as plain values. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly output: Output;
  /** Aborts on Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** What the process ends with when the command does not throw. 0 from the start. */
  exitCode: number;
  /** How long the command may take to end after `signal`; 0, the default: not at all. Milliseconds. */
  graceMs: number;
  /** Leaves SIGINT and SIGTERM to the command. */
  releaseSignals(): void;
}

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  json?: boolean;
  embedded?: boolean;
  migrate?: boolean;
}
