/** The translation memory: pairs of texts that people approved or imported. */
import type { PageRequest } from "./page.ts";
import type { TranslationReference } from "./translation.ts";

/** `approved`: a person approved it here, and it goes when the approval goes. `tmx`: it was imported. */
export type MemoryOrigin = "approved" | "tmx";

/** A pair to be stored. */
export interface MemoryPair {
  /** Canonical BCP 47, or `und`. */
  sourceLocale: string;
  targetLocale: string;
  source: string;
  target: string;
  /** The name of the person who made it. Left out: nobody is named. */
  by?: string | undefined;
  /** When it was made. Left out: now. */
  at?: Date | undefined;
}

/** A stored pair. */
export interface MemoryUnit extends MemoryPair {
  /** The number of the pair. */
  unit: string;
  origin: MemoryOrigin;
  at: Date;
}

/** A pair like a text. */
export interface MemoryMatch extends MemoryUnit {
  /** The similarity of its source and the text: from 0.7 to 1, and 1 for the text itself. */
  score: number;
}

export interface MemoryQuery {
  project: string;
  sourceLocale: string;
  targetLocale: string;
  text: string;
  /** Default 10, at most 100. */
  limit?: number | undefined;
}

export interface MemoryFilter {
  project: string;
  /** Only pairs into this locale. Default: into each. */
  targetLocale?: string | undefined;
}

export interface MemoryImported {
  /** Pairs that were not there before. */
  imported: number;
}

/** The memory of a store. */
export interface MemoryStore {
  /** The pairs of a project whose sources are like a text, the best first. */
  search(query: MemoryQuery): Promise<MemoryMatch[]>;

  /** Stores pairs of a project, at most 1,000. Those that are there already stay as they are. */
  import(project: string, pairs: readonly MemoryPair[]): Promise<MemoryImported>;

  /** A page of the pairs of a project, in the order in which they were first stored. */
  list(filter: MemoryFilter, page?: PageRequest): Promise<{ items: MemoryUnit[]; nextCursor: string | null }>;

  /**
   * The pairs that were with the engine when it made the present text of a translation, or that gave it its text. Empty: there were
   * none, they have been removed since, or people have done more to that text than approve it once.
   */
  usedFor(reference: TranslationReference): Promise<MemoryUnit[]>;
}

/** The memory as a batch sees it. */
export interface BatchMemory {
  /** For each text the pairs of its project that are like it, the best first, at most ten. Left out: the project has none. */
  readonly similar?: ((texts: readonly string[]) => Promise<readonly (readonly MemoryMatch[])[]>) | undefined;
  /** For each text the best pair of exactly this text, in the batch's target locale: of its project, or else of any other. */
  readonly same: (texts: readonly string[]) => Promise<readonly (MemoryMatch | undefined)[]>;
}
