/** Keeps the memory in step with acts of people. */
import type { TranslationKey } from "../../contract/translation.ts";
import { keyColumns } from "../database/key-columns.ts";
import { type Database, run } from "../database/statement.ts";
import { rememberRows } from "./memory.sql.ts";

/**
 * Called with the keys of all rows that an act has changed, after the change, whatever the act was. `trans_hub.review` does the same
 * by itself. {@link import("./key-texts.ts").keyNewTexts} is to follow the commit.
 *
 * @param db The open transaction of the act, which holds the locks of the rows.
 */
export async function rememberApproved(db: Database, keys: readonly TranslationKey[]): Promise<void> {
  if (keys.length > 0) await run(db, rememberRows, keyColumns(keys));
}
