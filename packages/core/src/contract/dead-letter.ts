/** Texts past their last attempt, with the errors of their attempts. */

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
