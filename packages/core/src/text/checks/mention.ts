import { counted } from "./counted.ts";
import { differenceOf } from "./difference.ts";
import { hasBranches } from "./prose.ts";
import type { Check } from "./subject.ts";

/** `@channel` and `@org/team`; the at sign of an e-mail address, of `%@` and of a linked key (`@:key`) is none. */
const MENTION = /(?<![\p{L}\p{N}._%+@/-])@[A-Za-z_][A-Za-z0-9_-]*/gu;

/** The handles of a translation are those of its source: nobody is reached by a translated one. */
export const mention: Check = {
  name: "mention",
  severity: "warn",
  check({ given: { source, translation }, sourceSyntax }) {
    if (!source.includes("@") && !translation.includes("@")) return undefined;
    const { missing, added } = differenceOf(
      source.match(MENTION) ?? [],
      translation.match(MENTION) ?? [],
      hasBranches(sourceSyntax) ? "once" : "as often",
    );
    return missing > 0 || added > 0 ? `${counted(missing, "mention")} missing, ${added} added` : undefined;
  },
};
