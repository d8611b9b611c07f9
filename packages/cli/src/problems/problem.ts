/** Problems of catalogs, as every output format shows them. */
import { familyKey } from "../catalog/unit-keys.ts";

/** In the order of the list in docs/catalogs.md. */
export const PROBLEM_KINDS = {
  missing: "The target has no value",
  stale: "The source changed after the value was written",
  unknown: "The lock does not know which source the value belongs to",
  orphan: "The source has no such text any more",
  fewer: "The target has fewer values than before",
  same: "The value equals its source",
  broken: "A value loses a variable or markup, or crashes the program that shows it",
  invalid: "The file cannot be read",
  conflict: "Version control left the marks of a merge, or the file and the store disagree",
} as const;

export type ProblemKind = keyof typeof PROBLEM_KINDS;

export interface Problem {
  /** Path of the file at fault, relative to the working directory, with forward slashes. */
  file: string;
  /** BCP 47; empty: the fault is in no locale. */
  locale: string;
  /** See {@link shownKey}; empty: the fault is the file's. */
  key: string;
  kind: ProblemKind;
  severity: "error" | "warning";
  /** One clause or more, without a word of any text. */
  message: string;
  /** The name of the check that found it. Left out: the kind says all. */
  check?: string | undefined;
  /** Counted from 1. Left out: the fault has no place in the file. */
  line?: number | undefined;
  column?: number | undefined;
}

export interface ProblemReport {
  problems: readonly Problem[];
  /** The number of values that were looked at. */
  checked: number;
  /** The files that were looked at, with and without problems, as they are named in problems. */
  files: readonly string[];
}

/** Whether nothing is worse than a warning. */
export function isOk({ problems }: Pick<ProblemReport, "problems">): boolean {
  return problems.every(({ severity }) => severity === "warning");
}

/**
 * The key of a text, for messages. Where the key is the text itself, as gettext has it, the line stands for it: a text must not
 * get into the log of a build.
 */
export function shownKey(
  key: string,
  { text, line, file }: { text: string; line: number | undefined; file: string },
): string {
  const plain = familyKey(key.replaceAll(/\\(.)/gs, "$1"));
  const isText = /\.pot?$/i.test(file) || plain === text || /\s/.test(plain);
  if (!isText) return key;
  return line === undefined ? "" : `line ${line}`;
}

/** By file, then by place. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => {
    if (a.file !== b.file) return a.file < b.file ? -1 : 1;
    return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
  });
}

/** The message of an error without the file's name and place, which stand beside it. */
export function withoutPlace(message: string, file: string): string {
  return message.startsWith(file) ? message.slice(file.length).replace(/^(?::\d+){0,2}:? /, "") : message;
}
