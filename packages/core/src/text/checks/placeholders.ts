import type { Syntax } from "../syntax.ts";
import type { Check, CheckSubject } from "./subject.ts";
import { differencesWith } from "./token-difference.ts";

/**
 * A translation has the placeholders of its source, each as often, in any order. In ICU messages each at least once:
 * branches multiply them.
 *
 * `%%` is a percent sign, which a translation may move, drop and write in another script. A text with it is formatted, so
 * each other percent sign of its translation is escaped as well: Java and Android throw on `100% of`.
 */
export const placeholders: Check = {
  name: "placeholders",
  severity: "block",
  check(subject) {
    const difference = differencesWith("placeholder", subject.tokenDifferences);
    if (difference !== undefined) return difference;
    if (!subject.given.source.includes("%") && !subject.given.translation.includes("%%")) return undefined;
    return escapeFault(subject);
  },
};

function escapeFault({
  given: { source, translation },
  sourceSyntax,
  translationSyntax,
}: CheckSubject): string | undefined {
  if (sourceSyntax.readAs === "strftime" || sourceSyntax.readAs === "text") return undefined;
  if (hasEscape(sourceSyntax)) {
    if (hasBarePercent(source, sourceSyntax)) return undefined;
    return hasBarePercent(translation, translationSyntax) ? "a percent sign is not escaped" : undefined;
  }
  const isFormatted = sourceSyntax.tokens.some(({ canonical }) => canonical.startsWith("%"));
  return !isFormatted && hasEscape(translationSyntax) ? "a percent sign is escaped without need" : undefined;
}

function hasEscape({ tokens }: Syntax): boolean {
  return tokens.some(({ canonical }) => canonical === "%%");
}

function hasBarePercent(text: string, { spans }: Syntax): boolean {
  let span = 0;
  for (let at = text.indexOf("%"); at !== -1; at = text.indexOf("%", at + 1)) {
    while ((spans[span]?.end ?? Infinity) <= at) span += 1;
    if ((spans[span]?.start ?? Infinity) > at) return true;
  }
  return false;
}
