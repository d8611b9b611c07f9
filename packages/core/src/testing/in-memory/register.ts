/** Registering in a store in memory: items become uses, rows and work. */
import { BacklogFullError, type TransHubError } from "../../contract/errors.ts";
import type { RegisterItem } from "../../contract/item.ts";
import type { ItemReceipt, RegisterOptions } from "../../contract/register.ts";
import { contentId, contextKey } from "../../rules/identity.ts";
import { parseText } from "../../rules/item.ts";
import { parseName } from "../../rules/name.ts";
import { stands } from "./batches.ts";
import { type Content, type Context, type Row, rowId } from "./row.ts";
import type { InMemoryTables } from "./tables.ts";

/** Registers items, and enqueues their new work. */
export function registerItems(
  tables: InMemoryTables,
  items: readonly RegisterItem[],
  options: RegisterOptions,
): ItemReceipt[] {
  const registration = new Registration(tables, options);
  const receipts = items.map((item) => registration.add(item));
  tables.batches.enqueue([...registration.work], options.tag);
  return receipts;
}

/** Empties the inbox. An item's time to live counts from its request on. */
export function takeInbox(tables: InMemoryTables): { item: RegisterItem; options: RegisterOptions }[] {
  return tables.inbox.splice(0).map(({ item, options, at }) => {
    const { expiresAfterSeconds: seconds } = item;
    const left = seconds === null ? null : Math.max(0, seconds - (tables.clock.now() - at) / 1_000);
    return { item: { ...item, expiresAfterSeconds: left }, options };
  });
}

/** One call of `register`. */
class Registration {
  readonly #tables: InMemoryTables;
  readonly #options: RegisterOptions;
  /** Rows that this call made or put back to work. */
  readonly #made = new Set<Row>();
  readonly work = new Set<Row>();
  #room: number;

  constructor(tables: InMemoryTables, options: RegisterOptions) {
    this.#tables = tables;
    this.#options = options;
    this.#room = (options.maxBacklog ?? Number.POSITIVE_INFINITY) - backlog(tables);
  }

  add(item: RegisterItem): ItemReceipt {
    const receipt: ItemReceipt = { registered: 0, existing: 0, queued: 0, failed: 0 };
    const error = refusal(item);
    if (error !== undefined) return { ...receipt, error };
    const newRows = this.#newRows(item);
    this.#room -= newRows;
    if (newRows > 0 && this.#room < 0) return { ...receipt, error: new BacklogFullError() };
    const content = this.#contentOf(item);
    const context = this.#contextOf(item);
    this.#tellRename(item, content.no, context?.no ?? 0);
    this.#tables.see(item.project, item.businessId, content.no, context?.no ?? 0);
    if (item.hint !== undefined) {
      const { project, businessId, hint } = item;
      this.#tables.uses.say({ project, businessId, contentNo: content.no, contextNo: context?.no ?? 0 }, hint);
    }
    for (const targetLocale of item.targetLocales) {
      const isMade = this.#addRow(item, content, context, targetLocale);
      if (isMade === "made") receipt.registered += 1;
      else receipt.existing += 1;
      if (isMade === "failed") receipt.failed += 1;
    }
    return receipt;
  }

  /** An id begins to mean another text, or a new id a text that is translated already. */
  #tellRename({ project, businessId }: RegisterItem, contentNo: number, contextNo: number): void {
    if (businessId === "") return;
    const { uses, rows, feed } = this.#tables;
    const meant = uses.lastOf({ project, businessId });
    const key = { contentNo: String(contentNo), contextNo };
    const isAnother =
      meant === undefined
        ? [...rows.values()].some(
            (row) =>
              row.content.no === contentNo &&
              row.key.contextNo === contextNo &&
              row.key.project === project &&
              row.text !== null,
          )
        : meant.contentNo !== contentNo || meant.contextNo !== contextNo;
    if (isAnother) feed.renamed(project, [key]);
  }

