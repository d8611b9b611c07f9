/** Hides the parts of a text that must not change behind tokens that an engine keeps. */
import type { TextFormat } from "../../contract/engine.ts";
import type { Span } from "../icu.ts";
import { literalsOf } from "./literal.ts";
import type { Masked } from "./masked.ts";
import { readParts } from "./parts.ts";
import { maskWithTags } from "./tags.ts";
import { maskWithWords } from "./words.ts";

export type { Masked } from "./masked.ts";
export { splitAtParts } from "./split.ts";

/**
 * Masks the protected parts of a text; parts without a word between them are one token. The words come back as the engine
 * wrote them, so the checks of a translation still have to judge the result.
 *
 * @param as `tags`: XML, for engines that keep tags; `words`: made-up words, for engines that keep words they do not know.
 * @param place Two texts of one call with different places have different tokens, so that an engine that gives each the other's
 *   translation is found out. Words have twelve places. Default: 0.
 * @param kept Words that are protected as well. Default: none.
 * @returns undefined where the text has no protected part.
 */
export function maskParts(
  text: string,
  format: TextFormat,
  as: "tags" | "words",
  place = 0,
  kept: readonly Span[] = [],
): Masked | undefined {
  const parted = readParts(text, format, kept);
  if (parted.runs.length === 0) return undefined;
  const literals = literalsOf(parted);
  return as === "tags" ? maskWithTags(parted, literals, place + 1) : maskWithWords(parted, literals, place);
}
