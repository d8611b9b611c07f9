import type { Syntax } from "../syntax.ts";
import { counted } from "./counted.ts";
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
    if (subject.isByMachine) {
      const fault = glueFault(subject) ?? spillFault(subject);
      if (fault !== undefined) return fault;
    }
    if (!subject.given.source.includes("%") && !subject.given.translation.includes("%%")) return undefined;
    return escapeFault(subject);
  },
};

/**
 * A conversion ends where its letter does, and not where a program ends it: `%du` of `%d` may be read as one for unsigned numbers, and
 * `%bu %du` is the pattern of a date only to a reader who knows that it was one. Brackets end a placeholder by themselves.
 */
function glueFault({ given: { source, translation }, sourceSyntax, translationSyntax }: CheckSubject) {
  if (!translation.includes("%")) return undefined;
  const added = gluedCount(translation, translationSyntax) - gluedCount(source, sourceSyntax);
  return added > 0 ? `${counted(added, "placeholder")} touched by a letter or digit` : undefined;
}

function gluedCount(text: string, { spans }: Syntax): number {
  let count = 0;
  for (const { start, end } of spans) {
    if (/%[^%]*[A-Za-z]$/.test(text.slice(start, end)) && /^\w/.test(text.slice(end, end + 1))) count += 1;
  }
  return count;
}

/** A plural form may say its number in words, but a machine that drops the braces of `{count}` has lost it. */
function spillFault({ given: { source }, count, translationSyntax, sourceProse, translationProse }: CheckSubject) {
  if (count === undefined || translationSyntax.tokens.some(({ canonical }) => canonical === count)) return undefined;
  const name = /[\p{L}_][\p{L}\p{N}_]{2,}/u.exec(count)?.[0].toLowerCase();
  if (name === undefined || !source.includes(count)) return undefined;
  const occurrences = (prose: string) => prose.toLowerCase().split(name).length - 1;
  return occurrences(translationProse) > occurrences(sourceProse)
    ? "the name of a placeholder is left of it"
    : undefined;
}

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
