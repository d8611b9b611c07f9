/** Texts past their last attempt, with the errors of their attempts. */
import type { PageRequest } from "./page.ts";

export interface DeadLetter {
  /** Opaque; sorts by age. */
  id: string;
  project: string;
  sourceLocale: string;
  targetLocale: string;
  sourceText: string;
  context: Record<string, unknown> | null;
  code: string;
  message: string;
  engine: string | null;
  failedAt: Date;
  /** Every attempt, oldest first. */
  attempts: AttemptError[];
  /**
   * The best translation of the last attempt, which failed a blocking check; null: none, or one that cannot be stored. Only
   * where it was asked for: lists are often logged.
   */
  bestTry?: BestTry | null;
}

/** A translation that was refused. A person may mend it instead of beginning anew. */
export interface BestTry {
  text: string;
  /** The names of the checks that it failed, blocking ones first. */
  failedChecks: string[];
}

/** A page of dead letters, and how much of each. */
export interface DeadLetterPageRequest extends PageRequest {
  /** Whether each letter has its best try. Default: false. */
  withBestTry?: boolean | undefined;
}

export interface DeadLetterFilter {
  project?: string | undefined;
  id?: string | undefined;
  engine?: string | undefined;
  targetLocale?: string | undefined;
  code?: string | undefined;
  /** Failed at or after this time. */
  since?: Date | undefined;
}

/** The error of one text in one attempt. Holds no source text or translation. */
export interface AttemptError {
  /** ISO 8601. */
  at: string;
  engine: string | null;
  code: string;
  message: string;
}
