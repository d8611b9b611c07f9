/** Notes which pairs of the memory were with the engine, before the translations are settled. */
import type { WorkItem, WorkOutcome } from "../../contract/work.ts";
import { keyColumns } from "../database/key-columns.ts";
import { type Database, integerArray, run, textArray } from "../database/statement.ts";
import { noteMemoryUses } from "./store.sql.ts";

/** No statement where no translation had a pair. */
export async function noteUsesOfMemory(
  db: Database,
  items: readonly WorkItem[],
  outcomes: readonly WorkOutcome[],
): Promise<void> {
  const used = items.flatMap((item, at) => {
    const outcome = outcomes[at];
    const units = outcome?.kind === "translated" ? (outcome.memoryUnits ?? []) : [];
    return units.length === 0 ? [] : [{ item, units }];
  });
  if (used.length === 0) return;
  await run(db, noteMemoryUses, [
    ...keyColumns(used.map(({ item }) => item.key)),
    used.map(({ item }) => item.revision),
    textArray(used.map(({ units }) => integerArray(units))),
  ]);
}
