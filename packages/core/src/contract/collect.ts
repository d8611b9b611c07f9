/** What a collection is asked for, and what it removed. */

export interface CollectOptions {
  /** Only what this project uses. Undefined: every project. */
  project?: string | undefined;
  /** What nobody requested or read for longer than this is collected. Days, fractions allowed. */
  retentionDays: number;
  /** Count what would go, and change nothing. */
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
