/** An operator's controls: forget, cancel, pause and resume. */

/** The texts of a project to be forgotten. */
export type ForgetReference =
  /** Every text that was ever registered under the id, unless another id of the project uses it too. */
  | { project: string; businessId: string }
  /** Likewise of every id that begins so. Not empty, and literal: no character stands for another. */
  | { project: string; businessIdPrefix: string }
  /**
   * A text under all its ids: in every context, or only within one (canonical JSON or null, and the declared format).
   */
  | {
      project: string;
      text: string;
      sourceLocale: string;
      within?: { context: string | null; format: string } | undefined;
    };

export interface ForgetOptions {
  /** Counts, and removes nothing. Default: false. */
  dryRun?: boolean | undefined;
}

export interface ForgetReport {
  /** Texts removed from the project, counted per context. Requests that waited to be registered count too. */
  forgotten: number;
  /** Named texts that stay in the store because another business id, context or project uses them. */
  stillUsed: number;
}

/** The requests of a project to be cancelled. */
export interface CancelFilter {
  project: string;
  /** Undefined: into every locale. */
  targetLocale?: string | undefined;
  /** Only texts that the project uses under business ids with this prefix, and under no other id. */
  businessIdPrefix?: string | undefined;
}

/** The target of a pause or a resume: one of these, or everything. */
export interface PauseTarget {
  /** The engine is not called: the next engine of the chain is, or else the text waits. */
  engine?: string | undefined;
  project?: string | undefined;
  targetLocale?: string | undefined;
}

/** A pause that the fleet keeps until it is resumed. */
export interface Pause {
  kind: "everything" | "engine" | "project" | "locale";
  /** Null: everything is paused. */
  name: string | null;
  since: Date;
}
