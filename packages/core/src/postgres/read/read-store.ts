/** Reading on PostgreSQL. */
import type { Page, PageRequest } from "../../contract/page.ts";
import {
  type ExportFilter,
  type ListedTranslation,
  type ListFilter,
  QUEUE_REASONS,
  type QueueReason,
  type ReviewFilter,
  type ReviewPage,
  type StoredExport,
  type UseKey,
} from "../../contract/read.ts";
import { MAX_STORED_TEXT_BYTES } from "../../contract/text-size.ts";
import type {
  IdReference,
  NamedReference,
  OutdatedText,
  Prefer,
  Translation,
  TranslationKey,
  TranslationReference,
} from "../../contract/translation.ts";
import {
  decodeCursor,
  decodeNamedCursor,
  decodeQueueCursor,
  encodeCursor,
  nextCursor,
  pageLimit,
} from "../../rules/cursor.ts";
import { parseTranslationId } from "../../rules/translation-id.ts";
import { keyColumns } from "../database/key-columns.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { column, rows, run, textArray } from "../database/statement.ts";
import {
  exportTexts as exportStatement,
  LOOKS,
  listTranslations as listStatement,
  type ReadRow,
  readByBusinessId,
  readByKey,
  readByText,
  readOutdatedTexts,
  listForReview as searchStatement,
  type TranslationRow,
  touchSources,
  touchUses as touchUsesStatement,
} from "./read.sql.ts";

export async function readTranslations(
  pool: ConnectionPool,
  references: readonly TranslationReference[],
): Promise<(Translation | undefined)[]> {
  const found = new Array<Translation | undefined>(references.length).fill(undefined);
  const byText: { at: number; reference: Extract<TranslationReference, { text: string }> }[] = [];
  const byId: { at: number; reference: Extract<TranslationReference, { businessId: string }> }[] = [];
  const byKey: { at: number; reference: IdReference }[] = [];
  references.forEach((reference, at) => {
    if ("text" in reference) byText.push({ at, reference });
    else if ("id" in reference) byKey.push({ at, reference });
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
    byKey.length > 0 &&
      readTranslationsByKey(
        pool,
        byKey.map(({ reference }) => keyOf(reference)),
      ).then((answers) => {
        const named = new Map(answers.map((translation) => [nameOfRow(translation), translation]));
        for (const { at, reference } of byKey) found[at] = named.get(nameOfRow(reference));
      }),
  ]);
  return found;
}

export async function readOutdated(
  pool: ConnectionPool,
  references: readonly Extract<NamedReference, { businessId: string }>[],
  prefer: Prefer,
): Promise<(OutdatedText | undefined)[]> {
  const found = new Array<OutdatedText | undefined>(references.length).fill(undefined);
  const answers = await rows(pool, readOutdatedTexts, [
    references.map(({ project }) => project),
    references.map(({ targetLocale }) => targetLocale),
    references.map(({ businessId }) => businessId),
    prefer === "approved",
  ]);
  for (const { ord, text, engine, model, flags } of answers)
    found[ord - 1] = { text, engine, model, flags: flags ?? [] };
  return found;
}

/** The key of the row that an id names. */
export function keyOf({ project, targetLocale, id }: IdReference): TranslationKey {
  return { ...parseTranslationId(id), targetLocale, project };
}

