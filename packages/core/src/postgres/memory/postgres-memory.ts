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
import { MEMORY_KEY_VERSION, memoryKeys } from "../../rules/memory-keys.ts";
import { languageOf, sameLocaleUnits, servingUnits } from "../../rules/memory-locale.ts";
import { bestMatches, checkPair, MOST_MATCHES } from "../../rules/memory-match.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { type Database, integerArray, rows, textArray } from "../database/statement.ts";
import { keyOf, readTranslations } from "../read/read-store.ts";
import {
  importUnits,
  listUnits,
  type PlacedUnitRow,
  sameUnits,
  similarUnits,
  type UnitRow,
  unitsOfRow,
} from "./memory.sql.ts";

/** Sources of a text that are compared with it, those with the most common keys. */
const CANDIDATES = 500;

export class PostgresMemory implements MemoryStore {
  readonly #pool: () => ConnectionPool;

  constructor(pool: () => ConnectionPool) {
    this.#pool = pool;
  }

  async search({ text, limit = 10, ...lane }: MemoryQuery): Promise<MemoryMatch[]> {
    const most = Math.max(1, Math.min(MOST_MATCHES, Math.trunc(limit)));
    const [[similar = []], [same = []]] = await Promise.all([
      similarTo(this.#pool(), lane, [text]),
      // A text that is too long for keys, or has none yet, is found by itself.
      sameAs(this.#pool(), lane, [text], false),
    ]);
    return bestMatches(text, servingUnits(lane, [...similar, ...same].map(unitOf)), most);
  }

  async import(project: string, pairs: readonly MemoryPair[]): Promise<MemoryImported> {
    for (const pair of pairs) checkPair(pair);
    if (pairs.length === 0) return { imported: 0 };
    const [receipt] = await rows(this.#pool(), importUnits, [
      pairs.map(() => project),
      pairs.map(({ sourceLocale }) => sourceLocale),
      textArray(pairs.map(({ source }) => source)),
      textArray(pairs.map(({ source }) => integerArray(memoryKeys(project, source)))),
      MEMORY_KEY_VERSION,
      pairs.map(({ targetLocale }) => targetLocale),
      textArray(pairs.map(({ target }) => target)),
      pairs.map(({ by }) => by ?? null),
      pairs.map(({ at }) => at ?? null),
    ]);
    return { imported: receipt?.written ?? 0 };
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
  const similar = async (texts: readonly string[]) => {
    const found = await similarTo(db, lane, texts);
    return texts.map((text, at) =>
      bestMatches(text, servingUnits(lane, (found[at] ?? []).map(unitOf)), MATCHES_OF_A_TEXT),
    );
  };
  return {
    ...(hasOwn && { similar }),
    async same(texts) {
      const found = await sameAs(db, lane, texts, true);
      return texts.map((text, at) => {
        const own = found[at]?.filter((row) => row.is_own) ?? [];
        const others = found[at]?.filter((row) => !row.is_own) ?? [];
        const best = [own, others].map((rows) => bestMatches(text, sameLocaleUnits(lane, rows.map(unitOf)), 1)[0]);
        return best[0] ?? best[1];
      });
    },
  };
}

/** Of a text in a batch: more than go to an engine, because some do not fit its placeholders. */
const MATCHES_OF_A_TEXT = 10;

type Found = PlacedUnitRow[][];

async function similarTo(db: Database, { project, targetLocale }: Lane, texts: readonly string[]): Promise<Found> {
  const places: number[] = [];
  const bands: number[] = [];
  texts.forEach((text, place) => {
    for (const band of memoryKeys(project, text)) {
      places.push(place);
      bands.push(band);
    }
  });
  const found = texts.map((): PlacedUnitRow[] => []);
  if (bands.length === 0) return found;
  const values = [project, languageOf(targetLocale), integerArray(places), integerArray(bands), CANDIDATES];
  for (const row of await rows(db, similarUnits, values)) found[row.place]?.push(row);
  return found;
}

async function sameAs(
  db: Database,
  { project, targetLocale }: Lane,
  texts: readonly string[],
  everywhere: boolean,
): Promise<Found> {
  const found = texts.map((): PlacedUnitRow[] => []);
  const values = [project, languageOf(targetLocale), textArray(texts), everywhere];
  for (const row of await rows(db, sameUnits, values)) found[row.place - 1]?.push(row);
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
