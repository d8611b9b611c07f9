/**
 * Writes a translation memory as TMX 1.4b, a part at a time. Each pair is a unit of its own. Placeholders and tags are inline
 * elements, so that other tools protect them.
 */
import { readSyntax } from "@trans-hub/core/engine";
import { illegalXmlCharacter } from "./xml-characters.ts";

/** A pair of texts in a TMX file. */
export interface TmxPair {
  /** BCP 47, as the file writes it. */
  sourceLocale: string;
  targetLocale: string;
  source: string;
  target: string;
  by?: string | undefined;
  at?: Date | undefined;
}

/** A pair that XML cannot hold. */
export interface UnwritablePair {
  pair: TmxPair;
  /** `source: U+001B cannot stand in XML`: it quotes no text. */
  problem: string;
}

export const TMX_BEGIN = `<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4">
  <header creationtool="trans-hub" creationtoolversion="1" segtype="block" o-tmf="trans-hub" adminlang="en" srclang="*all*" datatype="plaintext"/>
  <body>
`;
export const TMX_END = "  </body>\n</tmx>\n";

/** One unit, or the reason why it cannot be written. */
export function writeTmxUnit(pair: TmxPair): string | UnwritablePair {
  for (const field of ["source", "target", "by"] as const) {
    const character = illegalXmlCharacter(pair[field] ?? "");
    if (character !== undefined) return { pair, problem: `${field}: ${character} cannot stand in XML` };
  }
  const { sourceLocale, targetLocale, source, target, by, at } = pair;
  const codes = new Codes();
  const made = `${at === undefined ? "" : ` changedate="${tmxDate(at)}"`}${by === undefined ? "" : ` changeid="${escaped(by)}"`}`;
  return `    <tu srclang="${escaped(sourceLocale)}">
      <tuv xml:lang="${escaped(sourceLocale)}"><seg>${codes.segment(source)}</seg></tuv>
      <tuv xml:lang="${escaped(targetLocale)}"${made}><seg>${codes.segment(target)}</seg></tuv>
    </tu>
`;
}

/** Numbers the codes of a unit: the same code has the same number in the source and in the target. */
class Codes {
  readonly #numbers = new Map<string, number>();

  segment(text: string): string {
    let written = "";
    let from = 0;
    for (const { start, end } of readSyntax(text, "auto").spans) {
      if (start < from || end <= start) continue;
      const code = text.slice(start, end);
      if (code.trim() === "") continue;
      const number = this.#numbers.get(code) ?? this.#numbers.size + 1;
      this.#numbers.set(code, number);
      written += `${escaped(text.slice(from, start))}<ph x="${number}">${escaped(code)}</ph>`;
      from = end;
    }
    return written + escaped(text.slice(from));
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  // A reader makes a line feed of it.
  "\r": "&#13;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? character);
}

/** `20240506T070809Z`. */
function tmxDate(at: Date): string {
  return `${at.toISOString().replace(/[-:]/g, "").slice(0, 15)}Z`;
}
