/** Settlement in a store in memory: the outcomes of claimed texts are written. */
import type { AttemptError, BestTry } from "../../contract/dead-letter.ts";
import { TranslationBlockedError } from "../../contract/errors.ts";
import type { EngineCall, WorkOutcome } from "../../contract/work.ts";
import { withinSize } from "../../rules/within-size.ts";
import { beginAct } from "./acts.ts";
import { type Batch, type BatchItem, stands } from "./batches.ts";
import type { Row } from "./row.ts";
import type { InMemoryTables } from "./tables.ts";

/** Returns the outcome that was written for each text. Undefined: its row is no longer the batch's. */
export function settleItems(
  tables: InMemoryTables,
  batch: Batch,
  items: readonly BatchItem[],
  outcomes: readonly WorkOutcome[],
  calls: readonly EngineCall[],
): (WorkOutcome | undefined)[] {
  const { project, targetLocale, tag } = batch;
  for (const call of calls) {
    if (tables.calls.has(call.callId)) continue;
    tables.calls.set(call.callId, { ...call, project, targetLocale, tag, at: tables.clock.now() });
  }
  const written: (WorkOutcome | undefined)[] = items.map(() => undefined);
  const stored: Row[] = [];
  const buried: Row[] = [];
  const handed: { item: BatchItem; outcome: WorkOutcome }[] = [];
  for (const [at, item] of items.entries()) {
    if (!stands(item)) continue;
    const { row, history } = item;
    const outcome = storable(outcomes[at] ?? { kind: "released" });
    written[at] = outcome;
    if (outcome.kind === "translated") {
      const replacing = row.text === null ? undefined : beginAct(tables, row);
      row.status = "translated";
      row.text = outcome.text;
      row.engine = outcome.engine;
      row.model = outcome.model;
      row.flags = outcome.flags ?? [];
      if (outcome.memoryUnits !== undefined) tables.memory.noteUse(row, row.revision, outcome.memoryUnits);
      replacing?.end({ action: "replace" });
      stored.push(row);
      for (const flag of row.flags) countFlag(tables, row, flag);
    } else if (outcome.kind === "failed") {
      bury(tables, item, outcome.error, outcome.bestTry);
      buried.push(row);
    } else {
      row.revision += 1;
      const errors = outcome.kind === "retry" ? [...history, outcome.error] : history;
      handed.push({ item: { row, revision: row.revision, history: errors }, outcome });
    }
  }
  tables.feed.write("translated", stored);
  tables.feed.write("failed", buried);
  tables.batches.succeed(batch, handed);
  return written;
}

/** Moves the expired texts of a batch to the dead letters; returns them. */
export function buryExpiredItems(tables: InMemoryTables, { items }: Batch, error: AttemptError): BatchItem[] {
  const now = tables.clock.now();
  const gone = items.filter((item) => stands(item) && item.row.expiresAt <= now);
  for (const item of gone) bury(tables, item, error);
  tables.feed.write(
    "failed",
    gone.map(({ row }) => row),
  );
  return gone;
}

function bury(
  { letters, clock }: InMemoryTables,
  { row, history }: BatchItem,
  error: AttemptError,
  bestTry?: BestTry,
): void {
  row.status = row.text === null ? "failed" : "translated";
  letters.write(row, [...history, error], error, new Date(clock.now()), bestTry);
}

function countFlag({ flagged }: InMemoryTables, { key: { project } }: Row, flag: string): void {
  const counts = flagged.get(project) ?? new Map<string, number>();
  flagged.set(project, counts.set(flag, (counts.get(flag) ?? 0) + 1));
}

/** As PostgreSQL, which stores no U+0000: a translation that holds one fails for good. */
function storable(given: WorkOutcome): WorkOutcome {
  const outcome = withinSize(given);
  if (outcome.kind !== "translated" || !outcome.text.includes("\0")) return outcome;
  const { code, message } = new TranslationBlockedError("nul", "The database cannot store the translation");
  return { kind: "failed", error: { at: new Date().toISOString(), engine: null, code, message } };
}
