/** `translate --check`: the state of all target files, from files alone. */

import { readableText } from "../catalog/catalog-file.ts";
import { hasConflictMarks } from "../catalog/lock-merge.ts";
import { type Problem, type ProblemKind, type ProblemReport, withoutPlace } from "../problems/problem.ts";
import type { BrokenFile } from "./faults.ts";
import { problemsOf, withoutProblems } from "./file-problems.ts";
import { STRAY } from "./notices.ts";
import { type OnlyKeys, unusedOnly } from "./only-keys.ts";
import type { PlannedFile } from "./plan.ts";
import { type PlanOptions, planEach } from "./plan-files.ts";
import { strayTargets } from "./strays.ts";
import type { TargetFile } from "./target-files.ts";

export interface CheckFilesOptions extends Omit<PlanOptions, "force" | "only"> {
  /** The keys that the check is restricted to. Default: all. */
  only?: OnlyKeys | undefined;
  /** Gets a sentence about each pattern of `only` that no key is like. */
  warn(line: string): void;
  cwd: string;
  /** All targets of the configuration; undefined: there is none. */
  configured: readonly TargetFile[] | undefined;
  /** Kinds that are warnings in this run: a pull request leaves some of them to the main branch. */
  allowed: ReadonlySet<ProblemKind>;
}

/** @throws {CatalogError | UsageError} The lock cannot be read, or is of a newer release. */
export async function checkFiles({ allowed, only, ...options }: CheckFilesOptions): Promise<ProblemReport> {
  const { sourceLocale, targets, lockFile } = options;
  const ofFiles: Problem[][] = [];
  // A check of all keys keeps no plan, for the sake of memory.
  const restricted: PlannedFile[] = [];
  let checked = 0;
  // A pattern is compared with all keys of a plan, so that one without a text is named.
  const passes = only === undefined ? withoutProblems(sourceLocale) : undefined;
  const { broken, lock } = await planEach({ ...options, only: only?.matches, force: false, passes }, (planned) => {
    if (only !== undefined) restricted.push(planned);
    const found = problemsOf(planned, { sourceLocale });
    ofFiles.push(found.problems);
    checked += found.checked;
  });
  if (only !== undefined) for (const line of unusedOnly(only, restricted)) options.warn(line);
  const problems: Problem[] = [...broken.map(invalid), ...ofFiles.flat()];
  for (const { file, isThere } of strayTargets(lock.lock, lockFile, options)) {
    if (isThere) problems.push({ file, locale: "", key: "", kind: "orphan", severity: "warning", message: STRAY });
  }
  if (lock.isMerged === true) problems.push(leftMarks(lockFile));
  const weighed = problems.map(
    (problem): Problem => (allowed.has(problem.kind) ? { ...problem, severity: "warning" } : problem),
  );
  return { problems: weighed, checked, files: [...new Set(targets.map(({ path }) => path))] };
}

function invalid({ file, locales, message, hint }: BrokenFile): Problem {
  const [, line, column] = /:(\d+):(\d+): /.exec(message) ?? [];
  const clause = withoutPlace(message, file);
  return {
    file,
    locale: locales.length === 1 ? (locales[0] ?? "") : "",
    key: "",
    kind: hasConflictMarks(readableText(file)) ? "conflict" : "invalid",
    severity: "error",
    message: hint === undefined ? clause : `${clause}. ${hint}`,
    ...(line !== undefined && { line: Number(line), column: Number(column) }),
  };
}

function leftMarks(file: string): Problem {
  const message = "holds the marks of a merge, which were read by key; `trans-hub translate` writes it whole";
  return { file, locale: "", key: "", kind: "conflict", severity: "error", message };
}
