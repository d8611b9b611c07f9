/** The application's view: one text in one target locale. */

/** The states of a stored translation. */
export type StoredStatus = "pending" | "translated" | "failed" | "approved";

/**
 * `queued`: the request waits in the inbox, and a worker will register it. It was made inside a transaction, or another
 * session's lock was in its way. Reads by text or business id give it; lists, keys and totals do not.
 */
export type TranslationStatus = StoredStatus | "queued";

/** Order of work. Within a level, the lane with the least waiting work goes first. */
export type Priority = "interactive" | "normal" | "bulk";

/**
 * Which translations count as having a text: all that have one, or only those that a person approved. A translation that does
 * not count is shown without its text; with `fallback`, the next locale is asked.
 */
export type Prefer = "approved" | "approved-or-translated";

/**
 * What a reader gets by a business id whose source changed, while the new text has no translation: the translation of the text before
 * (`old`, marked as `outdated`), or none.
 */
export type Outdated = "old" | "none";

export interface Translation {
  /**
   * Names the translation together with its project and target locale, in links and in events. Opaque, and no hash of the
   * text. A text that was forgotten or collected, and is registered anew, has another id. Null while the request is `queued`.
   */
  id: string | null;
  project: string;
  /** Canonical BCP 47, or `und`: detected by the engine. */
  sourceLocale: string;
  targetLocale: string;
  sourceText: string;
  /** As registered, in canonical form; null: none. */
  context: Record<string, unknown> | null;
  /** Every id under which the project uses this text, sorted. */
  businessIds: string[];
  status: TranslationStatus;
  /**
   * The text to show. Null until the first translation; while a forced translation is `pending`, the text before it.
   */
  text: string | null;
  /** The engine that made `text`; `none` for a text without anything to translate, `human` for a person's. */
  engine: string | null;
  model: string | null;
  /**
   * The names of the warning checks that `text` failed when it was stored, sorted; empty: none. They belong to the text:
   * they stay with it until it is replaced or a person approves it.
   */
  flags: string[];
  /**
   * Raised by every retry, replay, force, hastening and approval; pass it to `approve` to state which text was read. 0
   * while the request waits in the inbox.
   */
  revision: number;
  /**
   * The open dead letter's error, when the last attempt failed; or the reason why a request cannot be registered. Or
   * `TH_TEXT_TOO_LONG`: a stored text is over 16 MiB and is not shown, so that `text` is null or `sourceText` is empty.
   */
  error?: { code: string; message: string };
  /**
   * True where `text`, `engine`, `model` and `flags` are those of the text that the business id stood for before: `sourceText` has no
   * translation yet, and the reader asked for the old one. Left out: they are of `sourceText`.
   */
  outdated?: true;
}

/** The translation of a text that a business id stood for before. */
export type OutdatedText = Pick<Translation, "text" | "engine" | "model" | "flags">;

/** The identity of a row. Opaque outside the store that returned it. */
export interface TranslationKey {
  readonly contentNo: string;
  readonly contextNo: number;
  readonly targetLocale: string;
  readonly project: string;
}

/** A translation by its `id`: of this project and locale, or none. */
export interface IdReference {
  project: string;
  targetLocale: string;
  id: string;
}

/** A reference of any kind. */
export type TranslationReference = NamedReference | IdReference;

/** An application's name for a translation: its text, or the registered business id. */
export type NamedReference =
  | {
      project: string;
      targetLocale: string;
      text: string;
      sourceLocale: string;
      /** Canonical JSON; null: none. */
      context: string | null;
      format: string;
    }
  | { project: string; targetLocale: string; businessId: string };
