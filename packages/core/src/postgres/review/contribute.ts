/** People's translations from elsewhere, on PostgreSQL. */
import type { Contribution, ContributionOutcome } from "../../contract/review.ts";
import { outcomeOf, worstOf } from "../../rules/contribution.ts";
import { assertWithinSize } from "../../rules/within-size.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { type Database, rows, run } from "../database/statement.ts";
import { keyNewTexts } from "../memory/key-texts.ts";
import { rememberApproved } from "../memory/remember.ts";
import { groupItems, openLanes, registerItems } from "../register/register.sql.ts";
import type { RegisterSettings } from "../register/register-store.ts";
import { Patience } from "../settle/patience.ts";
import type { Voice } from "../settle/voice.ts";
import { lockForContribution, pruneOwnBatches, storeContributions } from "./review.sql.ts";

/** Rows of one transaction. Its locks hold up others for some 50 ms. */
const ROWS_AT_ONCE = 500;

/** How often a transaction is tried again that met another one's locks. */
const TRIES = 20;

const LOCK_MS = 1_000;

/** One row, and the place of its contribution. */
interface Part {
  at: number;
  contribution: Contribution;
  targetLocale: string;
}

/**
 * Stores people's translations. A text that is unknown is registered in the same transaction, so that no worker sees it without
 * its translation.
 *
 * @throws {InvalidItemError} A translation is over 16 MiB.
 * @throws {DatabaseUnavailableError} Others held the texts for too long. Some may be stored.
 */
export async function contribute(
  pool: ConnectionPool,
  voice: Voice,
  settings: RegisterSettings,
  contributions: readonly Contribution[],
): Promise<ContributionOutcome[]> {
  for (const { translation } of contributions) assertWithinSize(translation);
  const parts = contributions.flatMap((contribution, at) =>
    contribution.item.targetLocales.map((targetLocale): Part => ({ at, contribution, targetLocale })),
  );
  const outcomes: ContributionOutcome[] = contributions.map(() => "unchanged");
  await run(pool, openLanes, [[...new Set(parts.map(({ targetLocale }) => targetLocale))]]);
  for (let from = 0; from < parts.length; from += ROWS_AT_ONCE) {
    const chunk = parts.slice(from, from + ROWS_AT_ONCE);
    const found = await again(() => pool.transaction((db) => storeChunk(db, settings, chunk)));
    for (const [place, { at, contribution, targetLocale }] of chunk.entries()) {
      const outcome = found[place] ?? "kept";
      outcomes[at] = worstOf(outcomes[at], outcome);
      const kind = contribution.status === "approved" ? "approved" : "stored";
      if (outcome === "stored") voice.changed({ kind, project: contribution.item.project, targetLocale, count: 1 });
    }
  }
  await keyNewTexts(pool);
  return outcomes;
}

async function again<Result>(act: () => Promise<Result>): Promise<Result> {
  const patience = new Patience();
  let tries = 0;
  return patience.keepTrying(() => {
    tries += 1;
    if (tries >= TRIES) patience.end();
    return act();
  });
}

async function storeChunk(
  db: Database,
  { batchSize, batchBytes, touchAfterSeconds }: RegisterSettings,
  parts: readonly Part[],
): Promise<ContributionOutcome[]> {
  const items = parts.map(({ contribution: { item }, targetLocale }) => ({
    ...item,
    targetLocales: [targetLocale],
    force: false,
  }));
  const { columns } = groupItems(items);
  await rows(db, registerItems, [...columns, batchSize, batchBytes, touchAfterSeconds, null, LOCK_MS, null]);
  const locked = await rows(db, lockForContribution, [
    items.map((item) => item.project),
    items.map((item) => item.sourceLocale),
    items.map((item) => item.text),
    items.map((item) => item.context),
    items.map((item) => item.format),
    parts.map(({ targetLocale }) => targetLocale),
    parts.map(({ contribution }) => contribution.translation),
  ]);
  const first = new Map<string, Part>();
  const outcomes: ContributionOutcome[] = parts.map(() => "kept");
  const stored: ((typeof locked)[number] & { part: Part })[] = [];
  for (const row of locked.toSorted((one, other) => one.ord - other.ord)) {
    const part = parts[row.ord - 1];
    if (part === undefined) continue;
    const { contribution, targetLocale } = part;
    const key = JSON.stringify([row.content_no, row.context_no, targetLocale, contribution.item.project]);
    const earlier = first.get(key);
    if (earlier !== undefined) {
      const isSame = earlier.contribution.translation === contribution.translation;
      outcomes[row.ord - 1] = isSame ? "unchanged" : "kept";
      continue;
    }
    first.set(key, part);
    const outcome = outcomeOf({ status: row.status, isSame: row.is_same, engine: row.engine }, contribution.status);
    outcomes[row.ord - 1] = outcome;
    if (outcome === "stored") stored.push({ ...row, part });
  }
  if (stored.length === 0) return outcomes;
  await run(db, storeContributions, [
    stored.map((row) => row.content_no),
    stored.map(({ part }) => part.targetLocale),
    stored.map((row) => row.context_no),
    stored.map(({ part }) => part.contribution.item.project),
    stored.map(({ part }) => part.contribution.translation),
    stored.map(({ part }) => part.contribution.status),
    stored.map(({ part }) => part.contribution.by ?? null),
    stored.map((row) => row.status),
  ]);
  await rememberApproved(
    db,
    stored.flatMap(({ content_no: contentNo, context_no: contextNo, part: { contribution, targetLocale } }) =>
      contribution.status === "approved"
        ? [{ contentNo, contextNo: Number(contextNo), targetLocale, project: contribution.item.project }]
        : [],
    ),
  );
  const projects = stored.map(({ part }) => part.contribution.item.project);
  await run(db, pruneOwnBatches, [[...new Set(projects)]]);
  return outcomes;
}
