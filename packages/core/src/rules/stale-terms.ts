/** Which translations the edits of a glossary make stale: those of texts that have the term, as it was or as it is. */
import { UNDETERMINED_LOCALE } from "../contract/engine.ts";
import type { TermCase } from "../contract/glossary.ts";
import { TermMatcher } from "../text/terms/matcher.ts";
import { localeFallbacks } from "./locale.ts";

/** The ways in which an edited term is found, before or after. */
export interface EditedTerm {
  readonly sourceLocale: string;
  readonly term: string;
  readonly forms: readonly string[];
  readonly case: TermCase;
  /** Null: each. */
  readonly targetLocales: readonly string[] | null;
  /** As PostgreSQL writes it. Left out by a store that marks at once. */
  readonly editedAt?: string | undefined;
}

/** Looks for edited terms in the texts of a project. Soft finds do not count: no text is translated anew for an ending. */
export class StaleTerms {
  readonly #edited: readonly EditedTerm[];
  readonly #matchers = new Map<string, TermMatcher<EditedTerm>>();

  constructor(edited: readonly EditedTerm[]) {
    this.#edited = edited;
  }

  /** The edited terms in a text, each once. */
  in(text: string, sourceLocale: string): readonly EditedTerm[] {
    const found = this.#matcherFor(sourceLocale)
      .find(text)
      .flatMap(({ entries, isSoft }) => (isSoft ? [] : entries));
    return [...new Set(found)];
  }

  #matcherFor(sourceLocale: string): TermMatcher<EditedTerm> {
    let matcher = this.#matchers.get(sourceLocale);
    if (matcher === undefined) {
      const locales = localeFallbacks(sourceLocale);
      const wanted = this.#edited
        .filter((each) => sourceLocale === UNDETERMINED_LOCALE || locales.includes(each.sourceLocale))
        .flatMap((entry) => [entry.term, ...entry.forms].map((form) => ({ form, case: entry.case, entry })));
      matcher = new TermMatcher(sourceLocale, wanted);
      this.#matchers.set(sourceLocale, matcher);
    }
    return matcher;
  }
}

/** Whether an edit of a term is about a target locale. */
export function isAbout({ targetLocales }: Pick<EditedTerm, "targetLocales">, targetLocale: string): boolean {
  return targetLocales === null || localeFallbacks(targetLocale).some((locale) => targetLocales.includes(locale));
}
