import { hasBranches } from "./prose.ts";
import type { Check } from "./subject.ts";

const SIGN = /[%٪％﹪]/g;
const WORD =
  /per ?cent|prozent|por ?ciento|por ?cento|pour cent|procent|процент|відсот|százalék|yüzde|パーセント|퍼센트|百分|phần trăm|persen|prosent/iu;

/** Turkish and Basque write the sign before the number, where it looks like a placeholder. */
const BEFORE_NUMBER = /[%٪](?=[0-9٠-٩])/g;
/** The way in which a format writes one sign. */
const ESCAPED = /%%/g;

/** A translation has the percent signs of its source, or the word for them. */
export const percent: Check = {
  name: "percent",
  severity: "warn",
  check({ given: { source, translation }, sourceProse, translationProse, sourceSyntax }) {
    if (!source.includes("%")) return undefined;
    const expected = signCount(sourceProse, source);
    if (expected === 0) return undefined;
    const actual = Math.max(signCount(translationProse, translation), countOf(translation, BEFORE_NUMBER));
    const isLost = hasBranches(sourceSyntax) ? actual === 0 : actual < expected;
    const isWord = WORD.test(translation) && !WORD.test(source);
    return isLost && !isWord ? "a percent sign is missing" : undefined;
  },
};

/** An escaped sign is one, whether the syntax of the text takes it for a placeholder or not. */
function signCount(prose: string, text: string): number {
  return countOf(prose.replace(ESCAPED, ""), SIGN) + countOf(text, ESCAPED);
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
