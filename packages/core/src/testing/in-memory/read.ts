/** Reading from a store in memory. */
import type { RegisterItem } from "../../contract/item.ts";
import type { ExportFilter, StoredExport, UseKey } from "../../contract/read.ts";
import type { NamedReference, Translation, TranslationReference } from "../../contract/translation.ts";
import { contextKey } from "../../rules/identity.ts";
import { translationId } from "../../rules/translation-id.ts";
import { compareKeys, parseContext, type Row } from "./row.ts";
import type { InMemoryTables } from "./tables.ts";
import type { Use } from "./uses.ts";

/** A row in the application's form. */
export function translationOf({ letters, uses }: InMemoryTables, row: Row): Translation {
  const { key, content, context, status, text, engine, model, flags, revision } = row;
  const letter = letters.about(row);
  return {
    id: translationId(key),
    project: key.project,
    sourceLocale: content.sourceLocale,
    targetLocale: key.targetLocale,
    sourceText: content.text,
    context: parseContext(context),
    businessIds: uses.businessIds({ project: key.project, contentNo: content.no, contextNo: key.contextNo }),
    status,
    text,
    engine,
    model,
    flags: [...flags],
    revision,
    ...(letter !== undefined && { error: { code: letter.code, message: letter.message } }),
  };
}

/** The newest item of the inbox that a reference names, in the application's form. */
export function queuedTranslation({ inbox }: InMemoryTables, reference: TranslationReference): Translation | undefined {
  const entry = inbox.findLast(({ item }) => isNamed(item, reference));
  if (entry === undefined) return undefined;
  const { project, sourceLocale, text, context, businessId } = entry.item;
  return {
    id: null,
    project,
    sourceLocale,
    targetLocale: reference.targetLocale,
    sourceText: text,
    context: context === null ? null : JSON.parse(context),
    businessIds: businessId === "" ? [] : [businessId],
    status: "queued",
    text: null,
    engine: null,
    model: null,
    flags: [],
    revision: 0,
  };
}

function isNamed(item: RegisterItem, reference: TranslationReference): boolean {
  if (item.project !== reference.project || !item.targetLocales.includes(reference.targetLocale)) return false;
  if ("id" in reference) return false;
  if ("businessId" in reference) return item.businessId === reference.businessId;
  const { text, sourceLocale, context, format } = reference;
  return (
    item.text === text &&
    item.sourceLocale === sourceLocale &&
    contextKey(item.context, item.format) === contextKey(context, format)
  );
}

/** Rows of a project and locale, in the order of their keys. */
export function rowsOf(tables: InMemoryTables, project: string, targetLocale: string): Row[] {
  return [...tables.rows.values()]
    .filter(({ key }) => key.project === project && key.targetLocale === targetLocale)
    .sort((one, other) => compareKeys(one.key, other.key));
}

/** The texts of an export, in the order of their business ids. */
export function exportedTexts(tables: InMemoryTables, filter: ExportFilter): StoredExport[] {
  const { project, businessIdPrefix = "" } = filter;
  const byId = new Map<string, Use[]>();
  for (const use of tables.uses.all()) {
    const { businessId } = use;
    if (use.project !== project || businessId === "" || !businessId.startsWith(businessIdPrefix)) continue;
    byId.set(businessId, [...(byId.get(businessId) ?? []), use]);
  }
  return [...byId]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([, uses]) => {
      const newestFirst = uses.toSorted((one, other) => other.seen - one.seen);
      return newestFirst.flatMap((use) => exportedUse(tables, use, filter) ?? []).slice(0, 1);
    });
}

/** Undefined: the text was requested in none of the locales. */
function exportedUse(
  tables: InMemoryTables,
  { contentNo, contextNo, businessId }: Use,
  { project, targetLocales, prefer }: ExportFilter,
): StoredExport | undefined {
  const content = [...tables.contents.values()].find(({ no }) => no === contentNo);
  if (content === undefined) return undefined;
  let text: string | null = null;
  let isKnown = false;
  for (const targetLocale of targetLocales) {
    const row = tables.row({ contentNo: String(contentNo), contextNo, targetLocale, project });
    const isOwn = content.sourceLocale === targetLocale;
    isKnown ||= row !== undefined || isOwn;
    const isWanted = row !== undefined && (prefer !== "approved" || row.status === "approved");
    text ??= (isWanted ? row.text : null) ?? (isOwn ? content.text : null);
  }
  if (!isKnown) return undefined;
  const isCut = /~[0-9a-f]{16}$/.test(businessId);
  const dueUse = { businessId, contentNo: String(contentNo), contextNo };
  return { businessId, text, dueUse, ...(isCut && { sourceText: content.text }) };
}

/** Notes uses of an export. The text that was seen last under an id stays the last one. */
export function touchUses(tables: InMemoryTables, project: string, uses: readonly UseKey[]): void {
  for (const { businessId, contentNo, contextNo } of uses) {
    const newest = tables.uses.lastOf({ project, businessId });
    if (newest === undefined) continue;
    tables.see(project, businessId, Number(contentNo), contextNo);
    tables.see(project, businessId, newest.contentNo, newest.contextNo);
  }
}

/** Notes that a text was read. */
export function touchUse(tables: InMemoryTables, reference: NamedReference): void {
  const use = tables.useOf(reference);
  if (use === undefined) return;
  const { project } = reference;
  // Reading a text of another project is no use of it.
  if (!tables.uses.isUsed({ ...use, project })) return;
  // Read by its text, the text itself is used: touching its business ids could make an old text the one seen last.
  tables.see(project, "businessId" in reference ? reference.businessId : "", use.contentNo, use.contextNo);
}
