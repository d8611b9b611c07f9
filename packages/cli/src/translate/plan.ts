/** Plans each message of each target file from the files alone. */
import type { Catalog, FormattedCatalog } from "../catalog/json-catalog.ts";
import { decideValue, hashesAfterWrite, sourceHash } from "../catalog/lock-file.ts";
import type { TargetFile } from "./target-files.ts";

export type Decision =
  /** Keep the value in the file. */
  | "keep"
  /** Ask the store. */
  | "translate"
  /** ICU or plural syntax: cannot be translated yet. */
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
  /** Hashes of this target in the lock. */
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
      // A person's plural is not forced: it cannot be translated anew, so dropping it would only lose work.
      force: force && !isPlural,
    });
    if (decision !== "translate") return { key, text, decision: "keep", existing: standing };
    return { key, text, decision: isPlural ? "unsupported" : "translate", existing: standing };
  });
  return { target, source, existing, locked, messages };
}

/**
 * The values of a target file: kept ones, and those from the store.
 *
 * A plural form written by a person stays although its source changed: leaving it out would lose that work. It still
 * counts as unsupported, and the lock goes on calling it outdated.
 */
export function valuesOf({ messages }: PlannedFile, translated: ReadonlyMap<string, string>): Map<string, string> {
  const values = new Map<string, string>();
  for (const { key, decision, existing } of messages) {
    const value = decision === "translate" ? translated.get(key) : existing;
    if (value !== undefined && value !== "") values.set(key, value);
  }
  return values;
}

/** The lock's entries for a target file, taken from its formatted text. */
export function lockEntries(file: PlannedFile, { written, stale }: FormattedCatalog): Map<string, string> {
  const outdated = new Set(file.messages.filter(({ decision }) => decision === "unsupported").map(({ key }) => key));
  const hashes = new Map(file.messages.map(({ key, text }) => [key, sourceHash(text)]));
  return hashesAfterWrite(
    { written: written.difference(outdated), stale: stale.union(written.intersection(outdated)) },
    hashes,
    file.locked,
  );
}
