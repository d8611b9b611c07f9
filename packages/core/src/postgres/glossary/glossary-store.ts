/** Glossaries and styles on PostgreSQL. Edits of a project take turns: each locks the project's state (docs/adr/0058). */
import { LRUCache } from "lru-cache";
import type { z } from "zod";
import { RevisionChangedError } from "../../contract/errors.ts";
import type {
  Glossary,
  GlossaryEdit,
  GlossaryEdited,
  StaleFilter,
  StaleTranslation,
  StyleInput,
} from "../../contract/glossary.ts";
import type { Page, PageRequest } from "../../contract/page.ts";
import type { WorkItem } from "../../contract/work.ts";
import { decodeCursor, encodeCursor, pageLimit } from "../../rules/cursor.ts";
import { changesOf, checkGlossaryEdit, checkStyle, emptyGlossary, sortedTerms } from "../../rules/glossary.ts";
import { type EditedTerm, StaleTerms } from "../../rules/stale-terms.ts";
import { styleFor } from "../../rules/style.ts";
import { errorCode } from "../database/database-error.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { type Database, rows, run, textArray } from "../database/statement.ts";
import { readTranslationsByKey } from "../read/read-store.ts";
import {
  deleteStyle,
  endMarking,
  listEditsToMark,
  listProjectsToMark,
  listStale as listStatement,
  loadGlossary,
  lockGlossary,
  markStale as markStatement,
  openGlossary,
  pageOfTexts,
  readAlso,
  writeStyle,
  writeTerms,
} from "./glossary.sql.ts";

export async function readGlossary(db: Database, project: string): Promise<Glossary> {
  const [found] = await rows(db, loadGlossary, [project]);
  if (found === undefined) return emptyGlossary(project);
  return { project, revision: found.revision, terms: sortedTerms(found.terms ?? []), styles: found.styles ?? [] };
}

/** @throws {RevisionChangedError} The glossary is not at the revision that the person read. */
export async function editGlossary(pool: ConnectionPool, given: GlossaryEdit): Promise<GlossaryEdited> {
  const edit = checkGlossaryEdit(given);
  const { project, by } = edit;
  return pool.transaction(async (db) => {
    const { revision, now } = await lock(db, project);
    if (edit.revision !== undefined && edit.revision !== revision)
      throw new RevisionChangedError(edit.revision, revision, "glossary");
    const { terms } = await readGlossary(db, project);
    const { changes } = changesOf(terms, edit, revision + 1, now);
    const counted = (isOne: (change: (typeof changes)[number]) => boolean) => changes.filter(isOne).length;
    const edited = {
      added: counted(({ before }) => before === undefined),
      changed: counted(({ before, after }) => before !== undefined && after !== undefined),
      removed: counted(({ after }) => after === undefined),
    };
    if (changes.length === 0) return { revision, ...edited };
    const written = changes.map(({ name, before, after, targetLocales }) => ({
      ...name,
      before,
      after,
      targetLocales,
    }));
    await run(db, writeTerms, [project, JSON.stringify(written), revision + 1, by]);
    return { revision: revision + 1, ...edited };
  });
}

export async function setStyle(pool: ConnectionPool, given: StyleInput): Promise<Glossary> {
  const { project, targetLocale, instructions, formality, also, by } = checkStyle(given);
  return pool.transaction(async (db) => {
    const { revision } = await lock(db, project);
    await run(db, writeStyle, [project, targetLocale ?? "", instructions, formality, also, revision + 1, by]);
    return readGlossary(db, project);
  });
}

/** False: there was none. */
export async function removeStyle(
  pool: ConnectionPool,
  project: string,
  targetLocale: string | null,
): Promise<boolean> {
  return pool.transaction(async (db) => {
    await lock(db, project);
    return (await rows(db, deleteStyle, [project, targetLocale ?? ""])).length > 0;
  });
}

async function lock(db: Database, project: string): Promise<{ revision: number; now: Date }> {
  await run(db, openGlossary, [project]);
  const [state] = await rows(db, lockGlossary, [project]);
  if (state === undefined) throw new Error("locking a glossary gave no row");
  return state;
}

/** The glossaries that a worker knows, each at its last revision. */
export class KnownGlossaries {
  readonly #known = new LRUCache<string, Glossary>({ max: 100 });

  /** At this revision or a later one. */
  async of(db: Database, project: string, revision: number): Promise<Glossary> {
    const known = this.#known.get(project);
    if (known !== undefined && known.revision >= revision) return known;
    const read = await readGlossary(db, project);
    this.#known.set(project, read);
    return read;
  }
}

