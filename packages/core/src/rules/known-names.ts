/** Names that a caller may give: keys of options, of queries and of items. An unknown one is most often a typing error. */
import { InvalidItemError } from "../contract/errors.ts";
import { closestName } from "./closest-name.ts";

/** A longer key, or one with blanks, is more likely a text of the caller than a misspelling, and stays unnamed. */
const NAME = /^[\w$-]{1,64}$/;

/**
 * The first key of an object that is not known. A key whose value is undefined counts as left out.
 *
 * A `for … in` and no `Object.keys`: it runs for every item of every request, and makes no array.
 */
export function unknownKey(given: object, known: ReadonlySet<string>): string | undefined {
  for (const key in given) {
    if (known.has(key) || (given as Record<string, unknown>)[key] === undefined) continue;
    if (Object.hasOwn(given, key)) return key;
  }
  return undefined;
}

/** The key at fault as an error may name it. */
export function shownKey(key: string): string {
  return NAME.test(key) ? key : "(a key that is no name)";
}

/**
 * The problem of an unknown key: `is not an option of forget; did you mean "text"?`
 *
 * @param noun Such as "an option of forget".
 */
export function unknownKeyProblem(key: string, known: Iterable<string>, noun: string): string {
  const meant = NAME.test(key) ? closestName(key, [...known]) : undefined;
  return `is not ${noun}${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
}

/**
 * Refuses a value that is no object, and an object with an unknown key.
 *
 * @param noun Such as "a field of an item".
 * @throws {InvalidItemError} `TH_ITEM_SHAPE`.
 */
export function requireKnownKeys(given: unknown, known: ReadonlySet<string>, noun: string, subject: string): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new InvalidItemError("TH_ITEM_SHAPE", subject, "must be an object", {
      hint: `Its fields are: ${[...known].join(", ")}.`,
    });
  }
  const key = unknownKey(given, known);
  if (key === undefined) return;
  throw new InvalidItemError("TH_ITEM_SHAPE", shownKey(key), unknownKeyProblem(key, known, noun), {
    hint: `The fields are: ${[...known].join(", ")}.`,
  });
}
