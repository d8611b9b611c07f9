/** Approving on PostgreSQL. */
import { RevisionChangedError, TranslationNotFoundError } from "../../contract/errors.ts";
import { type Approval, NOT_FOUND_HINT } from "../../contract/review.ts";
import type { Translation, TranslationReference } from "../../contract/translation.ts";
import { assertWithinSize } from "../../rules/within-size.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows, run } from "../database/statement.ts";
import { rememberApproved } from "../memory/remember.ts";
import { readByKey } from "../read/read.sql.ts";
import { keyOf, partsOf, translationOf } from "../read/read-store.ts";
import type { Voice } from "../settle/voice.ts";
import { approveTranslation, findRow, lockForReview } from "./review.sql.ts";

/**
 * Approves the stored text, or a person's own.
 *
 * @throws {InvalidItemError} The given text is over 16 MiB.
 * @throws {TranslationNotFoundError} No such row, or none with a text and none given.
 * @throws {RevisionChangedError} The row is not at the revision the reviewer read.
 */
export async function approve(pool: ConnectionPool, voice: Voice, approval: Approval): Promise<Translation> {
  assertWithinSize(approval.text);
  const { project, targetLocale } = approval.reference;
  const { contentNo, contextNo } = await numbersOf(pool, approval.reference);
  const key = [contentNo, targetLocale, contextNo, project];
  await pool.transaction(async (db) => {
    const [current] = await rows(db, lockForReview, key);
    if (current === undefined)
      throw new TranslationNotFoundError("There is no such translation to approve", { hint: NOT_FOUND_HINT });
    if (approval.revision !== undefined && approval.revision !== current.revision) {
      throw new RevisionChangedError(approval.revision, current.revision);
    }
    if (approval.text === undefined && !current.has_text) {
      throw new TranslationNotFoundError("The translation has no text yet to approve", {
        hint: "Wait until it is translated, or give the text.",
      });
    }
    await run(db, approveTranslation, [...key, approval.text ?? null, approval.by ?? null, current.status]);
    if (contentNo !== null && contextNo !== null) {
      await rememberApproved(db, [{ contentNo, contextNo, targetLocale, project }]);
    }
  });
  const keys = contentNo === null || contextNo === null ? [] : [{ contentNo, contextNo, targetLocale, project }];
  voice.changed({ kind: "approved", project, targetLocale, count: 1, keys });
  const [approved] = await rows(
    pool,
    readByKey,
    key.map((part) => [part]),
  );
  if (approved === undefined) throw new TranslationNotFoundError("The translation was collected as it was approved");
  return translationOf(approved);
}

async function numbersOf(pool: ConnectionPool, reference: TranslationReference) {
  if ("id" in reference) return keyOf(reference);
  const { project, businessId, sourceLocale, text, context, format } = partsOf(reference);
  const [row] = await rows(pool, findRow, [project, businessId, sourceLocale, text, context, format]);
  return { contentNo: row?.content_no ?? null, contextNo: row?.context_no ?? null };
}
