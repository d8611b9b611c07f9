/** Prints the words of a message so that a formatter reads them as words: quoted by construction. */

/** A stretch of an answer that is syntax, and its spelling in the message. */
export interface Known {
  shown: string;
  printed: string;
  /** The content of a quoted stretch, which is quoted again. Absent: `printed` is written as it is. */
  quoted?: string | undefined;
}

interface PrintContext {
  /** Whether the words stand directly in a branch of a plural, where `#` is the number. */
  inPlural: boolean;
  doublesApostrophes: boolean;
}

/** The message text for an answer whose known stretches are syntax, and all else of which is words. */
export function printAnswer(answer: string, known: readonly Known[], context: PrintContext): string {
  const out = new Printer(context);
  const byShown = new Map(known.map((each) => [each.shown, each]));
  const shown = [...byShown.keys()].sort((a, b) => b.length - a.length);
  let from = 0;
  if (shown.length > 0) {
    const pattern = new RegExp(shown.map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "g");
    for (const match of answer.matchAll(pattern)) {
      out.words(answer.slice(from, match.index));
      const found = byShown.get(match[0]);
      if (found?.quoted !== undefined) out.quoted(found.quoted);
      else out.syntax(found?.printed ?? match[0]);
      from = match.index + match[0].length;
    }
  }
  out.words(answer.slice(from));
  return out.end();
}

/** Writes words and syntax one after another, and quotes as much of the words as must be. */
class Printer {
  readonly #context: PrintContext;
  #out = "";
  /** Apostrophes of words that are not written yet: the character after them decides their spelling. */
  #apostrophes = 0;
  #inQuote = false;

  constructor(context: PrintContext) {
    this.#context = context;
  }

  words(text: string): void {
    for (const character of text) {
      if (character === "'") {
        if (this.#inQuote) this.#out += "''";
        else this.#apostrophes += 1;
      } else if (character === "{" || character === "}" || (character === "#" && this.#context.inPlural)) {
        this.quoted(character);
      } else {
        this.#endQuote();
        this.#writeApostrophes(character);
        this.#out += character;
      }
    }
  }

  quoted(text: string): void {
    this.#writeApostrophes("{");
    if (!this.#inQuote) this.#out += "'";
    this.#inQuote = true;
    this.#out += text.replaceAll("'", "''");
  }

  syntax(text: string): void {
    this.#endQuote();
    this.#writeApostrophes(text.charAt(0));
    this.#out += text;
  }

  /** The text. A brace follows it, or nothing. */
  end(): string {
    this.#endQuote();
    this.#writeApostrophes("}");
    return this.#out;
  }

  #endQuote(): void {
    if (this.#inQuote) this.#out += "'";
    this.#inQuote = false;
  }

  #writeApostrophes(next: string): void {
    const doubled = this.#context.doublesApostrophes || this.#apostrophes > 1 || /[{}<>#]/.test(next);
    this.#out += (doubled ? "''" : "'").repeat(this.#apostrophes);
    this.#apostrophes = 0;
  }
}
