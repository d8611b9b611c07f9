/** The values of a run that a person may want to look at: left out, replaced, removed, or kept against the rule. */
import type { Catalog } from "../catalog/catalog.ts";
import { familyKey } from "../catalog/unit-keys.ts";
import { asideKeys, isStale, type PlannedFile, type PlannedMessage } from "./plan.ts";

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
  /** The value stands under another key: the source renamed it. */
  | "moved"
  /** A person's value stays although its source changed or is gone. */
  | "stale"
  /** A person's value stays although the store has another, approved text. */
  | "conflict"
  /** A person's value stays although the run was forced. */
  | "kept"
  /** The whole file: the lock names it, and the configuration does not. */
  | "orphan";

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
  const isAside = asideKeys(file);
  for (const message of file.messages) {
    if (message.isAside === true) continue;
    const [kind, reason] = noticeOf(message, after, missing, force) ?? [];
    if (kind !== undefined && reason !== undefined) notices.push(notice(message.key, kind, reason));
  }
  const moved = new Set(file.messages.map(({ movedFrom }) => movedFrom));
  const families = new Set(file.messages.flatMap(({ key, form }) => (form === undefined ? [] : [familyKey(key)])));
  for (const [key, value] of existing?.texts ?? []) {
    if (source.texts.has(key) || moved.has(key) || isAside(key)) continue;
    if (after.texts.get(key) !== value) {
      const isForm = familyKey(key) !== key && families.has(familyKey(key));
      notices.push(
        notice(key, "removed", isForm ? "its language has no such plural form" : "the source has no such message"),
      );
    } else if (locked?.has(key) === true) notices.push(notice(key, "stale", "the source has no such message any more"));
  }
  return notices;
}

/** A target whose source file, or whose locale, is gone. */
export function strayNotice(file: string): Notice {
  return { file, locale: "", key: "", kind: "orphan", reason: STRAY };
}

/** Why a value is left out that no further run writes, as long as nobody names the engine. */
export const ONLY_PSEUDO =
  "the store has only a text by pseudo; it is written where --engine, or TH_ENGINES of the server, names pseudo";

export const STRAY = "the configuration has no source for it any more; it is left as it is";

function noticeOf(
  message: PlannedMessage,
  after: Catalog,
  missing: ReadonlyMap<string, string>,
  force: boolean,
): [NoticeKind, string] | undefined {
  const { key, existing, decision, standing, isConflict, movedFrom, rule } = message;
  const value = after.texts.get(key);
  if (value === undefined || value === "") {
    const reason = missing.get(key) ?? ARRAY;
    return ["left out", existing === undefined || existing === "" ? reason : `${reason}; its old value was removed`];
  }
  if (existing !== undefined && existing !== "" && value !== existing)
    return ["replaced", replacedBecause(message, force)];
  const kept = keptBecause(message);
  if (isConflict) return ["conflict", kept ?? ""];
  if (movedFrom !== undefined) return ["moved", `its key was ${movedFrom}`];
  if (kept !== undefined) return ["stale", kept];
  if (decision === "translate") {
    return missing.has(key) ? ["stale", ARRAY] : undefined;
  }
  return force && standing.author === "person" && rule === undefined
    ? ["kept", `${PERSONS}, which --force does not replace`]
    : undefined;
}

/** Why a person's value stays although the source or the store says otherwise. Undefined: neither does. */
export function keptBecause(message: PlannedMessage): string | undefined {
  if (message.isConflict) return `${PERSONS}; a person approved another text in the store`;
  return isStale(message) ? `${PERSONS}, whose source changed` : undefined;
}

const ARRAY = "an array, or a family of plural forms, is written as a whole or not at all";

function replacedBecause({ sourceHash: present, standing, replacedFor, rule }: PlannedMessage, force: boolean): string {
  if (rule === "copy") return "the configuration copies its source";
  if (replacedFor === "approved") return "a person approved another text in the store";
  if (replacedFor === "conflict") return "--take store took the approved text";
  if (replacedFor === "pseudo") return "it was a text by pseudo, which is not named any more";
  if (standing.source !== present) return "its source changed";
  return force ? "--force took the store's text" : "the store has another text";
}
