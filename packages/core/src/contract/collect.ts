/** Options of a collection, and the counts of what it removed. */

export interface CollectOptions {
  /** Only texts used by this project. Undefined: every project. */
  project?: string | undefined;
  /** Age in days, fractions allowed, after which an unused text is collected: neither requested nor read since. */
  retentionDays: number;
  /** Age in days, fractions allowed, after which events of the feed are removed. Default 7. A dry run does not count them. */
  eventRetentionDays?: number | undefined;
  /** Count without changing anything. */
  dryRun?: boolean | undefined;
  /** Also collect texts that a person approved. */
  includeApproved?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface CollectReport {
  dryRun: boolean;
  /** Uses (project, business id, text, context) that aged out. */
  sources: number;
  translations: number;
  contents: number;
  contexts: number;
}
