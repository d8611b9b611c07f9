/** The difference between the members of a text and those of its source. */
export interface Difference {
  missing: number;
  added: number;
}

/**
 * Compares two lists in any order.
 *
 * @param each Whether a member must come `as often` as in the source, or at least `once`.
 */
export function differenceOf(
  expected: readonly string[],
  actual: readonly string[],
  each: "as often" | "once",
): Difference {
  const difference = { missing: 0, added: 0 };
  if (expected.length === 0 && actual.length === 0) return difference;
  const counts = new Map<string, { expected: number; actual: number }>();
  const count = (members: readonly string[], side: "expected" | "actual") => {
    for (const member of members) {
      const entry = counts.get(member) ?? { expected: 0, actual: 0 };
      entry[side] = each === "once" ? 1 : entry[side] + 1;
      counts.set(member, entry);
    }
  };
  count(expected, "expected");
  count(actual, "actual");
  for (const entry of counts.values()) {
    if (entry.expected > entry.actual) difference.missing += entry.expected - entry.actual;
    else difference.added += entry.actual - entry.expected;
  }
  return difference;
}
