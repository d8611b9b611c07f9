/** Makes the keys of the memory's sources that have none by the present rule. */
import { MEMORY_KEY_VERSION, memoryKeys } from "../../rules/memory-keys.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { integerArray, rows, textArray } from "../database/statement.ts";
import { keyTexts, textsToKey } from "./memory.sql.ts";

/** Sources of one transaction. Each has twenty keys. */
const TEXTS_A_STEP = 200;

/** Makes the keys of the sources of one step. True: more sources may be without their present keys. */
export async function keyMemoryTexts(pool: ConnectionPool): Promise<boolean> {
  return pool.transaction(async (db) => {
    const found = await rows(db, textsToKey, [MEMORY_KEY_VERSION, TEXTS_A_STEP]);
    if (found.length === 0) return false;
    await rows(db, keyTexts, [
      found.map((row) => row.text_no),
      textArray(found.map(({ project, source }) => integerArray(memoryKeys(project, source)))),
      MEMORY_KEY_VERSION,
    ]);
    return found.length === TEXTS_A_STEP;
  });
}

/**
 * Makes the keys after an act of a person, in one step: after an upgrade every source may wait for its keys. The act is committed: it must
 * not fail by them. What is left, or cannot be done (a role without the right, a lost connection), a member of the fleet does within a minute.
 */
export async function keyNewTexts(pool: ConnectionPool): Promise<void> {
  try {
    await keyMemoryTexts(pool);
  } catch {
    // The task `key_memory` goes on.
  }
}