function nameOfRow({ id, targetLocale, project }: Pick<Translation, "id" | "targetLocale" | "project">): string {
  return `${id}/${targetLocale}/${project}`;
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
  const found = await rows(pool, readByKey, keyColumns(keys));
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

/** At most ids of one page of an export. A page of 10,000 short texts has some 1 MB. */
const EXPORTED_IDS = 10_000;

export async function exportTexts(
  pool: ConnectionPool,
  { project, targetLocales, businessIdPrefix, prefer }: ExportFilter,
  { cursor, limit = EXPORTED_IDS }: PageRequest = {},
): Promise<Page<StoredExport>> {
  const after = cursor === undefined ? "" : Buffer.from(cursor, "base64url").toString();
  const most = Math.max(1, Math.min(EXPORTED_IDS, Math.trunc(limit)));
  const found = await rows(pool, exportStatement, [
    project,
    targetLocales,
    businessIdPrefix ?? null,
    prefer === "approved",
    after,
    most,
  ]);
  const items: StoredExport[] = [];
  for (const row of found) {
    if (!row.is_known) continue;
    const { business_id: businessId, text, is_due: isDue, key_text: sourceText } = row;
    const dueUse = { businessId, contentNo: row.content_no, contextNo: row.context_no };
    items.push({ businessId, text, ...(isDue && { dueUse }), ...(sourceText !== null && { sourceText }) });
  }
  const last = found.at(-1);
  const isLast = last === undefined || (found.length < most && found.length === last.page_rows);
  return { items, nextCursor: isLast ? null : Buffer.from(last.business_id).toString("base64url") };
}

/** A page of the translations that a filter fits, from a bounded number of uses. */
export async function listForReview(
  pool: ConnectionPool,
  filter: ReviewFilter,
  page: PageRequest = {},
): Promise<ReviewPage> {
  const limit = pageLimit(page);
  if (filter.queue !== undefined) return listQueue(pool, filter, page.cursor, limit);
  const after = decodeNamedCursor(page.cursor, 2) ?? START;
  const { items, next, lookedAt } = await searchUses(pool, filter, { after, limit, looks: LOOKS });
  return { items, nextCursor: next && encodeCursor([...next.key, next.name]), lookedAt };
}

/** A place in the order of the uses of a project. */
interface Place {
  /** Content and context. */
  key: readonly string[];
  /** The business id. */
  name: string;
}
const START: Place = { key: ["0", "0"], name: "" };

/** The queue of review walks the uses once for each reason; its cursor has the reason that it has come to. */
async function listQueue(
  pool: ConnectionPool,
  filter: ReviewFilter,
  cursor: string | undefined,
  limit: number,
): Promise<ReviewPage> {
  let { reason: at, place: after } = decodeQueueCursor(cursor, QUEUE_REASONS.length) ?? { reason: 0, place: START };
  const items: ListedTranslation[] = [];
  let lookedAt = 0;
  for (; at < QUEUE_REASONS.length; at += 1, after = START) {
    if (items.length === limit || lookedAt >= LOOKS) return { items, nextCursor: queueCursor(at, after), lookedAt };
    const reason = QUEUE_REASONS[at];
    const found = await searchUses(pool, filter, {
      after,
      limit: limit - items.length,
      looks: LOOKS - lookedAt,
      reason,
    });
    lookedAt += found.lookedAt;
    for (const item of found.items) items.push({ ...item, ...(reason !== undefined && { reason }) });
    if (found.next !== null) return { items, nextCursor: queueCursor(at, found.next), lookedAt };
  }
  return { items, nextCursor: null, lookedAt };
}

function queueCursor(reason: number, { key, name }: Place): string {
  return encodeCursor([...key, `${reason}${name}`]);
}

interface Search {
  after: Place;
  limit: number;
  looks: number;
  reason?: QueueReason | undefined;
}

async function searchUses(
  pool: ConnectionPool,
  filter: ReviewFilter,
  { after, limit, looks, reason }: Search,
): Promise<{ items: Translation[]; next: Place | null; lookedAt: number }> {
  const found = await rows(pool, searchStatement, [
    filter.project,
    filter.targetLocale,
    after.name,
    ...after.key,
    looks,
    limit,
    filter.status ?? null,
    filter.flag ?? null,
    filter.engine ?? null,
    filter.businessIdPrefix ?? null,
    filter.search ?? null,
    filter.changedSince ?? null,
    reason ?? null,
    filter.queue?.sample ?? 0,
  ]);
  const hits = found.flatMap((row) => (row.content_no === null ? [] : [{ ...row, content_no: row.content_no }]));
  const [end] = found;
  const last = hits.at(-1);
  let next: Place | null = null;
  // Full, or cut at its greatest size in bytes.
  if (last !== undefined && (end?.hits === limit || hits.length < (end?.hits ?? 0))) {
    next = { key: [last.content_no, String(last.context_no)], name: last.at_business_id ?? "" };
  } else if (end !== undefined && end.end_business_id !== null) {
    next = { key: [end.end_content_no ?? "", end.end_context_no ?? ""], name: end.end_business_id };
  }
  return { items: hits.map((row) => translationOf(row as TranslationRow)), next, lookedAt: end?.looked_at ?? 0 };
}

/** Uses of one transaction: it locks their texts. */
const USES_A_CALL = 1_000;

export async function touchUses(pool: ConnectionPool, project: string, uses: readonly UseKey[]): Promise<void> {
  for (let from = 0; from < uses.length; from += USES_A_CALL) {
    const noted = uses.slice(from, from + USES_A_CALL);
    await run(pool, touchUsesStatement, [
      project,
      noted.map(({ businessId }) => businessId),
      noted.map(({ contentNo }) => contentNo),
      noted.map(({ contextNo }) => contextNo),
    ]);
  }
}

/** Notes reads. Every such call takes its locks in the same order. */
export async function touchTranslations(
  pool: ConnectionPool,
  references: readonly NamedReference[],
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
export function partsOf(reference: NamedReference) {
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

function stateOf(row: Omit<ReadRow, "ord">): Omit<Translation, keyof ReturnType<typeof nameOf>> {
  return {
    id: row.id,
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
