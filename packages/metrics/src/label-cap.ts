/** What stands for all values beyond the bound. */
export const OTHER = "other";

/** How many values one label takes. */
export const MOST_VALUES = 100;

/** Keeps a label that comes from outside from making series without end: first come, first served. */
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
