/** A person's decision about a translation. */
import type { TranslationReference } from "./translation.ts";

export interface Approval {
  reference: TranslationReference;
  /** A person's own text; undefined approves the stored one. */
  text?: string | undefined;
  /** The revision that the reviewer read; undefined: any. */
  revision?: number | undefined;
  /** The reviewer's name, for the record. */
  by?: string | undefined;
}
