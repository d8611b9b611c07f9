/** The store on PostgreSQL for tests: handlers that are closed at the end, items, and work that answers at once. */
import type { Item } from "@trans-hub/core";
import {
  type NamedReference,
  type PostgresOptions,
  PostgresPersistenceHandler,
  parseItem,
  type RegisterItem,
  type TranslateWork,
  type WorkItem,
  type WorkOutcome,
} from "@trans-hub/core/store";
import type pg from "pg";
import { test as base, type TestDatabase } from "./database.ts";

export type OpenStore = (options?: Partial<PostgresOptions>) => Promise<PostgresPersistenceHandler>;

/** `test` with `store`, a handler on the test's own database, and `openStore` for more of them. */
export const test = base
  .extend("openStore", async ({ database }: { database: TestDatabase }, { onCleanup }): Promise<OpenStore> => {
    const open: PostgresPersistenceHandler[] = [];
    onCleanup(async () => {
      await Promise.all(open.map((store) => store.close()));
    });
    return async (options = {}) => {
      const store = await PostgresPersistenceHandler.connect({ databaseUrl: database.url, ...options });
      open.push(store);
      return store;
    };
  })
  .extend("store", async ({ openStore }: { openStore: OpenStore }): Promise<PostgresPersistenceHandler> => openStore());

/** An item from English into French, with the given fields changed. */
export function item(text: string, given: Partial<Item> = {}): RegisterItem {
  return parseItem({ text, ...given }, { sourceLocale: "en", targetLocales: ["fr"] }, { maxTextBytes: 1_048_576 });
}

export function reference(text: string, targetLocale = "fr", project = "default"): NamedReference {
  return { project, targetLocale, text, sourceLocale: "en", context: null, format: "auto" };
}

/** Work that decides about each text separately. */
export function workOf(decide: (item: WorkItem, targetLocale: string) => WorkOutcome): TranslateWork {
  return async (batch) => ({ outcomes: batch.items.map((each) => decide(each, batch.targetLocale)), calls: [] });
}

/** Answers `[fr] Save` for `Save`. */
export const echo: TranslateWork = workOf(({ text }, locale) => translated(`[${locale}] ${text}`));

export function translated(text: string, engine = "test"): WorkOutcome {
  return { kind: "translated", text, engine, model: null };
}

export function failed(message = "No"): WorkOutcome {
  return {
    kind: "failed",
    error: { at: new Date().toISOString(), engine: "test", code: "TH_ENGINE_REFUSED", message },
  };
}

/** Runs all work that is ready now. */
export function drain(store: PostgresPersistenceHandler, work: TranslateWork = echo) {
  return store.work({ until: "ready", concurrency: 2, maxItems: 50 }, work);
}

/** The revision of a registered text: the database chooses the first one. */
export async function revisionOf(store: PostgresPersistenceHandler, text: string): Promise<number> {
  const [translation] = await store.read([reference(text)]);
  if (translation === undefined) throw new Error("no such text was registered");
  return translation.revision;
}

/** The single value of a query, by default a number. */
export async function value<Value = number>(
  db: pg.Pool | pg.Client,
  sql: string,
  values: unknown[] = [],
): Promise<Value> {
  const { rows } = await db.query<Record<string, Value>>(sql, values);
  const [first] = Object.values(rows[0] ?? {});
  return first as Value;
}
