import type { Syntax } from "../syntax.ts";
import { counted } from "./counted.ts";
import type { Check } from "./subject.ts";

/** Openings of i18next, Handlebars, Vue, Ruby and template strings: `{{`, `$t(`, `${`, `%{`, `#{`, `{%`. */
const OPENINGS = /\$t\(|[$%#]\{+|\{[{%]+/g;
/** A text with placeholders in braces is formatted, and a formatter throws on a single brace. */
const BRACES = /[$%#]?\{+%?|\}+|\$t\(/g;

/** Formats whose own checks read every brace. */
const READ_WHOLE: ReadonlySet<string> = new Set(["icu", "fluent"]);

/**
 * No placeholder begins that does not end, unless the source has as many: a formatter prints `{{x` and `$t(a` as they are, takes the text
 * behind them for a part of the name, or throws.
 */
export const unfinishedPlaceholder: Check = {
  name: "placeholders",
  severity: "block",
  check({ given: { source, translation }, sourceSyntax, translationSyntax }) {
    if (!/[{}]|\$t\(/.test(translation) || READ_WHOLE.has(sourceSyntax.readAs)) return undefined;
    const hasBraces = sourceSyntax.tokens.some(({ canonical }) => canonical.startsWith("{"));
    const pattern = hasBraces ? BRACES : OPENINGS;
    const added = countOutside(pattern, translation, translationSyntax) - countOutside(pattern, source, sourceSyntax);
    return added > 0 ? `${counted(added, "unfinished placeholder")} added` : undefined;
  },
};

/** Counts the matches that begin outside the syntax that was read. */
function countOutside(pattern: RegExp, text: string, { spans }: Syntax): number {
  let count = 0;
  let from = 0;
  for (const { start, end } of [...spans, { start: text.length, end: text.length }]) {
    count += text.slice(from, start).match(pattern)?.length ?? 0;
    from = end;
  }
  return count;
}
