/**
 * Writes large arrays in PostgreSQL's format.
 *
 * The driver does the same, element by element and with two replacements each: a third of a producer's time for a chunk
 * of 1,000 texts.
 */
const SPECIAL = /["\\]/;
const EVERY_SPECIAL = /["\\]/g;

/** For a parameter of type `text[]`. */
export function textArray(values: readonly (string | null)[]): string {
  let literal = "";
  for (const value of values) {
    if (literal !== "") literal += ",";
    if (value === null) literal += "NULL";
    else literal += `"${SPECIAL.test(value) ? value.replace(EVERY_SPECIAL, "\\$&") : value}"`;
  }
  return `{${literal}}`;
}

/** For a parameter of type `integer[]` or `bigint[]`. */
export function integerArray(values: readonly (number | string)[]): string {
  return `{${values.join(",")}}`;
}

/**
 * The values of an array of numbers that the database wrote as text. Returned as digits, because a `bigint` needs them.
 */
export function arrayValues(literal: string): string[] {
  return literal.slice(1, -1).split(",");
}

/** A column whose values are all equal is sent as its first value; {@link whole} expands it in the statement. */
export function column<Value>(values: readonly Value[]): readonly Value[] {
  return values.every((value) => value === values[0]) ? values.slice(0, 1) : values;
}

/** SQL that expands a {@link column} in parameter `$parameter` to the length of the array `like`. */
export function whole(parameter: number, type: string, like: string): string {
  const given = `$${parameter}::${type}[]`;
  return `case when cardinality(${given}) = cardinality(${like}) then ${given}
        else array_fill((${given})[1], array[cardinality(${like})]) end`;
}
