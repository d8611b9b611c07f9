/** The label value that replaces all values beyond the bound. */
export const OTHER = "other";

/** The most values of one label. */
export const MOST_VALUES = 100;

/** Bounds the number of series of a label whose values come from outside: the first values keep their own series. */
export class LabelCap {
  readonly #known = new Set<string>();
  readonly #most: number;

  constructor(most = MOST_VALUES) {
    this.#most = most;
  }

  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#most) return OTHER;
    this.#known.add(value);
    return value;
  }
}
