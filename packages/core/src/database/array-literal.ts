/**
 * Large arrays as PostgreSQL reads them.
 *
 * The driver makes the same, element by element and with two replacements each: a third of what a producer spends on a
 * chunk of 1,000 texts.
 */
const SPECIAL = /["\\]/;
const EVERY_SPECIAL = /["\\]/g;

/** For a parameter of type `text[]`. */
export function textArray(values: readonly string[]): string {
  let literal = "";
  for (const value of values) {
    literal += `${literal === "" ? "" : ","}"${SPECIAL.test(value) ? value.replace(EVERY_SPECIAL, "\\$&") : value}"`;
  }
  return `{${literal}}`;
}

/** For a parameter of type `integer[]` or `bigint[]`. */
export function integerArray(values: readonly number[]): string {
  return `{${values.join(",")}}`;
}
