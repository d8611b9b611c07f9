/** What is to be done with each message of each target file: decided from the files alone. */
import type { Catalog, FormattedCatalog } from "../catalog/json-catalog.ts";
import { decideValue, hashesAfterWrite, sourceHash } from "../catalog/lock-file.ts";
import type { TargetFile } from "./target-files.ts";

export type Decision =
  /** The value in the file stands. */
  | "keep"
  /** Ask the store. */
  | "translate"
  /** ICU or plural syntax: nobody here can translate it yet. */
  | "unsupported";

export interface PlannedMessage {
  key: string;
  text: string;
  decision: Decision;
  /** The value in the target file; undefined: none. */
  existing: string | undefined;
}

export interface PlannedFile {
  target: TargetFile;
  source: Catalog;
  existing: Catalog | undefined;
  /** The lock's hashes of this target. */
  locked: ReadonlyMap<string, string>;
  messages: readonly PlannedMessage[];
}

export interface PlanInput {
  target: TargetFile;
  source: Catalog;
  existing: Catalog | undefined;
  locked: ReadonlyMap<string, string>;
  pluralKeys: ReadonlySet<string>;
  force: boolean;
}

export function planFile({ target, source, existing, locked, pluralKeys, force }: PlanInput): PlannedFile {
  const messages = source.messages.map(({ key, text }): PlannedMessage => {
    const isPlural = pluralKeys.has(key);
    const standing = existing?.texts.get(key);
    const decision = decideValue({
      existing: standing,
      sourceHash: sourceHash(text),
      lockedHash: locked.get(key),
      // To drop what a person wrote for something that cannot be made anew would help nobody.
      force: force && !isPlural,
    });
    if (decision !== "translate") return { key, text, decision: "keep", existing: standing };
    return { key, text, decision: isPlural ? "unsupported" : "translate", existing: standing };
  });
  return { target, source, existing, locked, messages };
}

/**
 * The values of a target file: those that stand, and those that the store gave.
 *
 * A plural form that a person wrote stands although its source changed: to leave it out would lose their work. It counts
 * as unsupported all the same, and the lock goes on calling it outdated.
 */
export function valuesOf({ messages }: PlannedFile, translated: ReadonlyMap<string, string>): Map<string, string> {
  const values = new Map<string, string>();
  for (const { key, decision, existing } of messages) {
    const value = decision === "translate" ? translated.get(key) : existing;
    if (value !== undefined && value !== "") values.set(key, value);
  }
  return values;
}

/** The lock's entries for a target file as it was formatted. */
export function lockEntries(file: PlannedFile, { written, stale }: FormattedCatalog): Map<string, string> {
  const outdated = new Set(file.messages.filter(({ decision }) => decision === "unsupported").map(({ key }) => key));
  const hashes = new Map(file.messages.map(({ key, text }) => [key, sourceHash(text)]));
  return hashesAfterWrite(
    { written: written.difference(outdated), stale: stale.union(written.intersection(outdated)) },
    hashes,
    file.locked,
  );
}
