/** The texts of the chaos suite: made from their number, so that who judges needs no list of them. */
import { makeRandom, WORDS } from "../support/strings.ts";

/** Stands in every text. Where it turns up outside the text tables, something leaked. */
export const MARK = "zqx";

/** Stands in texts that the engine never gets right: they have to end in the dead letters. */
export const UNANSWERABLE = "{unanswerable}";

/** Distinct for each number. Placeholders and tags in some, and one in 200 is unanswerable. */
export function textOf(number: number): string {
  const random = makeRandom(number * 7_919 + 17);
  const words = Array.from({ length: 1 + Math.floor(random() ** 3 * 30) }, () => {
    return WORDS[Math.floor(random() * WORDS.length)];
  });
  const text = `${number.toString(36)}${MARK} ${words.join(" ")}`;
  if (number % 200 === 77) return `${text} ${UNANSWERABLE}`;
  if (number % 10 === 3) return `${text} <b>{name}</b>`;
  return text;
}

export function isAnswerable(text: string): boolean {
  return !text.includes(UNANSWERABLE);
}

/** What the test server of Chat Completions answers. */
export function translationOf(text: string, targetLocale: string): string {
  return `[${targetLocale}] ${text}`;
}
