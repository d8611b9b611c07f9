/**
 * The translation memory in the work on a batch: an approved pair of exactly a text may be its translation, where reuse is switched
 * on; pairs of similar texts are examples for engines that read them.
 */
import { orAbort } from "../async/or-abort.ts";
import { UNDETERMINED_LOCALE } from "../contract/engine.ts";
import type { BatchMemory, MemoryMatch } from "../contract/memory.ts";
import type { WorkBatch } from "../contract/work.ts";
import { maxLengthOfText } from "../rules/max-length.ts";
import { pluralFormOf } from "../rules/plural-context.ts";
import { judge } from "../text/checks/judge.ts";
import type { Question } from "../text/message/asking.ts";
import { protectedTokens } from "../text/syntax.ts";
import type { Reference } from "./brief.ts";
import type { Attempt } from "./outcome.ts";

/** The engine of a translation that the memory gave. */
export const MEMORY_ENGINE = "memory";

/** The flag of a translation that a person approved for another context or project, and that nobody has looked at here. */
export const REUSED = "reused";

/** The most pairs that go to an engine for one text. */
const MOST_REFERENCES = 3;

/** A look-up of one batch, for the accounts. */
export interface MemoryLookup {
  texts: number;
  elapsedMs: number;
  /** Texts that have similar pairs. */
  found: number;
  /** Texts that the memory translated. */
  reused: number;
  /** The look-up failed, and the batch went on without it. Left out: it did not. */
  error?: unknown;
}

interface Lookup {
  memory: BatchMemory;
  batch: Pick<WorkBatch, "sourceLocale" | "targetLocale">;
  /** Whether an approved pair of exactly a text is its translation. */
  isToReuse: boolean;
  /** Whether an engine of the chain reads references. */
  isToRefer: boolean;
  signal: AbortSignal;
}

/**
 * Looks texts up, and notes the found pairs in their attempts. Never rejects: a text is no worse than without a memory.
 *
 * Undefined: there was nothing to look up.
 */
export async function lookUp(attempts: readonly Attempt[], lookup: Lookup): Promise<MemoryLookup | undefined> {
  const { memory, isToReuse, isToRefer, signal } = lookup;
  const similar = isToRefer ? memory.similar : undefined;
  if (attempts.length === 0 || (!isToReuse && similar === undefined)) return undefined;
  const startedAt = performance.now();
  const report: MemoryLookup = { texts: attempts.length, elapsedMs: 0, found: 0, reused: 0 };
  try {
    if (isToReuse) {
      const same = await orAbort(memory.same(attempts.map(({ item }) => item.text)), signal);
      for (const [at, attempt] of attempts.entries()) if (reuse(attempt, same[at], lookup)) report.reused += 1;
    }
    const open = attempts.filter(({ translated }) => translated === undefined);
    if (similar !== undefined && open.length > 0) {
      const found = await orAbort(similar(open.map(({ item }) => item.text)), signal);
      for (const [at, attempt] of open.entries()) {
        const matches = found[at] ?? [];
        if (matches.length === 0) continue;
        attempt.references = matches.map(({ unit, source, target }) => ({ unit, source, target }));
        report.found += 1;
      }
    }
  } catch (error) {
    report.error = error;
  }
  report.elapsedMs = performance.now() - startedAt;
  return report;
}

/** Makes a pair the translation of its text, if it passes the checks. A plural form is another text in each form. */
function reuse(attempt: Attempt, match: MemoryMatch | undefined, { batch }: Lookup): boolean {
  const { item } = attempt;
  // A reviewer rejected a text of the row, and wants another.
  if (item.reviewNote !== undefined) return false;
  if (match === undefined || match.origin !== "approved" || pluralFormOf(item.context) !== undefined) return false;
  const { sourceLocale, targetLocale } = batch;
  const { blocked, warnings } = judge({
    source: item.text,
    translation: match.target,
    format: item.format,
    sourceLocale: sourceLocale === UNDETERMINED_LOCALE ? undefined : sourceLocale,
    targetLocale,
    maxLength: maxLengthOfText(item),
    by: "machine",
  });
  if (blocked !== undefined) return false;
  const flags = [...new Set([...warnings.map(({ check }) => check), REUSED])].sort();
  attempt.translated = { text: match.target, engine: MEMORY_ENGINE, model: null, flags, memoryUnits: [match.unit] };
  return true;
}

/**
 * The pairs that go with a question, the best first: those whose source and target have the placeholders of the question. Any other
 * would teach the engine a placeholder that the text does not have.
 */
export function fittingReferences(
  { text, format }: Pick<Question, "text" | "format">,
  references: readonly Reference[] = [],
): Reference[] {
  if (references.length === 0) return [];
  const wanted = partsOf(text, format);
  const fits = ({ source, target }: Reference) =>
    partsOf(source, format) === wanted && partsOf(target, format) === wanted;
  return references.filter(fits).slice(0, MOST_REFERENCES);
}

function partsOf(text: string, format: Question["format"]): string {
  return JSON.stringify(
    protectedTokens(text, format)
      .map(({ canonical }) => canonical)
      .sort(),
  );
}
