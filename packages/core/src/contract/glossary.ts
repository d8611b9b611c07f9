/** A project's glossary and style: the words and the manner that its team wants in translations. */
import type { Formality, TermKind, TextFormat } from "./engine.ts";
import type { Translation } from "./translation.ts";

/**
 * The letter case in which a term is found. `any`: any. `exact`: as it is written. `first`: as it is written, but for its first
 * letter.
 */
export const TERM_CASES = ["any", "exact", "first"] as const;
export type TermCase = (typeof TERM_CASES)[number];

/** The most terms of a project's glossary, and the most edits of one call. */
export const MAX_TERMS = 20_000;
/** The most bytes of a term, of a form and of a translation of a term. */
export const MAX_TERM_BYTES = 255;
/** The most listed forms of a term, and of a translation of it. */
export const MAX_TERM_FORMS = 50;

/** The translation of a term into one target locale. */
export interface TermTarget {
  /** Of `forbid`: the word that must not stand in a translation. */
  as: string;
  /** Other forms that count as this translation. Default: none. */
  forms?: readonly string[] | undefined;
}

/** A term as a person gives it. */
export interface GlossaryTermInput {
  /** In the source language. */
  term: string;
  /** BCP 47. `de` stands for `de-AT` too. A text whose language is to be detected (`und`) may have terms of each language. */
  sourceLocale: string;
  /** Default `translate`. One term may have an entry of each kind. */
  kind?: TermKind | undefined;
  /** Default `any`. */
  case?: TermCase | undefined;
  /** For the engine and for people: which sense of the word is meant. At most 1,000 bytes. */
  note?: string | undefined;
  /** Other forms of the term that count as it: plurals, cases. Default: none. */
  forms?: readonly string[] | undefined;
  /** By target locale; `de` stands for `de-AT` too. Empty for `keep`, which holds for each target locale. */
  targets?: Readonly<Record<string, TermTarget>> | undefined;
}

export interface GlossaryTerm {
  readonly term: string;
  readonly sourceLocale: string;
  readonly kind: TermKind;
  readonly case: TermCase;
  readonly note: string | null;
  readonly forms: readonly string[];
  readonly targets: Readonly<Record<string, { readonly as: string; readonly forms: readonly string[] }>>;
  /** The revision of the glossary with which it was set last. */
  readonly revision: number;
  readonly by: string | null;
  readonly at: Date;
}

/** The manner of the translations of a project into a target locale, or into each. */
export interface StyleInput {
  project: string;
  /**
   * Null: each target locale. The style of one locale goes with it: its instructions come later, and its other parts take the place of
   * those for each locale. A style of `de` stands for `de-AT` too, unless `de-AT` has one of its own.
   */
  targetLocale: string | null;
  /** For engines that follow instructions, beside those of the settings. At most 4 KiB. */
  instructions?: string | null | undefined;
  formality?: Formality | null | undefined;
  /** A second language whose translations the team trusts: what it has of a text goes along, for its meaning. */
  also?: string | null | undefined;
  by?: string | undefined;
}

export interface Style {
  readonly targetLocale: string | null;
  readonly instructions: string | null;
  readonly formality: Formality | null;
  readonly also: string | null;
  readonly revision: number;
  readonly by: string | null;
  readonly at: Date;
}

/** The terms and the styles of a project. Never changed: another revision is another object. */
export interface Glossary {
  readonly project: string;
  /** Raised by each edit of a term or a style. 0: there was none. */
  readonly revision: number;
  /** Sorted by source locale, term and kind. */
  readonly terms: readonly GlossaryTerm[];
  readonly styles: readonly Style[];
}

/** Names a term. */
export type TermName = Pick<GlossaryTermInput, "term" | "sourceLocale" | "kind">;

/** One act of a person on a glossary. All of it holds, or nothing. */
export interface GlossaryEdit {
  project: string;
  /** Terms to add or to replace; the targets of a term that is there, and that are not named, stay (see `replace`). */
  set?: readonly GlossaryTermInput[] | undefined;
  /** Terms to remove. */
  remove?: readonly TermName[] | undefined;
  /** Whether `set` is the whole glossary: other terms and other targets are removed. Default: false. */
  replace?: boolean | undefined;
  /** The revision that the person read. Undefined: any. */
  revision?: number | undefined;
  /** The person's name, for the record. */
  by?: string | undefined;
}

/** The number of terms that an edit added, changed and removed. */
export interface GlossaryEdited {
  readonly revision: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

export interface StaleFilter {
  project: string;
  targetLocale: string;
}

/** A translation made before an edit of a term that its text contains. */
export interface StaleTranslation {
  readonly translation: Translation;
  /** The declared format of its text. */
  readonly format: TextFormat;
  /** The term that was edited last of those that the text contains. */
  readonly term: string;
  readonly since: Date;
}
