/** The queue of review of a store in memory: which texts a person has to look at, and why. */
import { createHash } from "node:crypto";
import type { QueueReason } from "../../contract/read.ts";
import { translationId } from "../../rules/translation-id.ts";
import type { Row } from "./row.ts";
import type { InMemoryTables } from "./tables.ts";

/** The reason to look at a text. Undefined: there is none, or a person has looked. */
export function reasonToReview(tables: InMemoryTables, row: Row, sample: number): QueueReason | undefined {
  const { acts, revision, text, status, flags } = row;
  const last = acts.findLast(({ action }) => action !== "replace");
  const decided = last?.action === "undo" ? undefined : last;
  if (status !== "translated") return undefined;
  if (decided?.statusAfter === status && decided.revisionAfter === revision && decided.textAfter === text)
    return undefined;
  if (flags.length > 0) return "flagged";
  if (decided !== undefined || followsApproved(tables, row)) return "changed";
  const hash = createHash("sha256")
    .update(`${translationId(row.key)}/${row.key.targetLocale}`)
    .digest();
  return hash.readUInt16BE(0) < sample * 655.36 ? "sample" : undefined;
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