  /** Number of an item's rows that would be new work. */
  #newRows(item: RegisterItem): number {
    const content = this.#tables.contents.get(contentId(item.sourceLocale, item.text));
    const contextNo = this.#tables.contextNoOf(item);
    return item.targetLocales.filter((targetLocale) => {
      if (item.verbatim || targetLocale === item.sourceLocale) return false;
      if (content === undefined || contextNo === undefined) return true;
      const key = { contentNo: String(content.no), contextNo, targetLocale, project: item.project };
      const row = this.#tables.row(key);
      return row === undefined || (item.force && (row.status === "translated" || row.status === "failed"));
    }).length;
  }

  #addRow(
    item: RegisterItem,
    content: Content,
    context: Context | undefined,
    targetLocale: string,
  ): "made" | "existing" | "failed" {
    const key = { contentNo: String(content.no), contextNo: context?.no ?? 0, targetLocale, project: item.project };
    const isVerbatim = item.verbatim || targetLocale === item.sourceLocale;
    const row = this.#tables.row(key);
    if (row === undefined) {
      const fresh: Row = {
        key,
        content,
        context,
        status: isVerbatim ? "translated" : "pending",
        priority: item.priority,
        // Above every revision of earlier rows of this key: a reader of an earlier row has not read this one.
        revision: this.#tables.nextNo() * 1_000,
        text: isVerbatim ? item.text : null,
        engine: isVerbatim ? "none" : null,
        model: null,
        flags: [],
        approvedBy: null,
        acts: [],
        expiresAt: this.#expiryOf(item),
      };
      this.#tables.rows.set(rowId(key), fresh);
      this.#made.add(fresh);
      if (isVerbatim) this.#tables.feed.write("translated", [fresh]);
      else this.work.add(fresh);
      return "made";
    }
    if (row.status === "pending") {
      row.expiresAt = Math.max(row.expiresAt, this.#expiryOf(item));
      if (item.priority < row.priority) {
        row.revision += 1;
        row.priority = item.priority;
        this.work.add(row);
      }
      return "existing";
    }
    const isStandIn = row.status === "translated" && row.engine === "pseudo" && isRealEngine(this.#options.engine);
    const isForced = item.force && row.status !== "approved";
    if (!isVerbatim && !this.#made.has(row) && (isForced || isStandIn)) {
      this.#tables.putBackToWork(row);
      row.expiresAt = this.#expiryOf(item);
      row.priority = item.priority;
      this.#made.add(row);
      this.work.add(row);
      return "made";
    }
    return row.status === "failed" ? "failed" : "existing";
  }

  #expiryOf({ expiresAfterSeconds: seconds }: RegisterItem): number {
    return seconds === null ? Number.POSITIVE_INFINITY : this.#tables.clock.now() + seconds * 1_000;
  }

  #contentOf({ sourceLocale, text }: RegisterItem): Content {
    const { contents } = this.#tables;
    const id = contentId(sourceLocale, text);
    const content = contents.get(id) ?? { no: this.#tables.nextNo(), sourceLocale, text };
    contents.set(id, content);
    return content;
  }

  #contextOf({ context: canonical, format }: RegisterItem): Context | undefined {
    const key = contextKey(canonical, format);
    if (key === undefined) return undefined;
    const { contexts, clock } = this.#tables;
    const context = contexts.get(key) ?? { no: this.#tables.nextNo(), canonical, format, createdAt: clock.now() };
    contexts.set(key, context);
    return context;
  }
}

/** Number of waiting texts. */
function backlog({ batches }: InMemoryTables): number {
  return batches.of({}).reduce((sum, { items }) => sum + items.filter(stands).length, 0);
}

function isRealEngine(engine: string | undefined): boolean {
  return engine !== undefined && engine !== "pseudo";
}

/** The error with which a database would refuse an item, although the caller let it pass. */
function refusal({ text, businessId, project }: RegisterItem): TransHubError | undefined {
  try {
    parseText(text, Number.POSITIVE_INFINITY);
    parseName(project, "project", "TH_PROJECT");
    if (businessId !== "") parseName(businessId, "businessId", "TH_BUSINESS_ID");
    return undefined;
  } catch (error) {
    return error as TransHubError;
  }
}
