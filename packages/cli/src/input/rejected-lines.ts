import type { RejectedLine } from "./items.ts";

/** Most rejected lines in one object: a file of a million bad lines would take 650 MB. */
const LISTED_MAX = 10_000;
/** Most rejected lines in a terminal or a log, where a list of equal errors hides the other lines. */
const TOLD_MAX = 20;

/** The form of a line, for a file that has none of it. */
const LINE_HINT =
  'Each line is a JSON object of its own, such as {"text":"Pay","targetLocales":["fr"]}; for plain text, pass the text itself; a catalog goes to trans-hub translate.';

const NO_LOCALES = "targetLocales: is missing";
const NO_LOCALES_HINT = "Add --to fr,de for the lines without targetLocales.";

/** The rejected lines in the report of `request`. */
export interface RejectedReport {
  rejected: RejectedLine[];
  /** Number of all rejected lines, when the list holds only the first of them. */
  rejectedCount?: number;
  /** The cure, for a file in which no line is an item, and for lines without target locales. */
  hint?: string;
}

export interface RejectedLinesOptions {
  /** The name of one of the numbered things. Default: line. */
  unit?: "line" | "text";
  /** The file's name; undefined: stdin, or texts of the command line. */
  file?: string | undefined;
  /** Prints one line. */
  tell(line: string): void;
  /** Whether rejected lines are printed, and not only returned. */
  tellsAll: boolean;
  /** Largest number of listed lines. Default: 10,000. */
  max?: number;
  /** Largest number of printed lines. Default: 20. */
  toldMax?: number;
}

/** The rejected lines of a file: all are counted, the first are listed and printed. */
export class RejectedLines {
  readonly #listed: RejectedLine[] = [];
  readonly #options: Required<Pick<RejectedLinesOptions, "max" | "toldMax" | "unit">> & RejectedLinesOptions;
  /** Held back until the first item: a file without any is one problem, and not one for each line. */
  #held: RejectedLine[] | undefined = [];
  #told = 0;
  #count = 0;
  #lacksLocales = false;

  constructor(options: RejectedLinesOptions) {
    this.#options = { max: LISTED_MAX, toldMax: TOLD_MAX, unit: "line", ...options };
  }

  add(rejected: RejectedLine): void {
    const { max, toldMax } = this.#options;
    this.#count += 1;
    this.#lacksLocales ||= rejected.message === NO_LOCALES;
    if (this.#listed.length < max) this.#listed.push(rejected);
    if (this.#held === undefined) this.#tell(rejected);
    else if (this.#held.length < toldMax) this.#held.push(rejected);
  }

  /** A line is an item: from now on rejected lines are printed as they come. */
  foundItem(): void {
    for (const rejected of this.#held ?? []) this.#tell(rejected);
    this.#held = undefined;
  }

  /** Call it once, at the end. */
  report(): RejectedReport {
    const { tell, tellsAll, toldMax, unit } = this.#options;
    const rejected = this.#listed.toSorted((one, other) => one.line - other.line);
    const count = this.#count;
    const [first] = rejected;
    if (first !== undefined && this.#held !== undefined) {
      const lines = count === 1 ? "its one line is no item" : `none of ${count} lines is an item`;
      tell(`${this.#source()}${lines}; ${describe(first, unit)}. ${LINE_HINT}`);
      const some = rejected.slice(0, toldMax);
      return { rejected: some, ...(count > some.length && { rejectedCount: count }), hint: LINE_HINT };
    }
    const rest = count - (tellsAll ? this.#told : rejected.length);
    if (rest > 0) tell(`and ${rest} more rejected ${unit}${rest === 1 ? "" : "s"}`);
    if (this.#lacksLocales) tell(NO_LOCALES_HINT);
    return {
      rejected,
      ...(count > rejected.length && { rejectedCount: count }),
      ...(this.#lacksLocales && { hint: NO_LOCALES_HINT }),
    };
  }

  #tell(rejected: RejectedLine): void {
    const { tell, tellsAll, toldMax, unit } = this.#options;
    if (!tellsAll || this.#told >= toldMax) return;
    this.#told += 1;
    tell(`${this.#source()}${describe(rejected, unit)}`);
  }

  #source(): string {
    const { file } = this.#options;
    return file === undefined ? "" : `${file}: `;
  }
}

function describe({ line, code, message }: RejectedLine, unit: string): string {
  return `${unit} ${line}: ${code} ${message}`;
}
