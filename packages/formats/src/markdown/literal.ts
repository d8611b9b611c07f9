/** The values that Markdown can have in a place, and the escapes that they need there. */
import { fromMarkdown, type Options } from "mdast-util-from-markdown";

/** A line that would begin another block than a paragraph. */
const BLOCK_START =
  /^( *)(?=(?:#{1,6}|[-+*])(?:[ \t]|$)|>|`{3}|~{3}|(?:[-_*][ \t]*){3,}$|(?:=+|-+)[ \t]*$|:{3}|\/{3})|^( *\d{1,9})(?=[.)](?:[ \t]|$))/;
const ESCAPED_START = /^( *)\\(?=[#\-+*>`~_=:/])|^( *\d{1,9})\\(?=[.)])/;

/** The texts of paragraphs in one dialect, in both directions. */
export class Paragraphs {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Such as `\- item` for `- item`. Undefined: no escape makes it one paragraph. */
  escaped(value: string): string | undefined {
    if (this.#isParagraph(value)) return value;
    const lines = value
      .split("\n")
      .map((line) => line.replace(BLOCK_START, (_, spaces, digits) => `${spaces ?? digits}\\`));
    const written = lines.join("\n");
    return this.#isParagraph(written) ? written : undefined;
  }

  unescaped(literal: string): string {
    const lines = literal.split("\n");
    if (!lines.some((line) => ESCAPED_START.test(line))) return literal;
    const value = lines.map((line) => line.replace(ESCAPED_START, (_, spaces, digits) => spaces ?? digits)).join("\n");
    return this.escaped(value) === literal && !this.#isParagraph(value) ? value : literal;
  }

  #isParagraph(text: string): boolean {
    if (text === "" || text !== text.trim() || DIRECTIVE.test(text) || /\n[ \t]/.test(text)) return false;
    try {
      const [node, ...others] = fromMarkdown(text, this.#options).children;
      if (others.length > 0 || node?.type !== "paragraph") return false;
      return node.position?.start.offset === 0 && node.position.end.offset === text.length;
    } catch {
      return false;
    }
  }
}

/** A line that begins or ends a container of Docusaurus, VitePress or MkDocs: `:::note`, `/// tip`. */
export const DIRECTIVE = /^(?::{3}|\/{3})/m;

/** `| ` stands for a cell's end, wherever it stands. */
export function cellLiteral(value: string): string | undefined {
  return /[\r\n]/.test(value) || value !== value.trim() ? undefined : value.replaceAll("|", "\\|");
}

export function cellValue(literal: string): string {
  return literal.replaceAll("\\|", "|");
}
