/** Reading on PostgreSQL. */
import type { Page, PageRequest } from "../../contract/page.ts";
import type { ListFilter } from "../../contract/read.ts";
import { MAX_STORED_TEXT_BYTES } from "../../contract/text-size.ts";
import type { Translation, TranslationKey, TranslationReference } from "../../contract/translation.ts";
import { decodeCursor, nextCursor, pageLimit } from "../../rules/cursor.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { column, rows, run, textArray } from "../database/statement.ts";
import {
  listTranslations as listStatement,
  type ReadRow,
  readByBusinessId,
  readByKey,
  readByText,
  type TranslationRow,
  touchSources,
} from "./read.sql.ts";

export async function readTranslations(
  pool: ConnectionPool,
  references: readonly TranslationReference[],
): Promise<(Translation | undefined)[]> {
  const found = new Array<Translation | undefined>(references.length).fill(undefined);
  const byText: { at: number; reference: Extract<TranslationReference, { text: string }> }[] = [];
  const byId: { at: number; reference: Extract<TranslationReference, { businessId: string }> }[] = [];
  references.forEach((reference, at) => {
    if ("text" in reference) byText.push({ at, reference });
    else byId.push({ at, reference });
  });
  await Promise.all([
    byText.length > 0 &&
      rows(pool, readByText, [
        column(byText.map(({ reference }) => reference.project)),
        column(byText.map(({ reference }) => reference.targetLocale)),
        column(byText.map(({ reference }) => reference.sourceLocale)),
        textArray(byText.map(({ reference }) => reference.text)),
        column(byText.map(({ reference }) => reference.context)),
        column(byText.map(({ reference }) => reference.format)),
      ]).then((answers) => {
        for (const row of answers) {
          const { at, reference } = asked(byText, row);
          const { project, targetLocale, sourceLocale, text, context } = reference;
          found[at] = { ...nameOf(project, targetLocale, sourceLocale, text, context), ...stateOf(row) };
        }
      }),
    byId.length > 0 &&
      rows(pool, readByBusinessId, [
        column(byId.map(({ reference }) => reference.project)),
        column(byId.map(({ reference }) => reference.targetLocale)),
        textArray(byId.map(({ reference }) => reference.businessId)),
      ]).then((answers) => {
        for (const row of answers) {
          const { at, reference } = asked(byId, row);
          const { project, targetLocale } = reference;
          found[at] = {
            ...nameOf(project, targetLocale, row.source_locale, row.source_text, row.canonical),
            ...stateOf(row),
            ...faultOfSource(row),
          };
        }
      }),
  ]);
  return found;
}

/** The reference that a row answers. Rows carry its number, counted from 1. */
function asked<Asked>(references: readonly Asked[], { ord }: { ord: number }): Asked {
  const reference = references[ord - 1];
  if (reference === undefined) throw new Error("the database answered a reference that was not asked for");
  return reference;
}

export async function readTranslationsByKey(
  pool: ConnectionPool,
  keys: readonly TranslationKey[],
): Promise<Translation[]> {
  if (keys.length === 0) return [];
  const found = await rows(pool, readByKey, [
    keys.map((key) => key.contentNo),
    keys.map((key) => key.targetLocale),
    keys.map((key) => key.contextNo),
    keys.map((key) => key.project),
  ]);
  return found.map(translationOf);
}

export async function listTranslations(
  pool: ConnectionPool,
  filter: ListFilter,
  page: PageRequest = {},
): Promise<Page<Translation>> {
  const [contentNo, contextNo] = decodeCursor(page.cursor, 2) ?? ["0", "0"];
  const limit = pageLimit(page);
  const found = await rows(pool, listStatement, [
    filter.project,
    filter.targetLocale,
    filter.status ?? null,
    filter.businessIdPrefix ?? null,
    contentNo,
    contextNo,
    limit,
    filter.flag ?? null,
  ]);
  return {
    items: found.map(translationOf),
    nextCursor: nextCursor(found, limit, (last) => [last.content_no, String(last.context_no)]),
  };
}

/** Notes reads. Every such call takes its locks in the same order. */
export async function touchTranslations(
  pool: ConnectionPool,
  references: readonly TranslationReference[],
  touchAfterSeconds: number,
): Promise<void> {
  if (references.length === 0) return;
  const parts = references.map(partsOf);
  await run(pool, touchSources, [
    parts.map((each) => each.project),
    parts.map((each) => each.businessId),
    parts.map((each) => each.sourceLocale),
    parts.map((each) => each.text),
    parts.map((each) => each.context),
    parts.map((each) => each.format),
    touchAfterSeconds,
  ]);
}

/** The fields of a reference of either kind, as the functions of the database take them. */
export function partsOf(reference: TranslationReference) {
  const { project } = reference;
  if ("businessId" in reference) {
    return { project, businessId: reference.businessId, sourceLocale: null, text: null, context: null, format: "auto" };
  }
  const { sourceLocale, text, context, format } = reference;
  return { project, businessId: null, sourceLocale, text, context, format };
}

export function translationOf(row: TranslationRow): Translation {
  return {
    ...nameOf(row.project, row.target_locale, row.source_locale, row.source_text, row.canonical),
    ...stateOf(row),
    ...faultOfSource(row),
  };
}

/** A source that is too long to be shown comes as ''. */
function faultOfSource({ source_text }: { source_text: string }): Pick<Translation, "error"> {
  if (source_text !== "") return {};
  return {
    error: { code: "TH_TEXT_TOO_LONG", message: `The stored text is longer than ${MAX_STORED_TEXT_BYTES} bytes` },
  };
}

function nameOf(
  project: string,
  targetLocale: string,
  sourceLocale: string,
  sourceText: string,
  canonicalContext: string | null,
) {
  const context: Translation["context"] = canonicalContext === null ? null : JSON.parse(canonicalContext);
  return { project, sourceLocale, targetLocale, sourceText, context };
}

function stateOf(row: Omit<ReadRow, "ord">) {
  return {
    businessIds: row.business_ids ?? [],
    status: row.status,
    text: row.text,
    engine: row.engine,
    model: row.model,
    flags: row.flags ?? [],
    revision: row.revision,
    ...(row.error_code === null ? {} : { error: { code: row.error_code, message: row.error_message ?? "" } }),
  };
}
