/** A person's decision about a translation. */
import type { TranslationReference } from "./translation.ts";

export interface Approval {
  reference: TranslationReference;
  /** A person's own text; undefined approves the stored one. */
  text?: string | undefined;
  /** The revision the reviewer read; undefined: whatever stands now. */
  revision?: number | undefined;
  /** Who approved, for the record. */
  by?: string | undefined;
}
