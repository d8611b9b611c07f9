/** Plans each message of each target file: from the files alone, and once more with the texts of the store. */
import type { PluralForm, TextFormat } from "@trans-hub/core/engine";
import type { Catalog, CatalogMessage, FormattedFile, MessageParts } from "../catalog/catalog.ts";
import {
  entriesAfterWrite,
  entryOf,
  type LockEntry,
  type Standing,
  sourceHash,
  standingOf,
} from "../catalog/lock-file.ts";
import { candidates } from "../catalog/lock-text.ts";
import { familyKey } from "../catalog/unit-keys.ts";
import type { KeyMatcher } from "../config/key-patterns.ts";
import type { StoredText } from "../store/catalog-store.ts";
import { movedItems } from "./array-items.ts";
import type { Row } from "./own-rows.ts";
import { renamedKeys } from "./renames.ts";
import type { TargetFile } from "./target-files.ts";
import { ruledKey, ruledMessages, ruleOf } from "./text-rules.ts";

export type Decision =
  /** Keep the value in the file. */
  | "keep"
  /** Take the text of the store. */
  | "translate"
  /** Take the text of the source: the configuration says so. */
  | "copy";

export interface PlannedMessage {
  key: string;
  text: string;
  /** Present where the text is one form of a plural family. */
  form?: PluralForm | undefined;
  /** The key of the plural form whose translation this one takes: it has no row of its own. */
  sharesWith?: string | undefined;
  /** Declared for the text; undefined: detection finds it. */
  format?: TextFormat | undefined;
  /** Part of the text's identity. */
  msgctxt?: string | undefined;
  /** The key, of a text that shares its translation with no other key. */
  distinct?: string | undefined;
  /** The translators' note in the file: no part of the text's identity. */
  note?: string | undefined;
  maxLength?: number | undefined;
  /** The rule that gives the text its value instead of a translation: of the configuration, or `verbatim` of the format. */
  rule?: "copy" | "keep" | "verbatim";
  /** Present where the text is several texts in one. */
  parts?: MessageParts | undefined;
  /** Of the text. */
  sourceHash: string;
  decision: Decision;
  /** The value in the target file; undefined: none. */
  existing: string | undefined;
  /** Its author and its source. */
  standing: Standing;
  /** A person's value stands in the file although the store has another text, which a person approved. */
  isConflict?: boolean;
  /** Why the store's text replaces a value whose source is the same. */
  replacedFor?: "approved" | "pseudo" | "conflict";
  /** The key under which the value stands in the file: the source renamed it. */
  movedFrom?: string;
  /** The run is restricted to other keys: the value and its entry in the lock stay as they are. */
  isAside?: true;
}

export interface PlannedFile {
  target: TargetFile;
  source: Catalog;
  existing: Catalog | undefined;
  /** Entries of this target in the lock; undefined: the lock does not name it. */
  locked: ReadonlyMap<string, LockEntry> | undefined;
  messages: readonly PlannedMessage[];
  /** Values of people in items of arrays that the source has no more, by the key that each of them has from now on. */
  displaced: ReadonlyMap<string, string>;
  /** The number of further messages, of whose values nothing is to be said. */
  passed: number;
  /** The keys that the run is restricted to. Default: all. */
  only?: KeyMatcher | undefined;
}

/** Whether nothing is to be said of a value that belongs to the present source. */
export type Pass = (value: {
  message: CatalogMessage;
  value: string;
  author: Standing["author"];
  target: TargetFile;
  existing: Catalog;
}) => boolean;

export interface PlanInput {
  target: TargetFile;
  source: Catalog;
  existing: Catalog | undefined;
  locked: ReadonlyMap<string, LockEntry> | undefined;
  force: boolean;
  /** Default: all keys. */
  only?: KeyMatcher | undefined;
  /** Tells the values that need no plan. Default: each has one. */
  passes?: Pass | undefined;
}

