/** The report of a run of `translate`. */
import type { BrokenFile } from "./faults.ts";
import type { Notice } from "./notices.ts";

export interface Failure {
  file: string;
  locale: string;
  key: string;
  code: string;
  message: string;
}

/** Counts of values: messages × locales. */
export interface TranslateReport {
  /** Paths of the target files. */
  files: string[];
  /** Those of them that changed. */
  written: string[];
  /** Names of the engines that translate: in this process, or the fleet's as far as they are named here. */
  engines: string[];
  /** Values made by this run. */
  translated: number;
  /** Values that were already in the store. */
  reused: number;
  /** Values that were already in the target file. */
  kept: number;
  /** Values that were copied from the source, as the configuration says. */
  copied: number;
  failed: number;
  /** Of the kept values, those of unknown age: nobody has said whether they fit the present source. */
  unknown: number;
  /** Why the lock could not be read, as a clause; absent: it could. */
  lockDamage?: string;
  /** Values of a syntax that is left out. Always 0: every syntax is translated. */
  unsupported: 0;
  /** Values left to the fleet. */
  pending: number;
  /** The first {@link LISTED_MAX}; `failed` counts all. */
  failures: Failure[];
  /** Files that could not be read or written. They harm no other. */
  broken: BrokenFile[];
  /** Every value that was left out, replaced, removed, or kept though stale; the first {@link LISTED_MAX}. */
  notices: Notice[];
  /** The number of all notices, when the list holds only the first of them. */
  noticesCount?: number;
}

/** Most entries in a list of the report: a catalog of 24,000 messages in 10 locales may have as many failures. */
export const LISTED_MAX = 10_000;
