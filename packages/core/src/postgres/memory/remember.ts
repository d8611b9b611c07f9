/**
 * Keeps the memory in step with approvals, within the transaction of the act.
 *
 * {@link rememberApproved} is the only way in for acts of people: it is called with the keys of all rows that an act has changed, after
 * the change, whatever the act was. A row that is approved has its pair then, and any other row has none.
 */
import type { MemoryOrigin, MemoryPair } from "../../contract/memory.ts";
import type { TranslationKey } from "../../contract/translation.ts";
import { MEMORY_KEY_VERSION, memoryKeys } from "../../rules/memory-keys.ts";
import { memoryLanguage, memoryLocale } from "../../rules/memory-locale.ts";
import { LONGEST_MEMORY_TEXT_BYTES } from "../../rules/memory-match.ts";
import { type Database, integerArray, rows, run, textArray } from "../database/statement.ts";
import { approvedPairs, forgetUnits, rememberUnits } from "./memory.sql.ts";

/** @param db The open transaction of the act, which holds the locks of the rows. */
export async function rememberApproved(db: Database, keys: readonly TranslationKey[]): Promise<void> {
  if (keys.length === 0) return;
  const found = await rows(db, approvedPairs, [...keyColumns(keys), LONGEST_MEMORY_TEXT_BYTES]);
  const approved = new Map(found.map((row) => [keys[row.place - 1], row]));
  const pairs = keys.flatMap((key): OwnedPair[] => {
    const row = approved.get(key);
    if (row === undefined || row.source.trim() === "" || row.target.trim() === "") return [];
    const { source_locale: sourceLocale, source, target, approved_by: by } = row;
    return [
      { key, project: key.project, targetLocale: key.targetLocale, sourceLocale, source, target, by: by ?? undefined },
    ];
  });
  const others = keys.filter((key) => !pairs.some((pair) => pair.key === key));
  if (others.length > 0) await run(db, forgetUnits, keyColumns(others));
  await storePairs(db, "approved", pairs);
}

/** A pair with its project, and the row that it was approved in. */
export interface OwnedPair extends MemoryPair {
  project: string;
  key?: TranslationKey;
}

/** Stores pairs with their keys. Gives how many were stored or changed. */
export async function storePairs(db: Database, origin: MemoryOrigin, pairs: readonly OwnedPair[]): Promise<number> {
  if (pairs.length === 0) return 0;
  const keysOfSource = new Map<string, string>();
  const bandsOf = ({ project, source }: OwnedPair) => {
    const name = JSON.stringify([project, source]);
    const known = keysOfSource.get(name) ?? integerArray(memoryKeys(project, source));
    keysOfSource.set(name, known);
    return known;
  };
  const [receipt] = await rows(db, rememberUnits, [
    pairs.map(({ project }) => project),
    pairs.map(({ sourceLocale }) => memoryLanguage(sourceLocale)),
    textArray(pairs.map(({ source }) => source)),
    textArray(pairs.map(bandsOf)),
    MEMORY_KEY_VERSION,
    pairs.map(({ sourceLocale }) => sourceLocale),
    pairs.map(({ targetLocale }) => targetLocale),
    pairs.map(({ targetLocale }) => memoryLocale(targetLocale)),
    textArray(pairs.map(({ target }) => target)),
    origin,
    pairs.map(({ key }) => key?.contentNo ?? null),
    pairs.map(({ key }) => key?.contextNo ?? null),
    pairs.map(({ by }) => by?.slice(0, LONGEST_NAME) ?? null),
    pairs.map(({ at }) => at ?? null),
  ]);
  return receipt?.written ?? 0;
}

/** Characters of the name of a person that are kept. */
const LONGEST_NAME = 60;

export function keyColumns(keys: readonly TranslationKey[]): unknown[] {
  return [
    keys.map(({ contentNo }) => contentNo),
    keys.map(({ targetLocale }) => targetLocale),
    keys.map(({ contextNo }) => contextNo),
    keys.map(({ project }) => project),
  ];
}
