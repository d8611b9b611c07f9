/** Notes which pairs of the memory were with the engine, before the translations are settled. */
import type { WorkItem, WorkOutcome } from "../../contract/work.ts";
import { type Database, integerArray, run, textArray } from "../database/statement.ts";
import { noteMemoryUses } from "./memory.sql.ts";
import { keyColumns } from "./remember.ts";

/** No statement where no translation had a pair. */
export async function noteUses(
  db: Database,
  items: readonly Pick<WorkItem, "key" | "revision">[],
  outcomes: readonly WorkOutcome[],
): Promise<void> {
  const used = items.flatMap(({ key, revision }, at) => {
    const outcome = outcomes[at];
    const units = outcome?.kind === "translated" ? (outcome.memoryUnits ?? []) : [];
    return units.length === 0 ? [] : [{ key, revision, units }];
  });
  if (used.length === 0) return;
  await run(db, noteMemoryUses, [
    ...keyColumns(used.map(({ key }) => key)),
    used.map(({ revision }) => revision),
    textArray(used.map(({ units }) => integerArray(units))),
  ]);
}
