import type { Check } from "./subject.ts";

const QUOTED =
  /^\s*(?:"[\s\S]*"|'[\s\S]*'|“[\s\S]*[”“]|„[\s\S]*[“”"]|«[\s\S]*»|»[\s\S]*«|‹[\s\S]*›|‘[\s\S]*’|‚[\s\S]*[‘’]|「[\s\S]*」|『[\s\S]*』|`[\s\S]*`)[\s.]*$/u;
const QUOTE = /["“”„«»‹›‘‚「『`]|^\s*'|'\s*$/u;
const BACKSLASHED = /\\["'“”]/;

/** An engine that quotes its answer, or escapes the quotes in it, shows these marks to every reader. */
export const quotesAdded: Check = {
  name: "quotes-added",
  severity: "warn",
  check({ given: { source, translation } }) {
    if (BACKSLASHED.test(translation) && !BACKSLASHED.test(source)) return "its quotes have backslashes";
    return QUOTED.test(translation) && !QUOTE.test(source) ? "it is put in quotes" : undefined;
  },
};
