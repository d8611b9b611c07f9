/** The facts of one translation beside its text. */
import type { AttemptError } from "./dead-letter.ts";
import type { TextFormat } from "./engine.ts";
import type { Priority } from "./translation.ts";

/** The facts of a translation that a store knows beside its text and its history. */
export interface TranslationFacts {
  /** The syntax of the source, as it was registered. */
  format: TextFormat;
  priority: Priority;
  approvedBy: string | null;
  /** When the row last changed. Null: the store notes no time. */
  changedAt: Date | null;
  /** While it is pending: when it is no longer wanted. Null: never. */
  expiresAt: Date | null;
  /** In the order of their business ids; at most 1,000. */
  uses: TextUse[];
  /** The open dead letter. Null: there is none. */
  failure: OpenFailure | null;
  /** The batch that has the text. Null: none has. */
  work: WaitingWork | null;
}

/** The use of a text by a project. */
export interface TextUse {
  /** Empty: the text was named by itself. */
  businessId: string;
  /** False: the business id means another text by now, which was seen later. */
  isCurrent: boolean;
  lastSeenAt: Date;
  /** What the producer says of the text. Null: nothing. */
  hint: Record<string, string | number> | null;
}

export interface OpenFailure {
  /** The id of the dead letter. */
  id: string;
  code: string;
  message: string;
  engine: string | null;
  failedAt: Date;
  attempts: AttemptError[];
}

export interface WaitingWork {
  /** Whether a worker has it now. */
  isRunning: boolean;
  /** The attempts so far. */
  attempt: number;
  since: Date;
  /** It is not begun before this time. */
  notBefore: Date;
  /** The event that it waits for. Null: none. */
  waitsFor: "pause" | "budget" | "price" | null;
  /** It waits until `notBefore` for an engine that gets no calls. */
  isPostponed: boolean;
  tag: string | null;
}
