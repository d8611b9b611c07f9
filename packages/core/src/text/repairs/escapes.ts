import { named, type Repair } from "./subject.ts";

/** Takes the backslash from `\'` and `\"` where the source has no backslash: the engine wrote a string of a program. */
export const escapes: Repair = (translation, { source }) =>
  named("escapes", translation, source.includes("\\") ? translation : translation.replace(/\\(?=['"])/g, ""));
