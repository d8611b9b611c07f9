/** The problems of a target file, found from files alone: no database, no engine. */

import { candidates } from "../catalog/lock-text.ts";
import { problemsOfValue } from "../check/check-values.ts";
import { countOf } from "../output.ts";
import { type Problem, type ProblemKind, shownKey } from "../problems/problem.ts";
import { asideKeys, isUnknown, type Pass, type PlannedFile, type PlannedMessage } from "./plan.ts";
import { ruledMessages } from "./text-rules.ts";
import { isUntranslated } from "./untranslated.ts";

export interface FileProblems {
  problems: Problem[];
  /** The number of values that the file has to have. */
  checked: number;
}

/** The problems of one file, whole-file ones last. */
export function problemsOf(planned: PlannedFile, { sourceLocale }: { sourceLocale: string }): FileProblems {
  const { target, source, existing, locked } = planned;
  const messages =
    planned.only === undefined ? planned.messages : planned.messages.filter(({ isAside }) => isAside !== true);
  const isAside = asideKeys(planned);
  const problem = (
    kind: ProblemKind,
    { key, text = "" }: { key: string; text?: string },
    message: string,
    severity: Problem["severity"] = "error",
  ): Problem => {
    const place = existing?.places.get(key);
    const shown = key === "" ? "" : shownKey(key, { text, line: place?.line, file: target.path });
    return { file: target.path, locale: target.locale, key: shown, kind, severity, message, ...place };
  };
  const problems: Problem[] = [];
  const locales = { sourceLocale, targetLocale: target.locale };
  for (const message of messages) {
    const { existing: value, movedFrom, rule } = message;
    if (value === undefined || value === "") problems.push(problem("missing", message, "has no value"));
    else if (movedFrom !== undefined)
      problems.push(problem("missing", message, movedClause(movedFrom, message, target.path)));
    else if (rule === "copy" && value !== message.text)
      problems.push(problem("stale", message, "is no copy of the source"));
    else {
      const stale = staleness(planned, message);
      if (stale !== undefined) problems.push(problem("stale", message, ...stale));
      if (rule === undefined && isUntranslated({ text: message.text, value }, locales)) {
        problems.push(problem("same", message, SAME, "warning"));
      }
    }
  }
  if (existing !== undefined)
    for (const fault of faultsOf({ ...planned, messages }, existing, sourceLocale)) problems.push(fault);
  const standing = planned.passed + messages.filter(({ existing: value }) => value !== undefined).length;
  const moved = new Set(messages.flatMap(({ movedFrom }) => movedFrom ?? []));
  // Where each value of the file belongs to a message, none is without a source.
  const others = standing === existing?.texts.size && moved.size === 0 ? [] : (existing?.texts ?? []);
  for (const [key, value] of others) {
    if (value === "" || source.texts.has(key) || moved.has(key) || isAside(key)) continue;
    problems.push(problem("orphan", { key }, "the source has no such text", "warning"));
  }
  const unknown = messages.filter((message) => isUnknown(message)).length;
  if (unknown > 0) problems.push(problem("unknown", { key: "" }, unknownClause(unknown)));
  let lost = 0;
  for (const key of source.texts.keys()) {
    if (!existing?.texts.get(key) && locked?.has(key) === true && !isAside(key)) lost += 1;
  }
  if (lost > 0) problems.push(problem("fewer", { key: "" }, `${countOf(lost, "value")} gone since the last run`));
  return { problems, checked: messages.length + planned.passed };
}

/** The test of the values that have no problem, for a plan without them. */
export function withoutProblems(sourceLocale: string): Pass {
  return ({ message, value, author, target, existing: { texts, places, bytes } }) => {
    const locales = { sourceLocale, targetLocale: target.locale };
    if (isUntranslated({ text: message.text, value }, locales)) return false;
    if (author !== "person" || message.isVerbatim === true) return true;
    const place = { ...locales, target: { texts, places, bytes, file: target.path }, warnings: false };
    return problemsOfValue(message, value, place).length === 0;
  };
}

const SAME = "the value is the source text; a key that is to have it belongs in the configuration, under copy";

function movedClause(movedFrom: string, { text }: PlannedMessage, file: string): string {
  const shown = shownKey(movedFrom, { text, line: undefined, file });
  return `its value stands under ${shown === "" ? "an earlier key" : `the earlier key ${shown}`}; the next run moves it`;
}

function unknownClause(count: number): string {
  return `${countOf(count, "value")} of unknown age; \`trans-hub lock adopt\` says that they fit the source`;
}

/**
 * A value of Trans-Hub's is translated again by the next run. A person's stays: the run names it, and the lock remembers that it
 * did, so that the same change is an error until then and a warning after.
 */
function staleness(
  { locked }: PlannedFile,
  { key, standing, sourceHash: present }: PlannedMessage,
): [string, Problem["severity"]] | undefined {
  if (standing.source === undefined || standing.source === present) return undefined;
  if (standing.author === "tool") return ["its source changed", "error"];
  const entry = locked?.get(key);
  const isTold = entry !== undefined && candidates(entry).some(({ seen }) => seen === present);
  return ["a person's value, whose source changed", isTold ? "warning" : "error"];
}

/** People's values; those that Trans-Hub wrote were judged before they were stored. */
function faultsOf(
  { messages, source, target }: PlannedFile,
  { texts, places, bytes }: NonNullable<PlannedFile["existing"]>,
  sourceLocale: string,
): Problem[] {
  const place = { sourceLocale, target: { texts, places, bytes, file: target.path }, targetLocale: target.locale };
  if (messages.length === 0) return [];
  const planned = new Map(messages.map((message) => [message.key, message]));
  return ruledMessages(source, target.rules).flatMap((given) => {
    const message = planned.get(given.key);
    if (message === undefined || given.isVerbatim === true || !isPersons(message)) return [];
    return problemsOfValue(given, message.existing ?? "", { ...place, warnings: false });
  });
}

function isPersons({ standing, rule, movedFrom, existing }: PlannedMessage): boolean {
  return rule === undefined && movedFrom === undefined && standing.author === "person" && Boolean(existing);
}
