/** Acts of an operator: forget, cancel, pause and resume. */

/** Which text of a project is to be forgotten. */
export type ForgetReference =
  /** Every text that was ever registered under the id, unless another id of the project uses it too. */
  | { project: string; businessId: string }
  /** A text under all its ids: in every context, or only within one (canonical JSON or null, and the declared format). */
  | {
      project: string;
      text: string;
      sourceLocale: string;
      within?: { context: string | null; format: string } | undefined;
    };

export interface ForgetReport {
  /** Texts, each context its own, that the project has no more. Requests that waited to be registered count too. */
  forgotten: number;
  /** Texts among those named that stay in the store: another business id, context or project uses them. */
  stillUsed: number;
}

/** Which requests of a project are to be cancelled. */
export interface CancelFilter {
  project: string;
  /** Undefined: into every locale. */
  targetLocale?: string | undefined;
  /** Only texts that the project uses under business ids beginning so, and under no other id. */
  businessIdPrefix?: string | undefined;
}

/** What is to be paused or resumed: one of these, or everything. */
export interface PauseTarget {
  /** It is not asked: the next engine of the chain is, or else the text waits. */
  engine?: string | undefined;
  project?: string | undefined;
  targetLocale?: string | undefined;
}

/** Something that the fleet leaves alone until it is resumed. */
export interface Pause {
  kind: "everything" | "engine" | "project" | "locale";
  /** Null: everything. */
  name: string | null;
  since: Date;
}
