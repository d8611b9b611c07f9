import type { RejectedLine } from "./items.ts";

/** Most rejected lines in one object: a file of a million bad lines would take 650 MB. */
const LISTED_MAX = 10_000;

/** The rejected lines in the report of `request`. */
export interface RejectedReport {
  rejected: RejectedLine[];
  /** Number of all rejected lines, when the list holds only the first of them; the others were printed line by line. */
  rejectedCount?: number;
}

/** The rejected lines of a file: counted, and listed up to a bound. None is dropped silently. */
export class RejectedLines {
  readonly #listed: RejectedLine[] = [];
  readonly #max: number;
  readonly #tell: (line: string) => void;
  readonly #tellsAll: boolean;
  #count = 0;

  /** @param options.tellsAll Whether listed lines are printed too. */
  constructor(options: { tell(line: string): void; tellsAll: boolean; max?: number }) {
    this.#tell = options.tell;
    this.#tellsAll = options.tellsAll;
    this.#max = options.max ?? LISTED_MAX;
  }

  add(rejected: RejectedLine): void {
    this.#count += 1;
    const isListed = this.#listed.length < this.#max;
    if (isListed) this.#listed.push(rejected);
    if (!isListed || this.#tellsAll) this.#tell(`line ${rejected.line}: ${rejected.code} ${rejected.message}`);
  }

  report(): RejectedReport {
    const rejected = this.#listed.toSorted((one, other) => one.line - other.line);
    return { rejected, ...(this.#count > rejected.length && { rejectedCount: this.#count }) };
  }
}
