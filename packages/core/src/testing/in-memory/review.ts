/** Approvals, and the dead letters of a store in memory. */
import type { DeadLetterFilter } from "../../contract/dead-letter.ts";
import { RevisionChangedError, TranslationNotFoundError } from "../../contract/errors.ts";
import { type Approval, type Contribution, type ContributionOutcome, NOT_FOUND_HINT } from "../../contract/review.ts";
import { outcomeOf, worstOf } from "../../rules/contribution.ts";
import { assertWithinSize } from "../../rules/within-size.ts";
import { type Row, rowId } from "./row.ts";
import type { InMemoryTables } from "./tables.ts";

/**
 * Approves a row's text, or a text that the reviewer gives.
 *
 * @throws {InvalidItemError} The given text is too long.
 * @throws {TranslationNotFoundError} There is no such row, or no text to approve.
 * @throws {RevisionChangedError} The row has another revision than the reviewer read.
 */
export function approveRow(tables: InMemoryTables, { reference, text, revision, by }: Approval): Row {
  assertWithinSize(text);
  const row = tables.rowOf(reference);
  if (row === undefined)
    throw new TranslationNotFoundError("There is no such translation to approve", { hint: NOT_FOUND_HINT });
  if (revision !== undefined && revision !== row.revision) throw new RevisionChangedError(revision, row.revision);
  if (text === undefined && row.text === null) {
    throw new TranslationNotFoundError("The translation has no text yet to approve", {
      hint: "Wait until it is translated, or give the text.",
    });
  }
  tables.supersede(row);
  row.status = "approved";
  row.flags = [];
  if (text !== undefined) {
    row.text = text;
    row.engine = "human";
    row.model = null;
  }
  tables.memory.sync(row, by);
  tables.feed.write("approved", [row]);
  return row;
}

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
    tables.supersede(row);
    Object.assign(row, { status, text: translation, engine: "human", model: null, flags: [] });
    tables.memory.sync(row, by);
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
