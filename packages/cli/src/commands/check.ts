import { checkTranslation } from "@trans-hub/core";
import type { TextFormat } from "@trans-hub/core/engine";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { bytesOf, openItemStream } from "../input/item-stream.ts";
import { readLines } from "../input/lines.ts";
import { type CheckPair, readPair } from "../input/pairs.ts";
import { examples, formatOption, parseOneLocale, required } from "../options.ts";
import { firstOf, printable } from "../output.ts";
import { EXIT } from "../report-error.ts";
import { tableOf } from "../table.ts";

interface CheckOptions {
  file?: string;
  from?: string;
  to?: string;
  format?: TextFormat;
}

type Report = ReturnType<typeof checkTranslation>;

/** Two texts of 16 MiB, the largest that is stored, with a few escapes in them. */
const MAX_LINE_BYTES = 64 * 2 ** 20;
/** A terminal shows this many findings at most, and then their number. */
const MAX_ROWS = 1_000;

export function define(command: Command, context: CommandContext): void {
  command
    .option("--file <path>", "file of JSON lines, one pair each; - reads stdin (required)")
    .addOption(
      new Option("--from <locale>", "source locale of lines that name none").argParser((value: string) =>
        parseOneLocale(value, { allowUndetermined: true }),
      ),
    )
    .addOption(
      new Option("--to <locale>", "target locale of lines that name none").argParser((value: string) =>
        parseOneLocale(value),
      ),
    )
    .addOption(formatOption())
    .action((options: CheckOptions) => check(context, options));
  examples(
    command,
    "check --file pairs.jsonl",
    "check --file - --json < pairs.jsonl | jq -c 'select(.blocked != [])'",
    "check --file pairs.jsonl --from en --to fr --format icu",
  );
  command.addHelpText(
    "after",
    `
An example of a line: {"source":"Hi {name}","translation":"Salut {name}","sourceLocale":"en","targetLocale":"fr"}. A line may
also have "format", and "pluralCategory" ("one", "=1") where the pair is one form of a plural. No database is needed.
With --json, each pair gives one line: {"line":1,"blocked":[{"check","message"}],"warnings":[{"check","message"}]}; a line
that is no pair gives {"line":2,"error":{"code","message"}}. The exit code is 1 when a pair is blocked or a line is no pair.`,
  );
}

async function check(context: CommandContext, { file: path, from, to, format }: CheckOptions): Promise<void> {
  const file = required(path, "--file");
  const defaults = { sourceLocale: from, targetLocale: to, format };
  const findings = new Findings(context);
  const unknownKeys = new Set<string>();
  const stream = bytesOf(await openItemStream(file, context), file);
  for await (const line of readLines(stream, MAX_LINE_BYTES)) {
    context.signal.throwIfAborted();
    if ("text" in line && line.text.trim() === "") continue;
    const pair = readPair(line, defaults, { maxLineBytes: MAX_LINE_BYTES, unknownKeys });
    if ("problem" in pair) await findings.addProblem(line.number, pair.problem);
    else await findings.add(line.number, judged(pair));
  }
  if (unknownKeys.size > 0) {
    const names = [...unknownKeys].map((key) => JSON.stringify(key));
    context.output.warn(`ignored unknown fields of pairs: ${firstOf(names).join(", ")}`);
  }
  await findings.end(file);
}

function judged(pair: CheckPair): Report {
  return checkTranslation(pair);
}

/** The findings: with `--json` a line each as it is found, else a table at the end. */
class Findings {
  readonly #context: CommandContext;
  readonly #rows: (string | number)[][] = [];
  #count = 0;
  #pairs = 0;
  #blocked = 0;
  #warned = 0;
  #problems = 0;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  async add(line: number, { blocked, warnings }: Report): Promise<void> {
    this.#pairs += 1;
    if (blocked.length > 0) this.#fail();
    if (blocked.length > 0) this.#blocked += 1;
    else if (warnings.length > 0) this.#warned += 1;
    if (this.#context.output.json) return this.#context.output.line(JSON.stringify({ line, blocked, warnings }));
    for (const { check, message } of blocked) this.#row(line, "blocked", check, message);
    for (const { check, message } of warnings) this.#row(line, "warning", check, message);
  }

  async addProblem(line: number, message: string): Promise<void> {
    this.#problems += 1;
    this.#fail();
    const error = { code: "TH_ITEM_SHAPE", message };
    if (this.#context.output.json) return this.#context.output.line(JSON.stringify({ line, error }));
    this.#row(line, "no pair", error.code, message);
  }

  async end(file: string): Promise<void> {
    const { output } = this.#context;
    if (output.json) {
      // A program that only asks for the exit code reads the reason on stderr.
      if (this.#problems > 0) output.note(`${file === "-" ? "stdin" : printable(file)}: ${this.#sentence()}`);
      return;
    }
    if (this.#rows.length > 0) await output.line(tableOf(output, ["line", "result", "check", "message"], this.#rows));
    const rest = this.#count - this.#rows.length;
    if (rest > 0) await output.line(`and ${rest} more`);
    await output.line(this.#sentence());
  }

  #row(...row: (string | number)[]): void {
    this.#count += 1;
    if (this.#rows.length < MAX_ROWS) this.#rows.push(row);
  }

  #fail(): void {
    this.#context.exitCode = EXIT.failed;
  }

  #sentence(): string {
    const parts = [`${this.#pairs} checked`, `${this.#blocked} blocked`, `${this.#warned} with warnings only`];
    if (this.#problems > 0)
      parts.push(`${this.#problems} ${this.#problems === 1 ? "line that is" : "lines that are"} no pair`);
    return parts.join(", ");
  }
}
