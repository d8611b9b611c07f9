/**
 * The checks of a translation: of a machine's before it is stored, of a person's on request.
 *
 * Blocking checks judge form only: what breaks a program, a page or the database. Warning checks point at a text that a
 * person should look at. `truncated` is not found here: only the engine knows that its answer was cut.
 */
import type { BlockedBy } from "../../contract/errors.ts";
import { empty } from "./empty.ts";
import { icu } from "./icu.ts";
import { icuBranch, icuNumber } from "./icu-branch.ts";
import { icuBranches } from "./icu-branches.ts";
import { icuParser } from "./icu-parser.ts";
import { icuQuote } from "./icu-quote.ts";
import { bidi, entity, mask, newline, replacementCharacter, wrapper } from "./leftover.ts";
import { markup } from "./markup.ts";
import { markupNesting } from "./markup-nesting.ts";
import { nul } from "./nul.ts";
import { oversized } from "./oversized.ts";
import { placeholders } from "./placeholders.ts";
import { printfOrder } from "./printf-order.ts";
import { type Check, CheckSubject, SourceFacts, type TranslationToCheck } from "./subject.ts";
import { unfinishedPlaceholder } from "./unfinished-placeholder.ts";
import { unfinishedTag } from "./unfinished-tag.ts";
import { code, email, linkTarget, url } from "./url.ts";
import { WARNINGS } from "./warnings.ts";

/**
 * Every check; a new one is a file beside these and a line here. The order decides which of several blocking failures is
 * reported.
 */
export const CHECKS = [
  oversized,
  nul,
  empty,
  mask,
  icuQuote,
  icu,
  placeholders,
  unfinishedPlaceholder,
  markup,
  unfinishedTag,
  icuBranches,
  icuNumber,
  icuBranch,
  icuParser,
  markupNesting,
  printfOrder,
  url,
  email,
  code,
  linkTarget,
  entity,
  newline,
  wrapper,
  bidi,
  replacementCharacter,
  ...WARNINGS,
] as const satisfies readonly Check[];

const BLOCKING: readonly Check[] = CHECKS.filter(({ severity }) => severity === "block");

/** Why a machine's translation is not stored. */
export interface CheckFailure {
  /** The name of the check. */
  check: BlockedBy;
  /** One clause for the dead letter and for the engine's next try: counts and kinds, never a word of either text. */
  message: string;
}

/** Why a stored translation deserves a look. */
export interface CheckWarning {
  /** The name of the check. */
  check: string;
  /** One clause: counts and kinds, never a word of either text. */
  message: string;
}

export interface Judgement {
  /** The first blocking check that failed. Absent: the translation may be stored. */
  blocked?: CheckFailure;
  /** Every warning check that failed, in the order of {@link CHECKS}. */
  warnings: CheckWarning[];
}

/** Every check that a translation failed, in the order of the checks. */
export interface CheckReport {
  /** The blocking checks, each once. Empty: the translation may be stored. */
  blocked: CheckFailure[];
  /** The other checks, each once. */
  warnings: CheckWarning[];
}

/** Judges one translation by all checks up to the first blocking failure, and by all warning checks. */
export function judge(given: TranslationToCheck): Judgement {
  const { blocked, warnings } = run(given, "first");
  return { ...(blocked[0] !== undefined && { blocked: blocked[0] }), warnings };
}

/** Judges one translation by every check, for a person who corrects them all at once. */
export function judgeByAll(given: TranslationToCheck, source?: SourceFacts): CheckReport {
  return run(given, "all", source);
}

function run(
  given: TranslationToCheck,
  failures: "first" | "all",
  source: SourceFacts = new SourceFacts(given),
): CheckReport {
  const report: CheckReport = { blocked: [], warnings: [] };
  const areWords = source.isInWordsWith(given.translation);
  if (areWords && given.warnings === false) return report;
  const subject = new CheckSubject(given, source);
  for (const rule of given.warnings === false ? BLOCKING : CHECKS) {
    if (rule.severity === "block" && areWords) continue;
    if (rule.severity !== "block") {
      const message = rule.check(subject);
      if (message !== undefined) report.warnings.push({ check: rule.name, message });
      continue;
    }
    if (failures === "first" && report.blocked.length > 0) continue;
    // Rules share the names `icu` and `placeholders`: their reader sees one check.
    if (report.blocked.some(({ check }) => check === rule.name)) continue;
    const message = rule.check(subject);
    if (message === undefined) continue;
    report.blocked.push({ check: rule.name, message });
    // The other checks would read a text of any length.
    if (rule.name === oversized.name) return report;
  }
  return report;
}
