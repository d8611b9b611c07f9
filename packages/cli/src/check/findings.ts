/** The findings about pairs of texts: with `--json` a line each as it is found, else a table at the end. */
import type { CheckReport } from "@trans-hub/core";
import type { CommandContext } from "../command-context.ts";
import { printable } from "../output.ts";
import { EXIT } from "../report-error.ts";
import { tableOf } from "../table.ts";

/** The place of a pair, by column. */
export type Place = Readonly<Record<string, string | number | readonly string[]>>;

/** A terminal shows this many findings at most, and then their number. */
const MAX_ROWS = 1_000;

/** Sets the exit code to 1 when a pair is blocked or a line is no pair. */
export class Findings {
  readonly #context: CommandContext;
  readonly #columns: readonly string[];
  readonly #rows: (string | number)[][] = [];
  #count = 0;
  #pairs = 0;
  #blocked = 0;
  #warned = 0;
  #problems = 0;

  /** @param columns The keys of a place, in the order of the table. */
  constructor(context: CommandContext, columns: readonly string[]) {
    this.#context = context;
    this.#columns = columns;
  }

  async add(place: Place, { blocked, warnings }: CheckReport): Promise<void> {
    this.#pairs += 1;
    if (blocked.length > 0) this.#fail();
    if (blocked.length > 0) this.#blocked += 1;
    else if (warnings.length > 0) this.#warned += 1;
    if (this.#context.output.json) return this.#context.output.line(JSON.stringify({ ...place, blocked, warnings }));
    for (const { check, message } of blocked) this.#row(place, "blocked", check, message);
    for (const { check, message } of warnings) this.#row(place, "warning", check, message);
  }

  async addProblem(place: Place, message: string): Promise<void> {
    this.#problems += 1;
    this.#fail();
    const error = { code: "TH_ITEM_SHAPE", message };
    if (this.#context.output.json) return this.#context.output.line(JSON.stringify({ ...place, error }));
    this.#row(place, "no pair", error.code, message);
  }

  /** @param what The name of the pairs' source, for a message about lines that are none. */
  async end(what: string): Promise<void> {
    const { output } = this.#context;
    if (output.json) {
      // A program that only asks for the exit code reads the reason on stderr.
      if (this.#problems > 0) output.note(`${printable(what)}: ${this.#sentence()}`);
      return;
    }
    const head = [...this.#columns, "result", "check", "message"];
    if (this.#rows.length > 0) await output.line(tableOf(output, head, this.#rows));
    const rest = this.#count - this.#rows.length;
    if (rest > 0) await output.line(`and ${rest} more`);
    await output.line(this.#sentence());
  }

  #row(place: Place, ...cells: string[]): void {
    this.#count += 1;
    if (this.#rows.length >= MAX_ROWS) return;
    const own = this.#columns.map((column) => {
      const value = place[column];
      return typeof value === "number" ? value : printable([value ?? ""].flat().join(", "));
    });
    this.#rows.push([...own, ...cells]);
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
