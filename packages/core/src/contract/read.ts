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

export interface ReviewFilter extends ListFilter {
  /** Only texts of this engine; `human`: of a person. */
  engine?: string | undefined;
  /** Only texts with these words in the source or in the translation, whatever their case. */
  search?: string | undefined;
  /** Only rows that were made or changed at this time or later. */
  changedSince?: Date | undefined;
  /**
   * Only texts that a person has to look at, in the order of their reasons; see {@link QueueReason}. `sample` is the percentage of
   * the texts without another reason. It never comes from a standby.
   */
  queue?: { sample: number } | undefined;
}

/**
 * The reason why a text is in the queue of review:
 *
 * - `flagged`: it was stored with a warning;
 * - `changed`: a person decided about it, and a machine has stored another text since, or failed to; or the source of one of its
 *   business ids changed, and the translation of the text before is approved; or it is approved, and an edit of the glossary made it
 *   stale;
 * - `sample`: by its id, it is one of the share of all other texts that people look at.
 *
 * A text leaves the queue by an act of a person, and comes back when the act is undone or another text is stored.
 */
export type QueueReason = "flagged" | "changed" | "sample";

/** In the order of the queue. */
export const QUEUE_REASONS: readonly QueueReason[] = ["flagged", "changed", "sample"];

/** A translation in a list for review. */
export interface ListedTranslation extends Translation {
  /** In the queue alone. */
  reason?: QueueReason;
}

/** A page that may end early: with fewer items than its limit, or none, and a cursor. */
export interface ReviewPage extends Page<ListedTranslation> {
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
