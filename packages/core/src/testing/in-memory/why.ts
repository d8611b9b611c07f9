/** What a store in memory knows of one translation beside its text. */
import type { TextUse, TranslationFacts, WaitingWork } from "../../contract/why.ts";
import { readHint } from "../../rules/hint.ts";
import { priorityOf } from "../../rules/item.ts";
import { stands } from "./batches.ts";
import type { Row } from "./row.ts";
import type { InMemoryTables } from "./tables.ts";

export function factsOf(tables: InMemoryTables, row: Row): TranslationFacts {
  const letter = tables.letters.about(row);
  return {
    format: row.context?.format ?? "auto",
    priority: priorityOf(row.priority),
    approvedBy: row.approvedBy,
    changedAt: null,
    expiresAt: Number.isFinite(row.expiresAt) ? new Date(row.expiresAt) : null,
    uses: usesOf(tables, row),
    failure: letter === undefined ? null : failureOf(letter),
    work: workOf(tables, row),
  };
}

function failureOf({ id, code, message, engine, failedAt, attempts }: NonNullable<TranslationFacts["failure"]>) {
  return { id, code, message, engine, failedAt, attempts };
}

function usesOf({ uses }: InMemoryTables, { key, content }: Row): TextUse[] {
  return uses
    .of({ project: key.project, contentNo: content.no, contextNo: key.contextNo })
    .toSorted((one, other) => (one.businessId < other.businessId ? -1 : 1))
    .map((use) => ({
      businessId: use.businessId,
      isCurrent: use.businessId === "" || uses.lastOf(use) === use,
      lastSeenAt: new Date(use.lastSeenAt),
      hint: (readHint(use.hint?.json) as TextUse["hint"] | undefined) ?? null,
    }));
}

function workOf({ batches }: InMemoryTables, row: Row): WaitingWork | null {
  const { project, targetLocale } = row.key;
  const batch = batches
    .of({ project, locales: [targetLocale] })
    .find(({ items }) => items.some((item) => item.row === row && stands(item)));
  if (batch === undefined) return null;
  return {
    isRunning: batch.claimedBy !== undefined,
    attempt: batch.attempt,
    since: new Date(batch.createdAt),
    notBefore: new Date(batch.runAt),
    waitsFor: batch.waitsFor ?? null,
    isPostponed: batch.isPostponed,
    tag: batch.tag ?? null,
  };
}
