/** The number of items that the inbox keeps for a person to look at, by code; never their content. */
export function describeRefused(refused: Readonly<Record<string, number>>): string {
  const codes = Object.entries(refused).sort(([, one], [, other]) => other - one);
  const all = codes.reduce((sum, [, count]) => sum + count, 0);
  return `${all} ${all === 1 ? "item" : "items"} cannot be registered: ${codes.map(([code, count]) => `${count} ${code}`).join(", ")}`;
}
