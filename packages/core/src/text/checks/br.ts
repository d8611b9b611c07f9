import type { Syntax } from "../syntax.ts";
import type { Check } from "./subject.ts";

/** Line breaks of HTML are layout: a translation that is shorter or denser may do with fewer. */
export const br: Check = {
  name: "br",
  severity: "warn",
  check({ given: { source, translation }, sourceSyntax, translationSyntax }) {
    if (!source.includes("<") && !translation.includes("<")) return undefined;
    if (sourceSyntax.isIcu) return undefined;
    return breaksOf(sourceSyntax) === breaksOf(translationSyntax) ? undefined : "its line breaks in HTML differ";
  },
};

function breaksOf({ tokens }: Syntax): number {
  return tokens.filter(({ canonical }) => /^<br[ >]/i.test(canonical)).length;
}
