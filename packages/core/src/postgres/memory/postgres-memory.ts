/** The translation memory on PostgreSQL: search, import, export, and the look-ups of batches. */
import type {
  BatchMemory,
  MemoryFilter,
  MemoryImported,
  MemoryMatch,
  MemoryPair,
  MemoryQuery,
  MemoryStore,
  MemoryUnit,
} from "../../contract/memory.ts";
import type { PageRequest } from "../../contract/page.ts";
import type { TranslationReference } from "../../contract/translation.ts";
import type { WorkBatch } from "../../contract/work.ts";
import { decodeCursor, encodeCursor, pageLimit } from "../../rules/cursor.ts";
import { memoryKeys } from "../../rules/memory-keys.ts";
import { memoryLanguage, memoryLocale, memoryTargets } from "../../rules/memory-locale.ts";
import { bestMatches, checkPair, MOST_MATCHES } from "../../rules/memory-match.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { type Database, integerArray, rows } from "../database/statement.ts";
import { keyOf, readTranslations } from "../read/read-store.ts";
import { listUnits, sameUnits, similarUnits, type UnitRow, unitsOfRow } from "./memory.sql.ts";
import { storePairs } from "./remember.ts";

/** Sources of a text that are compared with it, those with the most common keys. */
const CANDIDATES = 500;

export class PostgresMemory implements MemoryStore {
  readonly #pool: () => ConnectionPool;

  constructor(pool: () => ConnectionPool) {
    this.#pool = pool;
  }

  async search({ project, sourceLocale, targetLocale, text, limit = 10 }: MemoryQuery): Promise<MemoryMatch[]> {
    const lane = { project, sourceLocale, targetLocale };
    const most = Math.max(1, Math.min(MOST_MATCHES, Math.trunc(limit)));
    const [similar, same] = await Promise.all([
      similarTo(this.#pool(), lane, [text], most),
      // A text that is too long for keys is found by itself.
      sameAs(this.#pool(), lane, memoryTargets(targetLocale), [text], false),
    ]);
    return bestMatches(text, [...(similar[0] ?? []), ...same.flatMap((match) => match ?? [])], most);
  }

  async import(project: string, pairs: readonly MemoryPair[]): Promise<MemoryImported> {
    for (const pair of pairs) checkPair(pair);
    const owned = pairs.map((pair) => ({ ...pair, project }));
    return { imported: await this.#pool().transaction((db) => storePairs(db, "tmx", owned)) };
  }

  async list({ project, targetLocale }: MemoryFilter, page: PageRequest = {}) {
    const limit = pageLimit(page);
    const [after = "0"] = decodeCursor(page.cursor, 1) ?? [];
    const found = await rows(this.#pool(), listUnits, [project, targetLocale ?? null, after, limit]);
    const last = found.at(-1);
    const nextCursor = last === undefined || found.length < limit ? null : encodeCursor([last.unit_no]);
    return { items: found.map(unitOf), nextCursor };
  }

  async usedFor(reference: TranslationReference): Promise<MemoryUnit[]> {
    const { project, targetLocale } = reference;
    const [translation] = await readTranslations(this.#pool(), [reference]);
    if (translation?.id == null) return [];
    const { contentNo, contextNo } = keyOf({ project, targetLocale, id: translation.id });
    return (await rows(this.#pool(), unitsOfRow, [contentNo, targetLocale, contextNo, project])).map(unitOf);
  }
}

type Lane = Pick<WorkBatch, "project" | "sourceLocale" | "targetLocale">;

/**
 * The memory for the batches of a lane.
 *
 * @param hasOwn Whether the project has pairs itself.
 */
export function batchMemory(db: Database, lane: Lane, hasOwn: boolean): BatchMemory {
  return {
    ...(hasOwn && { similar: (texts) => similarTo(db, lane, texts, MATCHES_OF_A_TEXT) }),
    same: (texts) => sameAs(db, lane, [memoryLocale(lane.targetLocale)], texts, true),
  };
}

/** Of a text in a batch: more than go to an engine, because some do not fit its placeholders. */
const MATCHES_OF_A_TEXT = 10;

async function similarTo(db: Database, lane: Lane, texts: readonly string[], limit: number): Promise<MemoryMatch[][]> {
  const places: number[] = [];
  const bands: number[] = [];
  texts.forEach((text, place) => {
    for (const band of memoryKeys(lane.project, text)) {
      places.push(place);
      bands.push(band);
    }
  });
  const found = texts.map((): MemoryUnit[] => []);
  if (bands.length > 0) {
    const asked = [lane.project, memoryLanguage(lane.sourceLocale), memoryTargets(lane.targetLocale)];
    const values = [...asked, integerArray(places), integerArray(bands), CANDIDATES];
    for (const row of await rows(db, similarUnits, values)) found[row.place]?.push(unitOf(row));
  }
  return texts.map((text, place) => bestMatches(text, found[place] ?? [], limit));
}

async function sameAs(
  db: Database,
  { project, sourceLocale }: Lane,
  targetKeys: readonly string[],
  texts: readonly string[],
  everywhere: boolean,
): Promise<(MemoryMatch | undefined)[]> {
  const found = texts.map((): MemoryMatch | undefined => undefined);
  const values = [project, memoryLanguage(sourceLocale), targetKeys, texts, everywhere];
  for (const row of await rows(db, sameUnits, values)) found[row.place - 1] = { ...unitOf(row), score: 1 };
  return found;
}

function unitOf(row: UnitRow): MemoryUnit {
  return {
    unit: row.unit_no,
    sourceLocale: row.source_locale,
    targetLocale: row.target_locale,
    source: row.source,
    target: row.target,
    origin: row.origin,
    ...(row.made_by !== null && { by: row.made_by }),
    at: row.made_at,
  };
}
