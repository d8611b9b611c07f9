/** Strings of a PO file: C literals, one a line, which are joined. */
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", v: "\v", f: "\f" };
const WRITTEN: Readonly<Record<string, string>> = {
  ...{ "\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\" },
  ...{ "\x07": "\\a", "\b": "\\b", "\v": "\\v", "\f": "\\f" },
};

/** The text of one or more literals, each in quotes, with white space and `#~` marks between them. */
export function fromLiterals(literals: string): string {
  let text = "";
  for (const [, body = ""] of literals.matchAll(/"([^"\\]*(?:\\[\s\S][^"\\]*)*)"/g)) {
    text += body.replace(/\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|([\s\S]))/g, (_, octal, hex, character = "") => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      return ESCAPES[character] ?? character;
    });
  }
  return text;
}

/** How a file folds its literals. */
export interface Folding {
  /** The greatest width of a line in columns; infinite in a file that folds no line but at line feeds. */
  width: number;
  lineEnd: string;
}

/**
 * A text as literals behind a keyword: on its line where it fits, else from the next line on, folded behind spaces and line
 * feeds.
 */
export function toLiterals(text: string, keyword: string, { width, lineEnd }: Folding): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters that C can escape
  const escaped = text.replace(/["\\\n\t\r\x07\b\v\f]/g, (character) => WRITTEN[character] ?? character);
  const paragraphs = escaped.split(/(?<=(?<!\\)(?:\\\\)*\\n)/);
  const isSingle = paragraphs.length === 1 && columnsOf(escaped) + keyword.length + 3 <= width;
  if (isSingle || escaped === "") return `"${escaped}"`;
  const lines = paragraphs.flatMap((paragraph) => folded(paragraph, width - 2));
  return ['""', ...lines.map((line) => `"${line}"`)].join(lineEnd);
}

function folded(paragraph: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  let columns = 0;
  for (const word of paragraph.split(BREAKS)) {
    const wordColumns = columnsOf(word);
    if (line !== "" && columns + wordColumns > width) {
      lines.push(line);
      line = "";
      columns = 0;
    }
    line += word;
    columns += wordColumns;
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** Places for a fold, after Unicode's line breaking (UAX 14): behind spaces and hyphens, beside wide characters. */
const BREAKS = (() => {
  const wide =
    "[\\u1100-\\u115f\\u2e80-\\u2fff\\u3040-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff\\uff10-\\uff5a\\u3005-\\u3007]";
  const opening = '[\\u3008\\u300a\\u300c\\u300e\\u3010\\u3014\\u3016\\uff08\\uff3b\\uff5b(\\[{<\\u201c\\u2018"%]';
  const closing =
    '[\\u3001\\u3002\\u3009\\u300b\\u300d\\u300f\\u3011\\u3015\\u3017\\u30fb\\u30fc\\u3041\\u3043\\u3045\\u3047\\u3049\\u3063\\u3083\\u3085\\u3087\\u308e\\u30a1\\u30a3\\u30a5\\u30a7\\u30a9\\u30c3\\u30e3\\u30e5\\u30e7\\uff01\\uff09\\uff0c\\uff0e\\uff1a\\uff1b\\uff1f\\uff3d\\uff5d.,:;!?)\\]}>\\u201d\\u2019"\\\\]';
  const isSpace = "(?<= )(?=[^ ])";
  const isHyphen = "(?<=[^ \\-0-9]-)(?=\\p{L})";
  const isWide = `(?<=${wide}|[\\u3001\\u3002\\uff0c\\uff01\\uff1f\\u300d])(?!${closing})(?=[^ ])|(?<!${opening}|[ -])(?=${wide})(?!${closing})`;
  return new RegExp([isSpace, isHyphen, isWide].join("|"), "u");
})();

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;

function columnsOf(text: string): number {
  return [...text].length + (text.match(WIDE)?.length ?? 0);
}