/** A person's value is always kept: nothing here could write it again. */
export function planFile({ target, source, existing, locked, force, only, passes }: PlanInput): PlannedFile {
  const wanted = ruledMessages(source, target.rules);
  // A value that stands under its own key did not move.
  const isComplete = wanted.every(({ key }) => existing?.texts.get(key));
  const renamed = isComplete ? NONE : renamedKeys(source, existing, locked);
  // An array moves as a whole or not at all, so a run over some keys leaves all of them at their places.
  const { from, displaced } = movedItems(only === undefined ? wanted : [], existing, locked);
  const messages: PlannedMessage[] = [];
  let passed = 0;
  for (const given of wanted) {
    const { key, text, form } = given;
    const isAside = only !== undefined && !only(ruledKey(given));
    const movedFrom = isAside ? undefined : (renamed.get(key) ?? from.get(key));
    const isNew = from.has(key) && movedFrom === undefined;
    const value = isNew ? undefined : existing?.texts.get(movedFrom ?? key);
    const hash = hashOfText(given);
    const standing = standingOf({ key: movedFrom ?? key, existing: value, sourceHash: hash, locked });
    const rule = ruleOf(given, target.rules);
    if (passes !== undefined && existing !== undefined && value && standing.source === hash) {
      const isPlain = rule === undefined && movedFrom === undefined && !isAside;
      if (isPlain && passes({ message: given, value, author: standing.author, target, existing })) {
        passed += 1;
        continue;
      }
    }
    const isOurCurrent = standing.author === "tool" && standing.source === hash;
    const isKept = standing.author === "person" || (isOurCurrent && !force);
    // Field by field: a run has some 100,000 messages, and a spread of an object takes as long as all the rest.
    const planned: PlannedMessage = {
      key,
      text,
      form,
      sharesWith: given.sharesWith,
      format: given.format,
      msgctxt: given.msgctxt,
      distinct: given.distinct,
      note: given.note,
      maxLength: given.maxLength,
      parts: given.parts,
      sourceHash: hash,
      decision: isKept ? "keep" : "translate",
      existing: value,
      standing,
    };
    if (movedFrom !== undefined) planned.movedFrom = movedFrom;
    if (rule !== undefined) Object.assign(planned, followed(rule, planned));
    else if (given.isVerbatim === true) Object.assign(planned, asItIs(planned, { isKept, standing }));
    if (isAside) {
      planned.decision = "keep";
      planned.isAside = true;
    }
    messages.push(planned);
  }
  return { target, source, existing, locked, messages, displaced, passed, ...(only && { only }) };
}

const NONE: ReadonlyMap<string, string> = new Map();

function hashOfText({ text, facts }: CatalogMessage): string {
  if (facts?.text !== text) return sourceHash(text);
  facts.hash ??= sourceHash(text);
  return facts.hash;
}

/** A copy is Trans-Hub's for as long as it is kept equal, and the target's own from the first day where it is not. */
function followed(
  rule: "copy" | "keep",
  { text, existing, sourceHash: present }: Pick<PlannedMessage, "text" | "existing" | "sourceHash">,
): Pick<PlannedMessage, "rule" | "decision" | "standing"> {
  const author = rule === "copy" ? "tool" : "person";
  const isThere = rule === "copy" ? existing === text : existing !== undefined && existing !== "";
  return { rule, decision: isThere ? "keep" : "copy", standing: { author, source: present } };
}

/** A text that stands in every language as it is follows the source, until a person edits it. */
function asItIs(
  { text, existing, sourceHash: present }: Pick<PlannedMessage, "text" | "existing" | "sourceHash">,
  { isKept, standing }: { isKept: boolean; standing: Standing },
): Pick<PlannedMessage, "rule" | "decision" | "standing"> {
  const rule = "verbatim";
  if (existing === text) return { rule, decision: "keep", standing: { author: "tool", source: present } };
  return isKept
    ? { rule, decision: "keep", standing }
    : { rule, decision: "copy", standing: { author: "tool", source: present } };
}

/** Whether a person's value stands in the file although its source has changed since. */
export function isStale({ sourceHash: present, standing }: Pick<PlannedMessage, "sourceHash" | "standing">): boolean {
  return standing.author === "person" && standing.source !== undefined && standing.source !== present;
}

/** Whether the file has a value of unknown age: it may belong to an earlier source. */
export function isUnknown({ standing }: Pick<PlannedMessage, "standing">): boolean {
  return standing.source === undefined;
}

/**
 * Plans a kept value again, with the store's text of the present source.
 *
 * - A value equal to the store's text is Trans-Hub's, also against the lock: a run that was killed before it wrote the
 *   lock, or a lost lock, leaves such values. But a person's text that the store has from a file stays a person's there: another
 *   text that is approved later does not replace it.
 * - An approved text replaces a value of Trans-Hub's, and never a person's value in the file.
 * - A value by `pseudo` is replaced once that engine is not named any more.
 *
 * @param options.takesStore Whether the approved text replaces a person's value in the file.
 */
export function replan(
  message: PlannedMessage,
  stored: StoredText | undefined,
  { allowsPseudo, takesStore = false }: { allowsPseudo: boolean; takesStore?: boolean },
): PlannedMessage {
  const { existing, decision, rule, isAside } = message;
  if (isAside === true) return message;
  if (decision !== "keep" || rule !== undefined || stored?.text == null || stored.status === "failed") return message;
  const isApproved = stored.status === "approved";
  if (existing === stored.text) {
    const isUnwantedPseudo = stored.engine === "pseudo" && !isApproved && !allowsPseudo;
    const isPersons = stored.engine === "human" && message.standing.author === "person";
    const standing: Standing = { author: isPersons ? "person" : "tool", source: message.sourceHash };
    if (!isUnwantedPseudo) return { ...message, standing };
    return { ...message, standing, decision: "translate", replacedFor: "pseudo" };
  }
  // A person may say more in a file than the store holds, where two forms share a row.
  if (!isApproved || (message.sharesWith !== undefined && message.standing.author === "person")) return message;
  return message.standing.author === "tool"
    ? { ...message, decision: "translate", replacedFor: "approved" }
    : takesStore
      ? { ...message, decision: "translate", replacedFor: "conflict" }
      : { ...message, isConflict: true };
}

