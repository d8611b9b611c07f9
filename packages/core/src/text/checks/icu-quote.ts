import { quoteEnd } from "../icu.ts";
import { quotedStretches } from "../syntax.ts";
import { counted } from "./counted.ts";
import type { Check } from "./subject.ts";

/**
 * No apostrophe of a word quotes syntax: in `l'{name}` and `l'<link>` a formatter prints the braces or the tag, and in a
 * plural `d'#` the sign. Stretches that the source quotes as well are meant. In java.text.MessageFormat any apostrophe quotes.
 */
export const icuQuote: Check = {
  name: "icu-quote",
  severity: "block",
  check({ given: { source, translation }, sourceSyntax }) {
    if (!translation.includes("'")) return undefined;
    if (sourceSyntax.readAs === "java") {
      // A text without arguments is most often shown without MessageFormat.
      if (!sourceSyntax.tokens.some(({ canonical }) => canonical.startsWith("{"))) return undefined;
      return faultOf(javaQuotes(source), javaQuotes(translation));
    }
    if (!sourceSyntax.isIcu) return undefined;
    const tags = sourceSyntax.tokens.some(({ kind }) => kind === "markup") ? "<>" : "";
    const plurals = sourceSyntax.arguments.some(({ branches }) => branches.length > 0) ? "#" : "";
    const signs = `{}${tags}${plurals}`;
    return faultOf(icuQuotes(source, signs), icuQuotes(translation, signs));
  },
};

function faultOf(expected: string[], actual: string[]): string | undefined {
  const known = new Set(expected);
  // A stretch whose words were translated is meant as well, where the source quotes the same signs.
  const bySigns = new Set(expected.map(signsOf));
  const faults = actual.filter((stretch) => !known.has(stretch) && !bySigns.has(signsOf(stretch)));
  if (faults.length === 0) return undefined;
  return `${counted(faults.length, "apostrophe")} before syntax`;
}

function signsOf(stretch: string): string {
  return stretch.replace(/[^{}<>#]+/g, " ").trim();
}

function javaQuotes(text: string): string[] {
  return quotedStretches(text).map(({ start, end }) => text.slice(start, end));
}

function icuQuotes(text: string, signs: string): string[] {
  const stretches: string[] = [];
  for (let at = text.indexOf("'"); at !== -1; ) {
    const end = quoteEnd(text, at, signs);
    if (text[at + 1] !== "'" && end > at + 1) stretches.push(text.slice(at, end));
    at = text.indexOf("'", end);
  }
  return stretches;
}
