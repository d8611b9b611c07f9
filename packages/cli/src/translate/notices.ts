/** The values of a run that a person may want to look at: left out, replaced, removed, or kept against the rule. */
import type { Catalog } from "../catalog/catalog.ts";
import { isStale, type PlannedFile, type PlannedMessage } from "./plan.ts";

export interface Notice {
  file: string;
  locale: string;
  key: string;
  kind: NoticeKind;
  reason: string;
}

export type NoticeKind =
  /** The file has no value for this message. */
  | "left out"
  /** A value that Trans-Hub wrote gave way to another. */
  | "replaced"
  /** The file had a value, and the source has no such message any more. */
  | "removed"
  /** A person's value stays although its source changed or is gone. */
  | "stale"
  /** A person's value stays although the store has another, approved text. */
  | "conflict"
  /** A person's value stays although the run was forced. */
  | "kept";

export interface NoticeInput {
  file: PlannedFile;
  /** The file's content after the run. */
  after: Catalog;
  /** The reason why a message has no text, by key. */
  missing: ReadonlyMap<string, string>;
  force: boolean;
}

/** Whether the value stays because a person wrote it, so that deleting it from the file lets the store's text in. */
export function isPersons({ reason }: Notice): boolean {
  return reason.startsWith(PERSONS);
}

const PERSONS = "a person's value";

/** In the order of the source, then of the target file. */
export function noticesOf({ file, after, missing, force }: NoticeInput): Notice[] {
  const { target, existing, locked, source } = file;
  const notice = (key: string, kind: NoticeKind, reason: string): Notice => {
    return { file: target.path, locale: target.locale, key, kind, reason };
  };
  const notices: Notice[] = [];
  for (const message of file.messages) {
    const [kind, reason] = noticeOf(message, after, missing, force) ?? [];
    if (kind !== undefined && reason !== undefined) notices.push(notice(message.key, kind, reason));
  }
  for (const [key, value] of existing?.texts ?? []) {
    if (source.texts.has(key)) continue;
    if (after.texts.get(key) !== value) notices.push(notice(key, "removed", "the source has no such message"));
    else if (locked.has(key)) notices.push(notice(key, "stale", "the source has no such message any more"));
  }
  return notices;
}

function noticeOf(
  message: PlannedMessage,
  after: Catalog,
  missing: ReadonlyMap<string, string>,
  force: boolean,
): [NoticeKind, string] | undefined {
  const { key, existing, decision, standing, isConflict } = message;
  const value = after.texts.get(key);
  if (value === undefined || value === "") {
    const reason = missing.get(key) ?? ARRAY;
    return ["left out", existing === undefined || existing === "" ? reason : `${reason}; its old value was removed`];
  }
  if (existing !== undefined && existing !== "" && value !== existing)
    return ["replaced", replacedBecause(message, force)];
  if (isConflict) return ["conflict", `${PERSONS}; a person approved another text in the store`];
  if (isStale(message)) return ["stale", `${PERSONS}, whose source changed`];
  if (decision === "translate") {
    return missing.has(key) ? ["stale", "an array is replaced as a whole or not at all"] : undefined;
  }
  return force && standing.author === "person" ? ["kept", `${PERSONS}, which --force does not replace`] : undefined;
}

const ARRAY = "an array is written as a whole or not at all";

function replacedBecause({ sourceHash: present, standing, replacedFor }: PlannedMessage, force: boolean): string {
  if (replacedFor === "approved") return "a person approved another text in the store";
  if (replacedFor === "pseudo") return "it was a text by pseudo, which is not named any more";
  if (standing.source !== present) return "its source changed";
  return force ? "--force took the store's text" : "the store has another text";
}
