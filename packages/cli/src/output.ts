/**
 * A command's output: results on stdout, everything else on stderr.
 *
 * With `--json`, stdout holds one object on one line (or JSONL) and nothing else.
 */
import type { Writable } from "node:stream";
import pc from "picocolors";
import { reportError } from "./report-error.ts";

type Colors = ReturnType<typeof pc.createColors>;
type Stream = Writable & { isTTY?: boolean; columns?: number };

export interface OutputOptions {
  json: boolean;
  stdout: Stream;
  stderr: Stream;
  env: NodeJS.ProcessEnv;
}

export class Output {
  readonly json: boolean;
  /** Whether tables and colours may be shown on stdout. */
  readonly isTerminal: boolean;
  /** Whether a moving progress bar may be shown on stderr. */
  readonly showsProgress: boolean;
  /** Colours for text on stdout. */
  readonly colors: Colors;
  readonly stderr: Stream;
  readonly #stdout: Stream;
  /** Colours for text on stderr. */
  readonly errorColors: Colors;

  constructor({ json, stdout, stderr, env }: OutputOptions) {
    this.json = json;
    this.#stdout = stdout;
    this.stderr = stderr;
    const isDumb = env.TERM === "dumb";
    this.isTerminal = stdout.isTTY === true && !isDumb && !json;
    this.showsProgress = stderr.isTTY === true && !isDumb && !json;
    this.colors = pc.createColors(!json && hasColors(stdout, env));
    this.errorColors = pc.createColors(!json && hasColors(stderr, env));
  }

  /** Columns of the terminal; 80 where there is none. */
  get columns(): number {
    return this.#stdout.columns || 80;
  }

  /** Prints the command's result: as JSON, or as the text from `people`. An empty text prints nothing. */
  async result(value: unknown, people: () => string): Promise<void> {
    const line = this.json ? JSON.stringify(value) : people();
    if (line !== "") await this.line(line);
  }

  /** A text for stdout: exact in a file or pipe; on a terminal, without characters that could take it over. */
  forStdout(text: string): string {
    return this.#stdout.isTTY === true ? printable(text) : text;
  }

  /** Prints one line on stdout; resolves when the reader has taken it, so that a slow reader slows the command down. */
  async line(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#stdout.write(`${text}\n`, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Prints a progress note. */
  note(line: string): void {
    this.stderr.write(`${line}\n`);
  }

  warn(line: string): void {
    this.note(`${this.errorColors.yellow("warning:")} ${printable(line)}`);
  }

  /**
   * Prints the result of a command that could not do all of its work, and the error: as one JSON object, or both on stderr,
   * so that a program that reads stdout does not take the part for the whole.
   */
  async incomplete(value: object, people: () => string, error: unknown): Promise<void> {
    if (!this.json) {
      this.note(printable(people()));
      return this.error(error);
    }
    const { redact } = await import("./settings/environment.ts");
    await this.line(JSON.stringify({ ...value, error: reportError(error, redact) }));
  }

  /** Prints a command's error: on stdout as JSON, otherwise on stderr. */
  async error(error: unknown): Promise<void> {
    const { redact } = await import("./settings/environment.ts");
    const reported = reportError(error, redact);
    if (this.json) return this.line(JSON.stringify({ error: reported }));
    this.note(`${this.errorColors.red("error:")} ${printable(reported.message)}`);
    if (reported.hint !== undefined) this.note(`${this.errorColors.dim("hint:")} ${printable(reported.hint)}`);
  }
}

/** NO_COLOR overrides FORCE_COLOR, which overrides the stream's own kind. */
function hasColors(stream: Stream, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  return stream.isTTY === true && env.TERM !== "dumb";
}

/**
 * The first entries of a list, and a last one that counts the rest: a hundred lines of one kind hide all others.
 *
 * @param max Default: 10.
 */
export function firstOf(entries: readonly string[], max = 10): string[] {
  if (entries.length <= max) return [...entries];
  return [...entries.slice(0, max), `and ${entries.length - max} more`];
}

/** A number with its noun: `1 value`, `2 values`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A text as a terminal may show it: control characters, which could move the cursor or recolour, are made visible. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
