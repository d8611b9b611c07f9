/** People's translations from elsewhere, and the dead letters of a store in memory. */
import type { DeadLetterFilter } from "../../contract/dead-letter.ts";
import type { Contribution, ContributionOutcome } from "../../contract/review.ts";
import { outcomeOf, worstOf } from "../../rules/contribution.ts";
import { assertWithinSize } from "../../rules/within-size.ts";
import { beginAct } from "./acts.ts";
import { type Row, rowId } from "./row.ts";
import type { InMemoryTables } from "./tables.ts";

/**
 * Stores a person's translation in the rows of its item, which are registered.
 *
 * @param given The translations that the call has given to rows so far.
 */
export function contributeRow(
  tables: InMemoryTables,
  { item, translation, status, by }: Contribution,
  given: Map<Row, string>,
): ContributionOutcome {
  assertWithinSize(translation);
  let worst: ContributionOutcome = "unchanged";
  for (const targetLocale of item.targetLocales) {
    const { project, sourceLocale, text, context, format } = item;
    const row = tables.rowOf({ project, targetLocale, sourceLocale, text, context, format });
    if (row === undefined) throw new Error("The item is not registered");
    const earlier = given.get(row);
    if (earlier !== undefined) {
      worst = worstOf(worst, earlier === translation ? "unchanged" : "kept");
      continue;
    }
    given.set(row, translation);
    const outcome = outcomeOf({ status: row.status, isSame: row.text === translation, engine: row.engine }, status);
    worst = worstOf(worst, outcome);
    if (outcome !== "stored") continue;
    const act = beginAct(tables, row);
    tables.supersede(row);
    const approvedBy = status === "approved" ? (by ?? null) : null;
    Object.assign(row, { status, text: translation, engine: "human", model: null, flags: [], approvedBy });
    act.end({ action: "contribute", by });
    tables.memory.sync(row);
    tables.feed.write(status, [row]);
  }
  return worst;
}

/** Gives dead letters another try. Returns the number of rows that are work again. */
export function replayLetters(tables: InMemoryTables, filter: DeadLetterFilter): number {
  const again = new Set<Row>();
  for (const letter of tables.letters.find(filter)) {
    tables.letters.close(letter);
    if (letter.row.status !== "failed" && letter.row.status !== "translated") continue;
    tables.putBackToWork(letter.row);
    again.add(letter.row);
  }
  tables.batches.enqueue([...again]);
  return again.size;
}

/** Deletes dead letters, and the failed rows with them. Returns the number of letters. */
export function purgeLetters(tables: InMemoryTables, filter: DeadLetterFilter): number {
  const letters = tables.letters.find(filter);
  tables.feed.write(
    "purged",
    letters.flatMap(({ row }) => (row.status === "failed" ? row : [])),
  );
  for (const letter of letters) {
    tables.letters.close(letter);
    if (letter.row.status === "failed") tables.rows.delete(rowId(letter.row.key));
  }
  return letters.length;
}