/** The items with their translations into the second language that the style trusts. */
export async function withAlso<Item extends WorkItem>(
  db: Database,
  glossary: Glossary,
  targetLocale: string,
  items: readonly Item[],
): Promise<readonly Item[]> {
  const { also: locale } = styleFor(glossary, targetLocale);
  if (locale === undefined || items.length === 0) return items;
  const keys = [items.map(({ key }) => key.contentNo), items.map(({ key }) => key.contextNo)];
  const found = await rows(db, readAlso, [glossary.project, locale, ...keys]);
  const texts = new Map(found.map((row) => [`${row.content_no}-${row.context_no}`, row.text]));
  return items.map((item) => {
    const text = texts.get(`${item.key.contentNo}-${item.key.contextNo}`);
    return text === undefined ? item : { ...item, also: { locale, text } };
  });
}

/** Texts that one statement of the marking task looks at. */
const TEXTS_A_STEP = 1_000;

/**
 * Marks the translations that edits make stale: those of the texts that have the term, as it was or as it is. An interrupted call has
 * marked a part, and the next one marks all of them.
 */
export async function markStale(db: Database, project: string): Promise<void> {
  // In this order: an edit that comes in between is marked by the next call.
  const { revision } = await readGlossary(db, project);
  const edits = await rows(db, listEditsToMark, [project]);
  const reached = Math.max(0, ...edits.map((edit) => edit.revision));
  const edited = edits.flatMap((edit): EditedTerm[] => {
    if (edit.target_locales?.length === 0) return [];
    const { source_locale: sourceLocale, term, target_locales: targetLocales, edited_at: editedAt } = edit;
    return [edit.before, edit.after].flatMap((each) =>
      each === null ? [] : [{ ...each, sourceLocale, term, targetLocales, editedAt }],
    );
  });
  if (edited.length > 0) await markTexts(db, project, new StaleTerms(edited));
  // Styles raise the revision too, and mark nothing.
  await run(db, endMarking, [project, edits.length === 0 ? revision : reached]);
}

type TextPage = z.output<typeof pageOfTexts.row>;

async function markTexts(db: Database, project: string, terms: StaleTerms): Promise<void> {
  let after: string | null | undefined = "0";
  while (after != null) {
    const [page]: TextPage[] = await rows(db, pageOfTexts, [project, after, TEXTS_A_STEP]);
    const finds = (page?.texts ?? []).flatMap(([contentNo, sourceLocale, text]) =>
      terms
        .in(text, sourceLocale)
        .flatMap((edited) => (edited.targetLocales ?? [""]).map((locale) => ({ contentNo, locale, ...edited }))),
    );
    if (finds.length > 0) {
      const columns = [
        finds.map(({ contentNo }) => contentNo),
        finds.map(({ term }) => term),
        finds.map(({ locale }) => locale),
        finds.map(({ editedAt }) => editedAt ?? null),
      ];
      await run(db, markStatement, [project, ...columns.map(textArray)]);
    }
    after = page?.reached;
  }
}

/** For the worker's scheduled task. A project that fails holds up no other one; the first failure is thrown at the end. */
export async function markAllStale(db: Database): Promise<void> {
  const failures: unknown[] = [];
  for (const { project } of await rows(db, listProjectsToMark)) {
    await markStale(db, project).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

/** A page of the stale translations of a lane, in the order of their keys. Edits that are not marked yet are marked first. */
export async function listStale(
  pool: ConnectionPool,
  { project, targetLocale }: StaleFilter,
  page: PageRequest = {},
): Promise<Page<StaleTranslation>> {
  const after = decodeCursor(page.cursor, 2) ?? ["-1", "-1"];
  if (page.cursor === undefined) {
    // A role that only reads gets what is marked by now: the fleet marks within a minute.
    await markStale(pool, project).catch((error: unknown) => {
      if (errorCode(error) !== "42501") throw error;
    });
  }
  const limit = pageLimit(page);
  const found = await rows(pool, listStatement, [project, targetLocale, ...after, limit]);
  const keys = found.map((row) => ({
    ...{ project, targetLocale, contentNo: row.content_no, contextNo: Number(row.context_no) },
  }));
  const read = new Map((await readTranslationsByKey(pool, keys)).map((translation) => [translation.id, translation]));
  const items = found.flatMap(({ content_no, context_no, reason, since, format }): StaleTranslation[] => {
    const translation = read.get(`${content_no}-${context_no}`);
    return translation === undefined ? [] : [{ translation, format, term: reason, since }];
  });
  const last = found.at(-1);
  const isLast = last === undefined || found.length < limit;
  return { items, nextCursor: isLast ? null : encodeCursor([last.content_no, last.context_no]) };
}
