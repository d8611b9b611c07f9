/** The translation memory of a store in memory. It compares every pair with a text. */
import type {
  BatchMemory,
  MemoryFilter,
  MemoryImported,
  MemoryMatch,
  MemoryOrigin,
  MemoryPair,
  MemoryQuery,
  MemoryStore,
  MemoryUnit,
} from "../../contract/memory.ts";
import type { PageRequest } from "../../contract/page.ts";
import type { TranslationReference } from "../../contract/translation.ts";
import type { WorkBatch } from "../../contract/work.ts";
import { decodeCursor, encodeCursor, pageLimit } from "../../rules/cursor.ts";
import { sameLocaleUnits, servingUnits } from "../../rules/memory-locale.ts";
import { bestMatches, checkPair, MOST_MATCHES } from "../../rules/memory-match.ts";
import type { Clock } from "./clock.ts";
import { type Row, rowId } from "./row.ts";

interface Unit extends MemoryUnit {
  readonly project: string;
}

type Lane = Pick<WorkBatch, "project" | "sourceLocale" | "targetLocale">;

export class InMemoryMemory implements MemoryStore {
  readonly #clock: Clock;
  readonly #rowOf: (reference: TranslationReference) => Row | undefined;
  #units: readonly Unit[] = [];
  /** Of approved pairs, by the id of the row. */
  readonly #rows = new Map<string, Unit>();
  readonly #used = new Map<string, { revision: number; units: readonly string[] }>();
  #last = 0;

  constructor(clock: Clock, rowOf: (reference: TranslationReference) => Row | undefined) {
    this.#clock = clock;
    this.#rowOf = rowOf;
  }

  async search({ text, limit = 10, ...lane }: MemoryQuery): Promise<MemoryMatch[]> {
    const most = Math.max(1, Math.min(MOST_MATCHES, Math.trunc(limit)));
    return bestMatches(text, this.#serving(lane), most);
  }

  async import(project: string, pairs: readonly MemoryPair[]): Promise<MemoryImported> {
    for (const pair of pairs) checkPair(pair);
    let imported = 0;
    for (const pair of pairs) {
      const isKnown = this.#units.some((unit) => unit.origin === "tmx" && isSamePair({ ...pair, project }, unit));
      if (isKnown) continue;
      this.#add(project, "tmx", pair);
      imported += 1;
    }
    return { imported };
  }

  async list({ project, targetLocale }: MemoryFilter, page: PageRequest = {}) {
    const [after = 0] = (decodeCursor(page.cursor, 1) ?? []).map(Number);
    const limit = pageLimit(page);
    const found = this.#units
      .filter((unit) => unit.project === project && (targetLocale === undefined || unit.targetLocale === targetLocale))
      .filter(({ unit }) => Number(unit) > after)
      .filter((unit) => !this.#units.some((other) => isSamePair(unit, other) && Number(other.unit) < Number(unit.unit)))
      .toSorted((one, other) => Number(one.unit) - Number(other.unit));
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(shown),
      nextCursor: last === undefined || found.length <= limit ? null : encodeCursor([last.unit]),
    };
  }

  async usedFor(reference: TranslationReference): Promise<MemoryUnit[]> {
    const row = this.#rowOf(reference);
    const used = row === undefined ? undefined : this.#used.get(rowId(row.key));
    if (row === undefined || used === undefined) return [];
    const isMachines = row.status === "approved" && row.engine !== "human";
    if (used.revision !== row.revision && !(isMachines && used.revision === row.revision - 1)) return [];
    return used.units.flatMap((number) => this.#units.filter(({ unit }) => unit === number)).map(shown);
  }

  /** Keeps the pair of a row in step with its approval. */
  sync(row: Row): void {
    const name = rowId(row.key);
    this.#drop((unit) => unit === this.#rows.get(name));
    this.#rows.delete(name);
    if (row.status !== "approved" || row.text === null) return;
    const { project, targetLocale } = row.key;
    const pair = { sourceLocale: row.content.sourceLocale, targetLocale, source: row.content.text, target: row.text };
    this.#rows.set(name, this.#add(project, "approved", { ...pair, by: row.approvedBy ?? undefined }));
  }

  /** Removes the pairs of rows that are gone. */
  rowsRemoved(rows: readonly Row[]): void {
    for (const { key } of rows) {
      const unit = this.#rows.get(rowId(key));
      this.#drop((each) => each === unit);
      this.#rows.delete(rowId(key));
      this.#used.delete(rowId(key));
    }
  }

  /** Removes the pairs of a text that a project forgets. Gives whether there were any. */
  forget(project: string, sourceLocale: string, text: string, { dryRun = false } = {}): boolean {
    const [language] = sourceLocale.split("-");
    const isIt = (unit: Unit) => {
      const [own] = unit.sourceLocale.split("-");
      const isSameLanguage = own === language || own === "und" || language === "und";
      return unit.project === project && unit.source === text && isSameLanguage;
    };
    const isThere = this.#units.some(isIt);
    if (!dryRun) this.#drop(isIt);
    return isThere;
  }

  noteUse(row: Row, revision: number, units: readonly string[]): void {
    this.#used.set(rowId(row.key), { revision, units });
  }

  /** Undefined: it is empty. */
  batchMemory(lane: Lane): BatchMemory | undefined {
    if (this.#units.length === 0) return undefined;
    const hasOwn = this.#units.some(({ project }) => project === lane.project);
    const similar = async (texts: readonly string[]) => texts.map((text) => bestMatches(text, this.#serving(lane), 10));
    return {
      ...(hasOwn && { similar }),
      same: async (texts) => {
        const all = sameLocaleUnits(lane, this.#units);
        return texts.map((text) => {
          const same = all.filter(({ source }) => source === text);
          const own = same.filter(({ project }) => project === lane.project);
          return bestMatches(text, own.length > 0 ? own : same, 1)[0];
        });
      },
    };
  }

  #serving(lane: Lane): Unit[] {
    return servingUnits(
      lane,
      this.#units.filter(({ project }) => project === lane.project),
    );
  }

  #add(project: string, origin: MemoryOrigin, { by, at, ...pair }: MemoryPair): Unit {
    this.#last += 1;
    const unit = {
      ...pair,
      ...(by !== undefined && { by }),
      project,
      unit: String(this.#last),
      origin,
      at: at ?? new Date(this.#clock.now()),
    };
    this.#units = [...this.#units, unit];
    return unit;
  }

  #drop(isDoomed: (unit: Unit) => boolean): void {
    this.#units = this.#units.filter((unit) => !isDoomed(unit));
  }
}

function isSamePair(one: MemoryPair & { project: string }, other: Unit): boolean {
  const names = ["project", "sourceLocale", "source", "targetLocale", "target"] as const;
  return names.every((name) => one[name] === other[name]);
}

function shown({ project: _project, ...unit }: Unit): MemoryUnit {
  return unit;
}
