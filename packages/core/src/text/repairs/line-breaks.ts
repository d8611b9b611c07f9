import { named, type Repair } from "./subject.ts";

const WRITTEN = /\\r\\n|\\n/g;
const REAL = /\r\n|\n/g;

/**
 * Makes line breaks what they are in the source: real ones, where the engine wrote `\n` in two characters, or the two characters,
 * where it read them as a break. The source must hold one kind alone.
 */
export const lineBreaks: Repair = (translation, { source }) => {
  const [written] = source.match(WRITTEN) ?? [];
  const [real] = source.match(REAL) ?? [];
  let text = translation;
  if (real !== undefined && written === undefined) text = translation.replace(WRITTEN, () => real);
  if (written !== undefined && real === undefined) {
    const expected = source.match(WRITTEN)?.length ?? 0;
    const inner = translation.trim();
    const isAll = (inner.match(REAL)?.length ?? 0) + (inner.match(WRITTEN)?.length ?? 0) === expected;
    if (isAll) text = translation.replace(inner, () => inner.replace(REAL, () => written));
  }
  return named("line-breaks", translation, text);
};
