/** What the application reads: one text in one target locale. */

export type TranslationStatus = "pending" | "translated" | "failed" | "approved";

/** Smaller is sooner; within a level, the lane with the least waiting goes first. */
export type Priority = "interactive" | "normal" | "bulk";

export interface Translation {
  project: string;
  /** Canonical BCP 47, or `und`: detected by the engine. */
  sourceLocale: string;
  targetLocale: string;
  sourceText: string;
  /** As registered, in canonical form; null: none. */
  context: Record<string, unknown> | null;
  /** Every id the project uses this text under, sorted. */
  businessIds: string[];
  status: TranslationStatus;
  /**
   * The text to show. Null until there is one; while a forced translation is `pending`, the text it is to replace.
   */
  text: string | null;
  /** The engine that made `text`; `none` when there was nothing to translate, `human` for a person's. */
  engine: string | null;
  model: string | null;
  /**
   * The names of the warning checks that `text` failed when it was stored, sorted; empty: none. They belong to the text:
   * they stay with it until it is replaced or a person approves it.
   */
  flags: string[];
  /** Raised by every change of hands; hand it to `approve` to say which text was read. */
  revision: number;
  /** The open dead letter, when the last try failed. */
  error?: { code: string; message: string };
}

/** The identity of a row in the store. Opaque to everyone but the store that gave it. */
export interface TranslationKey {
  readonly contentNo: string;
  readonly contextNo: number;
  readonly targetLocale: string;
  readonly project: string;
}

/** How the application names the translation it wants: by its text, or by the business id it registered. */
export type TranslationReference =
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
