/**
 * Mends an engine's answer before it is judged, where the source leaves a single right text. A person's translation is never
 * repaired, only judged.
 */
import type { TextFormat } from "../../contract/engine.ts";
import { characters } from "./characters.ts";
import { entities } from "./entities.ts";
import { escapes } from "./escapes.ts";
import { icuFrame } from "./icu-frame.ts";
import { icuQuotes } from "./icu-quotes.ts";
import { lineBreaks } from "./line-breaks.ts";
import { outerSpace } from "./outer-space.ts";
import { spelling } from "./spelling.ts";
import { type Repair, RepairSubject } from "./subject.ts";

/** Every repair in its order: what hides a part goes before what finds it, and parts go before the quotes around them. */
const REPAIRS: readonly Repair[] = [
  characters,
  entities,
  escapes,
  lineBreaks,
  spelling,
  icuQuotes,
  icuFrame,
  outerSpace,
];

/**
 * Mends a machine's translation: space, width, case and quotes within protected parts, entities, `\'`, `\n`, apostrophes before
 * syntax in ICU messages, added control characters, the space at the ends.
 *
 * @returns the text, and the names of the repairs it took, each once; empty where it is as the engine wrote it.
 */
export function repair(given: { source: string; translation: string; format: TextFormat }): {
  text: string;
  repairs: readonly string[];
} {
  if (isPlain(given.source) && isPlain(given.translation)) return { text: given.translation, repairs: [] };
  const subject = new RepairSubject(given.source, given.format);
  let text = given.translation;
  const repairs: string[] = [];
  for (const mend of REPAIRS) {
    const result = mend(text, subject);
    text = result.text;
    repairs.push(...result.repairs);
  }
  return { text, repairs: [...new Set(repairs)] };
}

/** Neither syntax, entities and escapes, nor other than single spaces between words: nothing is there to be repaired. */
function isPlain(text: string): boolean {
  return !/[<>{}%$@:#&`\\'’＃％｛｝[\]\p{Cc}\p{Cf}\u2028\u2029]|^\s|\s$/u.test(text);
}
