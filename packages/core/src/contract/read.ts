/** Options of reads, and the filter of a list of translations. */
import type { StoredStatus } from "./translation.ts";

export interface ListFilter {
  project: string;
  targetLocale: string;
  status?: StoredStatus | undefined;
  /** Only texts that were stored with this warning. */
  flag?: string | undefined;
  businessIdPrefix?: string | undefined;
}

export interface ReadOptions {
  /**
   * No answer calls a translation settled (translated, approved, failed) that a change reported before the read has put back
   * to work, or given another text. A store whose reads are always current ignores it. Default: false.
   */
  confirmSettled?: boolean | undefined;
}
