import { readSyntax } from "../syntax.ts";
import { named, type Repair } from "./subject.ts";

/**
 * Gives the syntax of an ICU message the source's white space, where the answer has the same branches in the same order:
 * `{n,plural,one{` becomes `{n, plural, one {`.
 */
export const icuFrame: Repair = (translation, { syntax, source }) => {
  const unchanged = { text: translation, repairs: [] };
  if (!syntax.isIcu) return unchanged;
  const { spans, isIcu } = readSyntax(translation, "icu");
  if (!isIcu || spans.length !== syntax.spans.length) return unchanged;
  let text = "";
  let at = 0;
  for (const [position, { start, end }] of spans.entries()) {
    const { start: from, end: to } = syntax.spans[position] ?? { start: 0, end: 0 };
    const right = source.slice(from, to);
    if (bare(translation.slice(start, end)) !== bare(right)) return unchanged;
    text += translation.slice(at, start) + right;
    at = end;
  }
  return named("placeholder-space", translation, text + translation.slice(at));
};

function bare(text: string): string {
  return text.replace(/\s/g, "");
}
