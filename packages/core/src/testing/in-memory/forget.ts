/** Deletion of the texts of a store in memory on request. */
import type { ForgetReference, ForgetReport } from "../../contract/control.ts";
import { contentId, contextKey } from "../../rules/identity.ts";
import { entriesWhere, type InboxItem, type InMemoryTables } from "./tables.ts";

interface Text {
  readonly contentNo: number;
  readonly contextNo: number;
}

/** Ends the named uses. Deletes the texts that the project no longer uses, and the named items of the inbox. */
export function forgetTexts(tables: InMemoryTables, reference: ForgetReference): ForgetReport {
  const { project } = reference;
  const byId = "businessId" in reference;
  const isMeant = (contentNo: number, contextNo: number) => {
    if (byId) return true;
    if (contentNo !== tables.contents.get(contentId(reference.sourceLocale, reference.text))?.no) return false;
    return reference.within === undefined || contextNo === tables.contextNoOf(reference.within);
  };
  const uses = tables.uses
    .all()
    .filter((use) => use.project === project && isMeant(use.contentNo, use.contextNo))
    .filter((use) => !byId || use.businessId === reference.businessId);
  for (const use of uses) tables.uses.remove(use);
  const ownRows = [...tables.rows.values()].filter(({ key }) => key.project === project);
  const named = new Map([
    ...uses.map((use): [string, Text] => [textKey(use), use]),
    ...ownRows
      .map(({ content, key }): Text => ({ contentNo: content.no, contextNo: key.contextNo }))
      .filter(({ contentNo, contextNo }) => !byId && isMeant(contentNo, contextNo))
      .map((text): [string, Text] => [textKey(text), text]),
  ]);
  const gone = [...named.values()].filter((text) => tables.uses.businessIds({ project, ...text }).length === 0);
  for (const { contentNo, contextNo } of gone) {
    // A read by the text makes a use too, which is not a request to keep it.
    tables.uses.remove({ project, businessId: "", contentNo, contextNo });
  }
  const texts = new Set(gone.map(textKey));
  tables.removeRows(
    ownRows.filter(({ content, key }) => texts.has(textKey({ contentNo: content.no, contextNo: key.contextNo }))),
  );
  dropUnused(tables, named.values());

  const waiting = tables.inbox.length;
  tables.inbox = tables.inbox.filter((entry) => !isNamed(entry, reference));
  const contents = new Set([...tables.contents.values()].map(({ no }) => no));
  const stillUsed = new Set([...named.values()].map(({ contentNo }) => contentNo).filter((no) => contents.has(no)));
  return { forgotten: gone.length + waiting - tables.inbox.length, stillUsed: stillUsed.size };
}

function textKey({ contentNo, contextNo }: Text): string {
  return `${contentNo}/${contextNo}`;
}

/** Whether a reference names an item of the inbox. */
function isNamed({ item }: InboxItem, reference: ForgetReference): boolean {
  if (item.project !== reference.project) return false;
  if ("businessId" in reference) return item.businessId === reference.businessId;
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
