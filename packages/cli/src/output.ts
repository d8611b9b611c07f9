/**
 * Where a command speaks: results on stdout, everything else on stderr.
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
  /** Whether a bar that moves may be shown on stderr. */
  readonly showsProgress: boolean;
  /** For text on stdout. */
  readonly colors: Colors;
  readonly stderr: Stream;
  readonly #stdout: Stream;
  /** For text on stderr. */
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

  /** The command's result: as JSON, or as `people` read it. Nothing is printed for an empty text. */
  async result(value: unknown, people: () => string): Promise<void> {
    const line = this.json ? JSON.stringify(value) : people();
    if (line !== "") await this.line(line);
  }

  /** A text of other people's, exactly as it is, but for what could take over a terminal. */
  forStdout(text: string): string {
    return this.#stdout.isTTY === true ? printable(text) : text;
  }

  /** One line of stdout; resolves when the reader took it, so that a slow one slows us down. */
  async line(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#stdout.write(`${text}\n`, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** A line about what is going on. */
  note(line: string): void {
    this.stderr.write(`${line}\n`);
  }

  warn(line: string): void {
    this.note(`${this.errorColors.yellow("warning:")} ${printable(line)}`);
  }

  /** What a failed command says: on stdout as JSON, else on stderr. */
  async error(error: unknown): Promise<void> {
    const { redact } = await import("./settings/environment.ts");
    const reported = reportError(error, redact);
    if (this.json) return this.line(JSON.stringify({ error: reported }));
    this.note(`${this.errorColors.red("error:")} ${printable(reported.message)}`);
    if (reported.hint !== undefined) this.note(`${this.errorColors.dim("hint:")} ${printable(reported.hint)}`);
  }
}

/** NO_COLOR before FORCE_COLOR before what the stream is. */
function hasColors(stream: Stream, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  return stream.isTTY === true && env.TERM !== "dumb";
}

/** A text as a terminal may show it: control characters, which could move the cursor or recolour, made visible. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
