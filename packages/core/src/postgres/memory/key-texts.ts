/** Makes the keys of the memory's sources anew that an earlier rule made: a task of the fleet, in bounded steps. */
import { MEMORY_KEY_VERSION, memoryKeys } from "../../rules/memory-keys.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { integerArray, rows, textArray } from "../database/statement.ts";
import { keyTexts, textsToKey } from "./memory.sql.ts";

/** Sources of one transaction. Each has twenty keys. */
const TEXTS_A_STEP = 200;

/** One step. Gives whether there may be more to do. */
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
