/** Deletion of the texts of a store in memory on request. */
import type { ForgetOptions, ForgetReference, ForgetReport } from "../../contract/control.ts";
import { contentId, contextKey } from "../../rules/identity.ts";
import { entriesWhere, type InboxItem, type InMemoryTables } from "./tables.ts";

interface Text {
  readonly contentNo: number;
  readonly contextNo: number;
}

/** Ends the named uses. Deletes the texts that the project no longer uses, and the named items of the inbox. */
export function forgetTexts(
  tables: InMemoryTables,
  reference: ForgetReference,
  { dryRun = false }: ForgetOptions,
): ForgetReport {
  const { project } = reference;
  const isMeant = (contentNo: number, contextNo: number) => {
    if (!("text" in reference)) return true;
    if (contentNo !== tables.contents.get(contentId(reference.sourceLocale, reference.text))?.no) return false;
    return reference.within === undefined || contextNo === tables.contextNoOf(reference.within);
  };
  const ownUses = tables.uses.all().filter((use) => use.project === project);
  const namedUses = ownUses.filter(
    (use) => isMeant(use.contentNo, use.contextNo) && ("text" in reference || isNamedId(use.businessId, reference)),
  );
  const ownRows = [...tables.rows.values()].filter(({ key }) => key.project === project);
  const named = new Map([
    ...namedUses.map((use): [string, Text] => [textKey(use), use]),
    ...ownRows
      .map(({ content, key }): Text => ({ contentNo: content.no, contextNo: key.contextNo }))
      .filter(({ contentNo, contextNo }) => "text" in reference && isMeant(contentNo, contextNo))
      .map((text): [string, Text] => [textKey(text), text]),
  ]);
  // A read by the text makes a use too, which is not a request to keep it.
  const kept = new Set(
    ownUses.filter((use) => use.businessId !== "" && !namedUses.includes(use)).map((use) => textKey(use)),
  );
  const gone = new Set([...named.keys()].filter((key) => !kept.has(key)));
  const endedUses = new Set(ownUses.filter((use) => namedUses.includes(use) || gone.has(textKey(use))));
  const doomed = new Set(ownRows.filter(({ content, key }) => gone.has(textKey({ ...key, contentNo: content.no }))));
  const leftContents = new Set([
    ...tables.uses.all().flatMap((use) => (endedUses.has(use) ? [] : use.contentNo)),
    ...[...tables.rows.values()].flatMap((row) => (doomed.has(row) ? [] : row.content.no)),
  ]);
  const stillUsed = new Set([...named.values()].map(({ contentNo }) => contentNo).filter((no) => leftContents.has(no)));
  const waiting = tables.inbox.filter((entry) => isNamed(entry, reference));
  const isWhole = "text" in reference && reference.within === undefined;
  const isRemembered =
    isWhole && tables.memory.forget(project, reference.sourceLocale, reference.text, { dryRun: true });
  if (!dryRun) {
    for (const use of endedUses) tables.uses.remove(use);
    tables.removeRows([...doomed], "forgotten");
    forgetInMemory(tables, project, named.values());
    if (isWhole) tables.memory.forget(project, reference.sourceLocale, reference.text);
    dropUnused(tables, named.values());
    tables.inbox = tables.inbox.filter((entry) => !waiting.includes(entry));
  }
  const forgotten = Math.max(gone.size + waiting.length, isRemembered ? 1 : 0);
  return { forgotten, stillUsed: stillUsed.size };
}

/** A text that the project does not have any more, in any context, leaves its memory too. */
function forgetInMemory(
  { uses, rows, contents, memory }: InMemoryTables,
  project: string,
  texts: Iterable<Text>,
): void {
  const used = new Set([
    ...uses.all().flatMap((use) => (use.project === project ? use.contentNo : [])),
    ...[...rows.values()].flatMap(({ key, content }) => (key.project === project ? content.no : [])),
  ]);
  for (const { contentNo } of texts) {
    if (used.has(contentNo)) continue;
    for (const { no, sourceLocale, text } of contents.values()) {
      if (no === contentNo) memory.forget(project, sourceLocale, text);
    }
  }
}

function isNamedId(businessId: string, reference: Exclude<ForgetReference, { text: string }>): boolean {
  return "businessId" in reference
    ? businessId === reference.businessId
    : businessId.startsWith(reference.businessIdPrefix);
}

function textKey({ contentNo, contextNo }: Text): string {
  return `${contentNo}/${contextNo}`;
}

/** Whether a reference names an item of the inbox. */
function isNamed({ item }: InboxItem, reference: ForgetReference): boolean {
  if (item.project !== reference.project) return false;
  if (!("text" in reference)) return isNamedId(item.businessId, reference);
  if (item.text !== reference.text || item.sourceLocale !== reference.sourceLocale) return false;
  const { within } = reference;
  return within === undefined || contextKey(within.context, within.format) === contextKey(item.context, item.format);
}

/** Deletes those of the given texts and contexts that have neither a use nor a row. */
function dropUnused({ uses, rows, contents, contexts }: InMemoryTables, texts: Iterable<Text>): void {
  const leftUses = uses.all();
  const leftRows = [...rows.values()];
  for (const { contentNo, contextNo } of texts) {
    const isUsed =
      leftUses.some((use) => use.contentNo === contentNo) || leftRows.some(({ content }) => content.no === contentNo);
    if (!isUsed) for (const [id] of entriesWhere(contents, ({ no }) => no === contentNo)) contents.delete(id);
    const isContextUsed =
      leftUses.some((use) => use.contextNo === contextNo) || leftRows.some(({ key }) => key.contextNo === contextNo);
    if (!isContextUsed) for (const [id] of entriesWhere(contexts, ({ no }) => no === contextNo)) contexts.delete(id);
  }
}
