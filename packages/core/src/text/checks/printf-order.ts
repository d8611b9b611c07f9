import type { Syntax } from "../syntax.ts";
import type { Check } from "./subject.ts";

/** A conversion without a number or a name takes the next argument. */
const UNNUMBERED =
  /^%(?!\()[-#0+,(']{0,5}(?:[0-9]{0,9}|\*)(?:\.(?:[0-9]{0,9}|\*))?(?:hh|h|ll|l|L|q|j|z|t)?([diouxXeEfFgGcCsSp@])$/;

/**
 * Conversions without numbers keep the order of their source: `%s has %d` as `%d … %s` gives a number where the program
 * expects a text. Two of one type cannot be told apart.
 */
export const printfOrder: Check = {
  name: "printf-order",
  severity: "block",
  check({ given: { source }, sourceSyntax, translationSyntax }) {
    if (!source.includes("%") || sourceSyntax.readAs === "strftime") return undefined;
    const expected = orderOf(sourceSyntax);
    const actual = orderOf(translationSyntax);
    if (expected.length === 0) return undefined;
    // One more or fewer at the end is a matter of the check of placeholders; a gap moves every later argument.
    const isInOrder = actual.every((conversion, at) => at >= expected.length || conversion === expected[at]);
    return isInOrder ? undefined : "its unnumbered conversions are in another order";
  },
};

function orderOf({ tokens }: Syntax): string[] {
  return tokens.flatMap(({ canonical }) => UNNUMBERED.exec(canonical)?.slice(1) ?? []).map(classOf);
}

function classOf(conversion = ""): string {
  if ("diouxX".includes(conversion)) return "integer";
  return "eEfFgG".includes(conversion) ? "float" : conversion.toLowerCase();
}
