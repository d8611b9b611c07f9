import { named, type Repair } from "./subject.ts";

/** Gives a translation the space at the ends of its source, by which programs join texts. The space within is the engine's. */
export const outerSpace: Repair = (translation, { source }) => {
  const leading = source.slice(0, source.length - source.trimStart().length);
  const trailing = source.slice(source.trimEnd().length);
  return named("outer-space", translation, leading + translation.trim() + trailing);
};
