/** A person's decision about a translation. */
import type { BlockedBy } from "./errors.ts";
import type { RegisterItem } from "./item.ts";
import type { Translation, TranslationReference } from "./translation.ts";

/** The cure where no row is found under the reference of an approval. */
export const NOT_FOUND_HINT =
  "Request it first, under the same text or business id, project, source locale, context, format and target locale. While a request is `queued`, it waits for a worker to register it.";

export interface Approval {
  reference: TranslationReference;
  /** A person's own text; undefined approves the stored one. */
  text?: string | undefined;
  /** The revision that the reviewer read; undefined: any. */
  revision?: number | undefined;
  /** The reviewer's name, for the record. */
  by?: string | undefined;
}

/** A person's translation that was made elsewhere, such as in a catalog file. */
export interface Contribution {
  /** The text. It is registered if it is unknown, for no engine to translate it. */
  item: RegisterItem;
  /** For each target locale of the item. */
  translation: string;
  /** `translated`: a machine may replace it, if it is told to translate anew. `approved`: none does. */
  status: "translated" | "approved";
  /** The person's name, for the record. */
  by?: string | undefined;
}

/**
 * - `stored`: the text is the row's.
 * - `unchanged`: it was the row's before, in this status or a higher one.
 * - `kept`: a person approved another text, which stands; or an earlier contribution of the call gave another one.
 */
export type ContributionOutcome = "stored" | "unchanged" | "kept";

/** A translation as it was approved. */
export interface ApprovedTranslation extends Translation {
  /**
   * The blocking checks that the approved text fails, although the person has the last word: no machine's text that fails
   * one of them is stored. Empty: it fails none.
   */
  warnings: ApprovalWarning[];
}

export interface ApprovalWarning {
  /** The name of the check, such as `placeholders`. */
  check: BlockedBy;
  /** Such as `1 placeholder missing`: counts and kinds, never a word of either text. */
  message: string;
}
