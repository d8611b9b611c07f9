import { differenceOf } from "./difference.ts";
import { hasBranches } from "./prose.ts";
import type { Check } from "./subject.ts";

/** Pictures alone: ©, ® and ™ are letters of the law, and arrows follow the direction of the script. */
const EMOJI = /(?![©®™ℹ〰〽‼⁉Ⓜ㊗㊙↔-↪⬅-⬇➡⤴⤵])\p{Extended_Pictographic}/gu;

/** A translation has the emoji of its source. */
export const emoji: Check = {
  name: "emoji",
  severity: "warn",
  check({ given: { source, translation }, sourceSyntax }) {
    const { missing, added } = differenceOf(
      source.match(EMOJI) ?? [],
      translation.match(EMOJI) ?? [],
      hasBranches(sourceSyntax) ? "once" : "as often",
    );
    return missing > 0 || added > 0 ? `${missing} emoji missing, ${added} added` : undefined;
  },
};
