/**
 * Exact amounts of money: whole numbers of 10^-12 of the currency's unit.
 *
 * A price has at most six decimals a million tokens, so the price of one token is a whole number of these, and no sum is ever
 * rounded. A binary fraction cannot hold 0.15.
 */

/** Decimals of an amount. */
const SCALE = 12;
const DECIMAL = /^(\d{1,15})(?:\.(\d+))?$/;

/**
 * Reads a decimal number of at most `decimals` decimals, such as `2.50`, that is not below 0.
 *
 * @param decimals At most 12. Default 12.
 * @returns Undefined: the text is none. Zeros at the end count as no decimals.
 */
export function parseAmount(text: string, decimals = SCALE): bigint | undefined {
  const [, whole, given = ""] = DECIMAL.exec(text) ?? [];
  const fraction = given.replace(/0+$/, "");
  if (whole === undefined || fraction.length > decimals) return undefined;
  return BigInt(whole + fraction.padEnd(SCALE, "0"));
}

/** An amount as a decimal number without zeros at its end: `0.000135`, `2.5`, `3`. */
export function formatAmount(amount: bigint): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(SCALE + 1, "0");
  const fraction = digits.slice(-SCALE).replace(/0+$/, "");
  return `${amount < 0n ? "-" : ""}${digits.slice(0, -SCALE)}${fraction === "" ? "" : `.${fraction}`}`;
}
