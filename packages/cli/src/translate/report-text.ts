/** The report of a run of `translate` in words. */
import { firstOf, type Output, printable } from "../output.ts";
import { isPersons, type NoticeKind, ONLY_PSEUDO } from "./notices.ts";
import type { Failure, TranslateReport } from "./report.ts";

/**
 * Tells a person, on stderr, the values and files that deserve a look, each kind in a few lines.
 *
 * @param isStopped Whether the run ended early: the reason stands in its error.
 */
export function tellReport(
  { failures, failed, broken, pending, notices, unknown, lockDamage }: TranslateReport,
  output: Output,
  isStopped: boolean,
): void {
  for (const { message, hint } of broken) output.warn(printable([message, hint].filter(Boolean).join(". ")));
  const alike = Map.groupBy(failures, ({ file, code, message }) => `${file}\n${code}\n${message}`);
  const failureLines = [...alike.values()].flatMap(failureLine);
  for (const line of firstOf(failureLines, TOLD_MAX)) output.warn(line);
  if (failed > 0 && !isStopped) output.note("Failed messages are left out; --force tries them again.");
  // Failures have their lines above, with more facts.
  const others = notices.filter(({ reason }) => !reason.startsWith("failed: "));
  for (const [, some] of Map.groupBy(others, ({ kind }) => kind)) {
    const lines = some.map(({ file, key, kind, reason }) => {
      return `${file}${key === "" ? "" : `: ${key}`} is ${SAID[kind]}: ${reason}`;
    });
    for (const line of firstOf(lines, TOLD_MAX)) output.note(printable(line));
  }
  if (others.some(isPersons)) output.note(KEPT_CURE);
  if (others.some(({ kind }) => kind === "conflict")) output.note(TAKE_CURE);
  if (lockDamage !== undefined) output.warn(`the lock was damaged (${lockDamage}); ${DAMAGED_CURE}`);
  if (unknown > 0) output.note(`${unknown} ${unknown === 1 ? "value is" : "values are"} ${UNKNOWN}`);
  const waiting = pending - notices.filter(({ reason }) => reason === ONLY_PSEUDO).length;
  if (waiting > 0)
    output.note(`${waiting} values still wait to be translated; run the same command again to write them.`);
}

/** One line for the values of a file that failed for one reason: an engine without the language would fill the screen. */
function failureLine(alike: readonly Failure[]): string[] {
  const [first] = alike;
  if (first === undefined) return [];
  const { file, code, message } = first;
  const keys = firstOf(
    alike.map(({ key }) => key),
    FAILED_KEYS_MAX,
  ).join(", ");
  return [`${file}: ${keys} failed: ${code} ${message}`];
}

const FAILED_KEYS_MAX = 5;

const KEPT_CURE =
  "Delete a person's value from its file to have it translated; edit it, or run `trans-hub lock adopt --stale --only KEY`, to state that it fits its changed source.";

const TAKE_CURE =
  "--take store writes the approved text, --take file approves the file's value; --only KEYS names some.";

const DAMAGED_CURE = "restore it from version control and run the same command again, if you can";

const UNKNOWN =
  "of unknown age: the lock does not say which source they belong to. They are kept; trans-hub lock adopt says that they fit.";

/** Most lines of one kind: a list of hundreds hides the other kinds. With `--json`, the report lists them all. */
const TOLD_MAX = 20;

const SAID: Readonly<Record<NoticeKind, string>> = {
  "left out": "left out",
  replaced: "replaced",
  removed: "removed",
  moved: "moved",
  stale: "kept",
  conflict: "kept",
  kept: "kept",
  orphan: "without a source",
};

/** The files and the counts of a run, for stdout. */
export function reportText({ written, translated, reused, kept, copied, failed, pending }: TranslateReport): string {
  const counts = { translated, reused, kept, copied, failed, pending };
  const parts = Object.entries(counts).filter(([name, count]) => count > 0 || name === "translated");
  return [...written.map((file) => `wrote ${file}`), parts.map(([name, count]) => `${count} ${name}`).join(", ")].join(
    "\n",
  );
}
