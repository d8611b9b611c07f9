/** A person's decision about a translation, and the history of such decisions. */
import type { BlockedBy, TransHubError } from "./errors.ts";
import type { RegisterItem } from "./item.ts";
import type { StoredStatus, Translation, TranslationReference } from "./translation.ts";

/** The cure where no row is found under the reference of an approval. */
export const NOT_FOUND_HINT =
  "Request it first, under the same text or business id, project, source locale, context, format and target locale. While a request is `queued`, it waits for a worker to register it.";

/** The most acts of one call of `PersistenceHandler.review`. */
export const MAX_REVIEW_ACTS = 500;

/** The most bytes of a reviewer's note. */
export const MAX_NOTE_BYTES = 4_096;

/**
 * - `approve`: the stored text, or the person's own, is approved. No machine replaces it.
 * - `reject`: the text goes back to work, with priority; readers get it until another one is stored, or do not (`hide`).
 * - `reopen`: an approved text is `translated` again, and a machine may replace it when it is told to.
 * - `undo`: the latest act that is not undone is taken back, whoever made it. An undo is never undone.
 */
export type ReviewKind = "approve" | "reject" | "reopen" | "undo";

/** One act of a person. */
export interface ReviewAct {
  kind: ReviewKind;
  reference: TranslationReference;
  /**
   * The revision that the person read. Undefined: any; but an undo then expects the row as the last act left it, so that
   * nothing that came after is taken back unseen.
   */
  revision?: number | undefined;
  /** Of `approve`: the person's own text. Undefined: the stored one. */
  text?: string | undefined;
  /** The reason. That of a `reject` goes to the engine with its next tries. At most {@link MAX_NOTE_BYTES}. */
  note?: string | undefined;
  /** Of `reject`: readers get no text until another one is stored. Default: false. */
  hide?: boolean | undefined;
  /** The person's name, for the record. */
  by?: string | undefined;
}

/**
 * The end of one act. Errors are those of the catalogue: `TH_NOT_FOUND`, `TH_REVISION_CHANGED`, `TH_NOT_APPROVED`,
 * `TH_NOTHING_TO_UNDO`, `TH_TEXT_TOO_LONG`, or `TH_DATABASE_REFUSED` where the role may not review in the locale.
 */
export type ReviewResult =
  | {
      /** The coordinator adds the warnings of an approved text. */
      readonly translation: Translation & { warnings?: ApprovalWarning[] };
      readonly error?: undefined;
      readonly current?: undefined;
    }
  | {
      readonly error: TransHubError;
      readonly translation?: undefined;
      /** The translation as it stands. Undefined: there is none. */
      readonly current?: Translation | undefined;
    };

/**
 * An entry of the history. `edit` is an approval of a person's own text; `contribute`, a person's translation from elsewhere, such
 * as a catalog; `replace`, a machine's text that came in the place of another one. The first text of a machine has no entry.
 */
export type HistoryAction = "approve" | "edit" | "reject" | "reopen" | "undo" | "contribute" | "replace";

export interface HistoryEntry {
  /** Names the entry within its translation. Opaque. */
  actId: string;
  at: Date;
  action: HistoryAction;
  /** Null: nobody was named, or it was a machine. */
  by: string | null;
  note: string | null;
  /** The same on both sides where a machine stored its text: that raises no revision. */
  revisionBefore: number;
  revisionAfter: number;
  statusBefore: StoredStatus;
  statusAfter: StoredStatus;
  /** Null: there was none; or it is over 16 MiB and is not shown. */
  textBefore: string | null;
  textAfter: string | null;
  /** Of `textAfter`. */
  engine: string | null;
  model: string | null;
  /** The entry that this undo took back. Null: it is none. */
  undoes: string | null;
  /** The undo that took this entry back. Null: it stands. */
  undoneBy: string | null;
}

export interface Approval {
  reference: TranslationReference;
  /** A person's own text; undefined approves the stored one. */
  text?: string | undefined;
  /** The revision that the reviewer read; undefined: any. */
  revision?: number | undefined;
  /** The reason, for the record. */
  note?: string | undefined;
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
