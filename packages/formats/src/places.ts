/** Lines and columns of offsets, counted from 1. Lines end at `\n`, `\r\n` or `\r`. */
export class Places {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (const { index, 0: lineEnd } of text.matchAll(/\r\n|\n|\r/g)) this.#starts.push(index + lineEnd.length);
  }

  at(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }
}
