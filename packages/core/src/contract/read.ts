/** Options of reads, and the filters of lists and exports. */
import type { Page } from "./page.ts";
import type { Prefer, StoredStatus, Translation } from "./translation.ts";

export interface ListFilter {
  project: string;
  targetLocale: string;
  status?: StoredStatus | undefined;
  /** Only texts that were stored with this warning. */
  flag?: string | undefined;
  businessIdPrefix?: string | undefined;
}

export interface SearchFilter extends ListFilter {
  /** Only texts of this engine; `human`: of a person. */
  engine?: string | undefined;
  /** Only texts with these words in the source or in the translation, whatever their case. */
  search?: string | undefined;
  /** Only rows that were made or changed at this time or later. */
  changedSince?: Date | undefined;
}

/** A page that may end early: with fewer items than its limit, or none, and a cursor. */
export interface SearchPage extends Page<Translation> {
  /** The number of uses that were looked at. */
  lookedAt: number;
}

export interface ReadOptions {
  /**
   * No answer calls a translation settled (translated, approved, failed) that a change reported before the read has put back
   * to work, or given another text. A store whose reads are always current ignores it. Default: false.
   */
  confirmSettled?: boolean | undefined;
}

/** The texts of one locale by business id, for a program that loads all of them. */
export interface ExportFilter {
  project: string;
  /** The locale, and behind it those that it falls back to: of each text, the first that has one. At least one. */
  targetLocales: readonly string[];
  prefer: Prefer;
  businessIdPrefix?: string | undefined;
}

/** One business id of an export. */
export interface ExportedText {
  businessId: string;
  /** Null: none of the locales has a text. A text over 16 MiB counts as none. */
  text: string | null;
  /** The source text, if the id ends in the hash of a key that was too long for it. Undefined: it does not. */
  sourceText?: string | undefined;
}

/** A use of a text by a project. Opaque outside the store that returned it. */
export interface UseKey {
  readonly businessId: string;
  readonly contentNo: string;
  readonly contextNo: number;
}

/** As the store reads it. */
export interface StoredExport extends ExportedText {
  /** The use, if its last note is so old that this read is to be noted; see `touchUses`. */
  dueUse?: UseKey | undefined;
}
