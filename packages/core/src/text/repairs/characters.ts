import { named, type Repair } from "./subject.ts";

// NUL is left to its check: where it stands, something else is lost.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this repair takes out
const ADDED = /[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f\ufeff]/g;
const ZERO_WIDTH_SPACE = /\u200b/g;
/** In these scripts, which write no spaces, it marks where a line may break. */
const BREAKS_BY_IT =
  /[\p{Script=Khmer}\p{Script=Thai}\p{Script=Lao}\p{Script=Myanmar}\p{Script=Tibetan}\p{Script=Javanese}]/u;

/** Takes out control characters and zero-width spaces of which the source has none. */
export const characters: Repair = (translation, { source }) => {
  let text = translation.replace(ADDED, (character) => (source.includes(character) ? character : ""));
  if (text.includes("\u200b") && !source.includes("\u200b") && !BREAKS_BY_IT.test(text)) {
    text = text.replace(ZERO_WIDTH_SPACE, "");
  }
  return named("characters", translation, text);
};
