/** The style that holds for a target locale. */
import type { Formality } from "../contract/engine.ts";
import type { Glossary, Style } from "../contract/glossary.ts";
import { localeFallbacks } from "./locale.ts";

export interface StyleFor {
  /** Those for each locale first, then those of this one. Undefined: none. */
  readonly instructions: string | undefined;
  readonly formality: Formality | undefined;
  /** The second language that is trusted. Undefined: none, or it is the target itself. */
  readonly also: string | undefined;
}

export function styleFor({ styles }: Pick<Glossary, "styles">, targetLocale: string): StyleFor {
  const everywhere = styles.find((style) => style.targetLocale === null);
  const here = localeFallbacks(targetLocale)
    .map((locale) => styles.find((style) => style.targetLocale === locale))
    .find((style) => style !== undefined);
  const both = [everywhere, here].filter((style): style is Style => style !== undefined);
  const instructions = both.flatMap((style) => style.instructions ?? []);
  const also = here?.also ?? everywhere?.also ?? undefined;
  return {
    instructions: instructions.length === 0 ? undefined : instructions.join("\n"),
    formality: here?.formality ?? everywhere?.formality ?? undefined,
    also: also === targetLocale ? undefined : also,
  };
}
