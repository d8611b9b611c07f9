/** The plural form of a text as a producer says it: under the key `plural` of the text's context. */
import type { PluralForm } from "../contract/engine.ts";

/** The context that says which plural form a text is. The checks and the engine read it; other keys may stand beside it. */
export function pluralContext({ category, example, of }: PluralForm): { plural: PluralForm } {
  return { plural: { category, example, of } };
}

const CATEGORY = /^(?:zero|one|two|few|many|other|=[0-9]{1,15})$/;

/** The plural form that a context says. Undefined: none, or `plural` is a word of the producer's own. */
export function pluralFormOf(context: Readonly<Record<string, unknown>> | null | undefined): PluralForm | undefined {
  const plural = context?.plural;
  if (typeof plural !== "object" || plural === null) return undefined;
  const { category, example, of = "" } = plural as Partial<Record<keyof PluralForm, unknown>>;
  if (typeof category !== "string" || !CATEGORY.test(category)) return undefined;
  if (typeof example !== "number" || !Number.isFinite(example) || typeof of !== "string") return undefined;
  return { category, example, of };
}
