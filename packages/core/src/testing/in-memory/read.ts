/** Reading from a store in memory. */
import type { RegisterItem } from "../../contract/item.ts";
import type { Translation, TranslationReference } from "../../contract/translation.ts";
import { contextKey } from "../../rules/identity.ts";
import { compareKeys, parseContext, type Row } from "./row.ts";
import type { InMemoryTables } from "./tables.ts";

/** A row in the application's form. */
export function translationOf({ letters, uses }: InMemoryTables, row: Row): Translation {
  const { key, content, context, status, text, engine, model, flags, revision } = row;
  const letter = letters.about(row);
  return {
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

/** Notes that a text was read. */
export function touchUse(tables: InMemoryTables, reference: TranslationReference): void {
  const use = tables.useOf(reference);
  if (use === undefined) return;
  const { project } = reference;
  // Reading a text of another project is no use of it.
  if (!tables.uses.isUsed({ ...use, project })) return;
  // Read by its text, the text itself is used: touching its business ids could make an old text the one seen last.
  tables.see(project, "businessId" in reference ? reference.businessId : "", use.contentNo, use.contextNo);
}