/**
 * The plan of a file that was edited after it was planned, by a person or by another run: each message whose value was
 * changed is planned anew. Without this, the values as they stood before the run would be written over the edits.
 *
 * @param now The file, and its entries in the lock, as they are now. The source is that of the plan.
 * @param storedText Gives the store's translation of a message.
 */
export function withEdits(
  planned: PlannedFile,
  now: Pick<PlanInput, "existing" | "locked" | "force">,
  storedText: (row: Row) => StoredText | undefined,
  options: { allowsPseudo: boolean },
): PlannedFile {
  const { target, source, messages } = planned;
  const anew = planFile({ target, source, only: planned.only, ...now });
  return {
    ...anew,
    messages: anew.messages.map((message, at) => {
      const before = messages[at];
      if (before !== undefined && before.existing === message.existing) return before;
      return replan(message, storedText(message), options);
    }),
  };
}

/** The values of a target file: kept ones, and those from the store. */
export function valuesOf(file: PlannedFile, translated: ReadonlyMap<string, string>): Map<string, string> {
  const values = new Map(file.target.rules === undefined ? [] : ignoredValues(file));
  const { messages } = file;
  for (const { key, decision, existing, text } of messages) {
    const value = decision === "copy" ? text : decision === "translate" ? translated.get(key) : existing;
    if (value !== undefined && value !== "") values.set(key, value);
  }
  return values;
}

/** A message that the configuration ignores keeps the value that it has. */
function ignoredValues({ messages, source, existing }: PlannedFile): [string, string][] {
  const planned = new Set(messages.map(({ key }) => key));
  return [...(existing?.texts ?? [])].filter(([key]) => source.texts.has(key) && !planned.has(key));
}

/** The keys whose value goes with its message: Trans-Hub wrote it, or it has moved to another key. */
export function writtenKeys({ existing, locked, messages }: PlannedFile): ReadonlySet<string> {
  const written = [...(locked ?? [])].filter(([key, entry]) => {
    const value = existing?.texts.get(key);
    if (value === undefined || value === "") return false;
    const hash = sourceHash(value);
    return candidates(entry).some(({ written: own, was }) => own === hash || was?.written === hash);
  });
  const moved = messages.flatMap(({ movedFrom }) => (movedFrom === undefined ? [] : [movedFrom]));
  return new Set([...written.map(([key]) => key), ...moved]);
}

/** The keys of the values that the source has not, whoever wrote them. */
export function orphanedValues({ target, source, existing }: PlannedFile): ReadonlySet<string> {
  const keys = [...(existing?.texts.keys() ?? []), ...(existing?.unreviewed?.keys() ?? [])];
  return new Set(keys.filter((key) => !source.texts.has(key) && target.rules?.ignore(familyKey(key)) !== true));
}

/**
 * Tells the keys that the run leaves as they are. A value whose key was renamed waits for the run that moves it.
 */
export function asideKeys({ only, source, existing, locked, messages }: PlannedFile): (key: string) => boolean {
  if (only === undefined) return () => false;
  const planned = new Map(messages.map(({ key, isAside = false }) => [key, isAside]));
  const waiting = new Set<string>();
  for (const [now, before] of renamedKeys(source, existing, locked)) if (planned.get(now) === true) waiting.add(before);
  return (key) => planned.get(key) ?? (waiting.has(key) || !(only(key) || only(familyKey(key))));
}

/** The lock's entries for a target file, taken from its formatted text. */
export function lockEntries(
  file: PlannedFile,
  values: ReadonlyMap<string, string>,
  formatted: Pick<FormattedFile, "written" | "stale">,
): Map<string, LockEntry> {
  const entries = new Map<string, LockEntry>();
  for (const { key, sourceHash: present, decision, standing, isAside } of file.messages) {
    const value = values.get(key);
    // Beside a lock that names the file, a value without an entry is one that came since the last run; it stays so.
    if (value === undefined || (isAside === true && file.locked !== undefined)) continue;
    const author: Standing = decision === "translate" ? { author: "tool", source: present } : standing;
    entries.set(key, entryOf(value, author, present));
  }
  const after = entriesAfterWrite(formatted, entries, file.locked);
  if (file.only === undefined) return after;
  const isAside = asideKeys(file);
  for (const [key, entry] of file.locked ?? []) if (isAside(key)) after.set(key, entry);
  return after;
}
