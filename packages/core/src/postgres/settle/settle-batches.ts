/** Settles batches on PostgreSQL: the columns that go into the statements, and which texts they changed. */
import type { AttemptError } from "../../contract/dead-letter.ts";
import type { EngineCall, WorkOutcome } from "../../contract/work.ts";
import { keyColumns } from "../database/key-columns.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { column, type Database, integerArray, rows, run, textArray } from "../database/statement.ts";
import type { LoadedBatch, LoadedItem } from "../queue/load-batches.ts";
import { buryExpired } from "./remainder.sql.ts";
import { addPlaces, burialColumns, Remainder } from "./remainder.ts";
import { lockRows, storeInPlace, storeLocked } from "./store.sql.ts";

/** A batch with the decision about each of its texts, in their order. */
export interface SettledBatch {
  batch: LoadedBatch;
  outcomes: readonly WorkOutcome[];
  /** Texts handed over go on in parts of at most this many. Default: all together. */
  partItems?: number;
}

/** An engine call with the batch that it was made for. */
export type BatchCall = EngineCall & { batch: LoadedBatch };

/** The texts whose rows a settlement changed as decided. `all`, the usual case: each of them. */
export type ChangedItems = "all" | ReadonlySet<LoadedItem>;

interface Good {
  item: LoadedItem;
  outcome: Extract<WorkOutcome, { kind: "translated" }>;
}

/**
 * Settles batches in one transaction. Run again, or late, it changes no row that is not theirs.
 *
 * If every text was translated, it is one statement, which finds each row at the place where the load found it.
 *
 * @param calls The engine calls made for `batches`.
 * @param stored The texts that the first statement stored where it did not store all, of this try and of earlier ones: if the
 *   transaction after it fails, the next try finds them stored. Default: a first and only try.
 * @returns The texts whose rows it changed; the others were no longer the batches'.
 */
export async function settleBatches(
  pool: ConnectionPool,
  batches: readonly SettledBatch[],
  calls: readonly BatchCall[],
  stored: { add(item: LoadedItem): void; has(item: LoadedItem): boolean } = new Set<LoadedItem>(),
): Promise<ChangedItems> {
  const remainder = new Remainder();
  const good: Good[] = [];
  for (const { batch, outcomes, partItems = Number.POSITIVE_INFINITY } of batches) {
    batch.items.forEach((item, at) => {
      const outcome = outcomes[at] ?? { kind: "released" as const };
      if (outcome.kind === "translated") good.push({ item, outcome });
      else remainder.add(batch, item, outcome, Math.floor(at / partItems));
    });
  }
  const values = storedColumns(good, batches, calls);
  const isHeld = calls.map(({ held }) => held !== undefined);
  const kind = { isHeld: isHeld.includes(true), isReplacing: good.some(({ item }) => item.hasText) };
  const held = kind.isHeld ? [isHeld] : [];
  const changed = new Set<LoadedItem>();
  if (remainder.isEmpty) {
    const [receipt] = await rows(pool, storeInPlace(kind), [
      ...values,
      textArray(good.map(({ item }) => item.row)),
      ...held,
    ]);
    if (receipt?.is_whole === true) return "all";
    addPlaces(stored, good, receipt?.stored);
    for (const { item } of good) if (stored.has(item)) changed.add(item);
  }
  await pool.transaction(async (db) => {
    await run(db, lockRows, keyColumns(batches.flatMap(({ batch }) => batch.items.map(({ key }) => key))));
    const [receipt] = await rows(db, storeLocked(kind), [...values, ...held]);
    addPlaces(changed, good, receipt?.stored);
    await remainder.write(db, changed);
  });
  return changed;
}

function storedColumns(
  good: readonly Good[],
  batches: readonly SettledBatch[],
  calls: readonly BatchCall[],
): unknown[] {
  const texts = good.map(({ item }) => item);
  return [
    integerArray(texts.map(({ key }) => key.contentNo)),
    column(texts.map(({ key }) => key.targetLocale)),
    column(texts.map(({ key }) => key.contextNo)),
    column(texts.map(({ key }) => key.project)),
    column(texts.map(({ revision }) => revision)),
    textArray(good.map(({ outcome }) => outcome.text)),
    column(good.map(({ outcome }) => outcome.engine)),
    column(good.map(({ outcome }) => outcome.model)),
    batches.map(({ batch }) => batch.id),
    calls.map((call) => call.callId),
    calls.map((call) => call.engine),
    calls.map((call) => call.model),
    calls.map((call) => call.batch.project),
    calls.map((call) => call.batch.sourceLocale),
    calls.map((call) => call.batch.targetLocale),
    calls.map((call) => call.items),
    calls.map((call) => call.inputTokens),
    calls.map((call) => call.outputTokens),
    calls.map((call) => call.cachedTokens),
    calls.map((call) => Math.round(call.latencyMs)),
    calls.map((call) => call.outcome),
    column(good.map(({ outcome: { flags = [] } }) => (flags.length === 0 ? null : textArray(flags)))),
    calls.map((call) => call.characters ?? 0),
    calls.map((call) => call.cost ?? null),
    calls.map((call) => call.unconfirmed ?? "0"),
    calls.map((call) => call.currency ?? null),
    calls.map((call) => call.batch.tag),
  ];
}

/**
 * Buries the texts of a batch whose requests have expired, and gives them. The others, and a text that was requested
 * for longer since the batch was loaded, remain the batch's.
 */
export async function buryExpiredTexts(
  db: Database,
  { items }: LoadedBatch,
  error: AttemptError,
): Promise<LoadedItem[]> {
  const entries = items.filter(({ isExpired }) => isExpired).map((item) => ({ item, error }));
  const [receipt] = await rows(db, buryExpired, burialColumns(entries));
  const buried = new Set<LoadedItem>();
  addPlaces(buried, entries, receipt?.buried);
  return items.filter((item) => buried.has(item));
}
