/** The queue of review of a store in memory: which texts a person has to look at, and why. */
import { createHash } from "node:crypto";
import type { QueueReason } from "../../contract/read.ts";
import { translationId } from "../../rules/translation-id.ts";
import type { Row } from "./row.ts";
import type { InMemoryTables } from "./tables.ts";

/** The reason to look at a text. Undefined: there is none, or a person has looked. */
export function reasonToReview(tables: InMemoryTables, row: Row, sample: number): QueueReason | undefined {
  if (row.status !== "translated" || isReviewed(row)) return undefined;
  if (row.flags.length > 0) return "flagged";
  if (followsApproved(tables, row)) return "changed";
  const hash = createHash("sha256")
    .update(`${translationId(row.key)}/${row.key.targetLocale}`)
    .digest();
  return hash.readUInt16BE(0) < sample * 655.36 ? "sample" : undefined;
}

/** Whether the latest entry of the history is the act of a person, and the row is as it left it. */
function isReviewed({ acts, revision, text }: Row): boolean {
  const last = acts.at(-1);
  if (last === undefined || last.action === "replace" || last.action === "undo") return false;
  return last.revisionAfter === revision && last.textAfter === text;
}

/** Whether a text is the newest under an id, and the translation of one that it followed there is approved. */
function followsApproved({ uses, rows }: InMemoryTables, { key }: Row): boolean {
  const all = uses.all().filter(({ project, businessId }) => project === key.project && businessId !== "");
  const isOf = ({ contentNo, contextNo }: { contentNo: number; contextNo: number }, of: Row["key"]) =>
    String(contentNo) === of.contentNo && contextNo === of.contextNo;
  return all.some((use) => {
    if (!isOf(use, key)) return false;
    const others = all.filter(({ businessId, seen }) => businessId === use.businessId && seen !== use.seen);
    if (others.some(({ seen }) => seen > use.seen)) return false;
    return [...rows.values()].some(
      (row) =>
        row.status === "approved" &&
        row.key.targetLocale === key.targetLocale &&
        row.key.project === key.project &&
        others.some((other) => isOf(other, row.key)),
    );
  });
}
