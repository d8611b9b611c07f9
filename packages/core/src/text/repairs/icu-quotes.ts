import { named, type Repair } from "./subject.ts";

/**
 * Doubles the apostrophe before an argument, a tag or `#` of an ICU message, where the source quotes nothing. Alone it would
 * quote them: `l'{name}` prints `l{name}`. French, Italian and Catalan elide before nouns, so that good engines write it.
 */
export const icuQuotes: Repair = (translation, { source, syntax }) => {
  if (!syntax.isIcu || !translation.includes("'")) return { text: translation, repairs: [] };
  if (/'[{}<>#|]/.test(source.replaceAll("''", ""))) return { text: translation, repairs: [] };
  const text = translation.replace(/'+/g, (run, at: number) =>
    run.length % 2 === 1 && /[{}<#]/.test(translation.charAt(at + run.length)) ? `${run}'` : run,
  );
  return named("icu-quotes", translation, text);
};
