/** The arguments of the coordinator's methods about glossaries, as an application gives them. */
import type { GlossaryEdit } from "../contract/glossary.ts";

/** An edit of a glossary. */
export interface EditGlossaryQuery extends Omit<GlossaryEdit, "project"> {
  /** Default: the coordinator's. */
  project?: string | undefined;
}

/** The lane whose stale translations are meant. */
export interface StaleQuery {
  /** BCP 47. */
  targetLocale: string;
  /** Default: the coordinator's. */
  project?: string | undefined;
}

/** The result of asking for stale translations anew. */
export interface RetranslateReport {
  /** Translations that were asked for anew. */
  requested: number;
  /** Stale translations that a person approved. They stay as they are. */
  approved: number;
}
