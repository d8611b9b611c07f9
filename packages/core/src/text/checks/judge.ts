/**
 * The checks that a machine's translation goes through before it is stored.
 *
 * Blocking checks judge form only: what breaks a program, a page or the database. Warning checks point at a text that a
 * person should look at. `truncated` is not found here: only the engine knows that its answer was cut.
 */
import type { BlockedBy } from "../../contract/errors.ts";
import { empty } from "./empty.ts";
import { icu } from "./icu.ts";
import { icuBranches } from "./icu-branches.ts";
import { markup } from "./markup.ts";
import { nul } from "./nul.ts";
import { oversized } from "./oversized.ts";
import { placeholders } from "./placeholders.ts";
import { type Check, CheckSubject, type TranslationToCheck } from "./subject.ts";
import { WARNINGS } from "./warnings.ts";

/**
 * Every check; a new one is a file beside these and a line here. The order decides which of several blocking failures is
 * reported.
 */
export const CHECKS = [
  oversized,
  nul,
  empty,
  icu,
  placeholders,
  markup,
  icuBranches,
  ...WARNINGS,
] as const satisfies readonly Check[];

/** Why a translation is not stored. */
export interface CheckFailure {
  blockedBy: BlockedBy;
  /** One clause for the dead letter and for the engine's next try: counts and kinds, never a word of either text. */
  message: string;
}

/** Why a stored translation deserves a look. */
export interface Warning {
  /** The name of the check. */
  check: string;
  /** One clause: counts and kinds, never a word of either text. */
  message: string;
}

export interface Judgement {
  /** The first blocking check that failed. Absent: the translation may be stored. */
  blocked?: CheckFailure;
  /** Every warning check that failed, in the order of {@link CHECKS}. */
  warnings: Warning[];
}

/** Judges one translation by all checks. */
export function judge(given: TranslationToCheck): Judgement {
  const subject = new CheckSubject(given);
  const judgement: Judgement = { warnings: [] };
  for (const rule of CHECKS) {
    if (rule.severity === "block" && judgement.blocked !== undefined) continue;
    const message = rule.check(subject);
    if (message === undefined) continue;
    if (rule.severity === "block") {
      judgement.blocked = { blockedBy: rule.name, message };
      // The other checks would read a text of any length.
      if (rule.name === oversized.name) return judgement;
    } else judgement.warnings.push({ check: rule.name, message });
  }
  return judgement;
}
