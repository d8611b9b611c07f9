/** Plans each message of each target file: from the files alone, and once more with the texts of the store. */
import type { Translation } from "@trans-hub/core";
import type { PluralForm, TextFormat } from "@trans-hub/core/engine";
import type { Catalog, FormattedFile, MessageParts } from "../catalog/catalog.ts";
import {
  entriesAfterWrite,
  entryOf,
  type LockEntry,
  type Standing,
  sourceHash,
  standingOf,
} from "../catalog/lock-file.ts";
import type { Row } from "./own-rows.ts";
import type { TargetFile } from "./target-files.ts";

export type Decision =
  /** Keep the value in the file. */
  | "keep"
  /** Take the text of the store. */
  | "translate";

export interface PlannedMessage {
  key: string;
  text: string;
  /** Present where the text is one form of a plural family. */
  form?: PluralForm | undefined;
  /** Declared for the text; undefined: detection finds it. */
  format?: TextFormat | undefined;
  /** Part of the text's identity. */
  msgctxt?: string | undefined;
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
  replacedFor?: "approved" | "pseudo";
}

export interface PlannedFile {
  target: TargetFile;
  source: Catalog;
  existing: Catalog | undefined;
  /** Entries of this target in the lock. */
  locked: ReadonlyMap<string, LockEntry>;
  messages: readonly PlannedMessage[];
}

export interface PlanInput {
  target: TargetFile;
  source: Catalog;
  existing: Catalog | undefined;
  locked: ReadonlyMap<string, LockEntry>;
  force: boolean;
}

/** A person's value is always kept: nothing here could write it again. */
export function planFile({ target, source, existing, locked, force }: PlanInput): PlannedFile {
  const messages = source.messages.map(({ key, text, form, format, msgctxt, parts }): PlannedMessage => {
    const value = existing?.texts.get(key);
    const hash = sourceHash(text);
    const standing = standingOf({ existing: value, sourceHash: hash, entry: locked.get(key) });
    const isOurCurrent = standing.author === "tool" && standing.source === hash;
    const isKept = standing.author === "person" || (isOurCurrent && !force);
    return {
      ...{
        key,
        text,
        sourceHash: hash,
        existing: value,
        standing,
        ...(form && { form }),
        ...(format && { format }),
        ...(msgctxt !== undefined && { msgctxt }),
        ...(parts && { parts }),
      },
      decision: isKept ? "keep" : "translate",
    };
  });
  return { target, source, existing, locked, messages };
}

/** Whether a person's value stands in the file although its source has changed since. */
export function isStale({ sourceHash: present, standing }: Pick<PlannedMessage, "sourceHash" | "standing">): boolean {
  return standing.author === "person" && standing.source !== present;
}

/**
 * Plans a kept value again, with the store's text of the present source.
 *
 * - A value equal to the store's text is Trans-Hub's, whatever the lock says: a run that was killed before it wrote the
 *   lock, or a lost lock, leaves such values.
 * - An approved text replaces a value of Trans-Hub's, and never a person's value in the file.
 * - A value by `pseudo` is replaced once that engine is not named any more.
 */
export function replan(
  message: PlannedMessage,
  stored: Translation | undefined,
  { allowsPseudo }: { allowsPseudo: boolean },
): PlannedMessage {
  const { existing, decision } = message;
  if (decision !== "keep" || stored?.text == null || stored.status === "failed") return message;
  const isApproved = stored.status === "approved";
  if (existing === stored.text) {
    const isUnwantedPseudo = stored.engine === "pseudo" && !isApproved && !allowsPseudo;
    const standing: Standing = { author: "tool", source: message.sourceHash };
    if (!isUnwantedPseudo) return { ...message, standing };
    return { ...message, standing, decision: "translate", replacedFor: "pseudo" };
  }
  if (!isApproved) return message;
  return message.standing.author === "tool"
    ? { ...message, decision: "translate", replacedFor: "approved" }
    : { ...message, isConflict: true };
}

/**
 * The plan of a file that was edited after it was planned, by a person or by another run: each message whose value was
 * changed is planned anew. Without this, the values as they stood before the run would be written over the edits.
 *
 * @param now The file, and its entries in the lock, as they are now. The source is that of the plan.
 * @param storedText Gives what the store has for a message.
 */
export function withEdits(
  planned: PlannedFile,
  now: Pick<PlanInput, "existing" | "locked" | "force">,
  storedText: (row: Row) => Translation | undefined,
  options: { allowsPseudo: boolean },
): PlannedFile {
  const { target, source, messages } = planned;
  const anew = planFile({ target, source, ...now });
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
export function valuesOf({ messages }: PlannedFile, translated: ReadonlyMap<string, string>): Map<string, string> {
  const values = new Map<string, string>();
  for (const { key, decision, existing } of messages) {
    const value = decision === "translate" ? translated.get(key) : existing;
    if (value !== undefined && value !== "") values.set(key, value);
  }
  return values;
}

/** The keys whose value in the existing file was written by Trans-Hub. */
export function writtenKeys({ existing, locked }: Pick<PlannedFile, "existing" | "locked">): ReadonlySet<string> {
  const written = [...locked].filter(([key, { written }]) => {
    const value = existing?.texts.get(key);
    return written !== undefined && value !== undefined && written === sourceHash(value);
  });
  return new Set(written.map(([key]) => key));
}

/** The lock's entries for a target file, taken from its formatted text. */
export function lockEntries(
  file: PlannedFile,
  values: ReadonlyMap<string, string>,
  formatted: Pick<FormattedFile, "written" | "stale">,
): Map<string, LockEntry> {
  const entries = new Map<string, LockEntry>();
  for (const { key, sourceHash: present, decision, standing } of file.messages) {
    const value = values.get(key);
    if (value === undefined) continue;
    const author: Standing = decision === "translate" ? { author: "tool", source: present } : standing;
    entries.set(key, entryOf(value, author, present));
  }
  return entriesAfterWrite(formatted, entries, file.locked);
}
