/** Appends items to the inbox: inside a caller's transaction, or where a stranger's lock is in the way. */
import { BacklogFullError } from "../../contract/errors.ts";
import type { PriorityClass, RegisterItem } from "../../contract/item.ts";
import type { RegisterOptions } from "../../contract/register.ts";
import type { TransactionClient } from "../../contract/transaction.ts";
import type { Priority } from "../../contract/translation.ts";
import { databaseError } from "../database/database-error.ts";
import { type Database, rows } from "../database/statement.ts";
import { appendToInbox, appendTracedToInbox } from "./register.sql.ts";

/**
 * Appends inside the caller's transaction. An error leaves that transaction aborted, as any statement's error does.
 *
 * @throws {BacklogFullError} Nothing was appended. The transaction is as it was.
 * @throws {DatabaseUnavailableError}
 * @throws {DatabaseRefusedError}
 */
export async function appendItems(
  client: TransactionClient,
  items: readonly RegisterItem[],
  options: RegisterOptions = {},
): Promise<void> {
  const query = async ({ text, values }: { text: string; values?: unknown[] }) => {
    try {
      return await client.query({ text, ...(values !== undefined && { values }) });
    } catch (error) {
      throw databaseError(error);
    }
  };
  // The rows are checked by the statement's own type, and nothing else of the result is read.
  const db: Database = { query: query as unknown as Database["query"] };
  await append(db, items, options);
}

/**
 * Appends all items in one row of the inbox, which is one registration later.
 *
 * @throws {BacklogFullError} The items together would go over the bound. Nothing was appended.
 */
export async function append(db: Database, items: readonly RegisterItem[], options: RegisterOptions): Promise<void> {
  if (items.length === 0) return;
  const { engine, maxBacklog, traceparents = [], tag } = options;
  const columns = [
    JSON.stringify(items.map(inboxItem)),
    JSON.stringify({
      ...(engine !== undefined && { engine }),
      ...(maxBacklog !== undefined && { maxBacklog }),
      ...(tag !== undefined && { tag }),
    }),
  ];
  const [appended] =
    traceparents.length === 0
      ? await rows(db, appendToInbox, columns)
      : await rows(db, appendTracedToInbox, [...columns, traceparents.join(" "), ""]);
  if (appended?.id == null) throw new BacklogFullError();
}

const PRIORITY_OF_CLASS: Record<PriorityClass, Priority> = { [-1]: "interactive", 0: "normal", 1: "bulk" };

/**
 * An item as an application writes it: `trans_hub.register_inbox` reads rows of every producer, also in other languages,
 * and checks them all by one rule. A context stays the JSON text that it is; the rule takes a text that begins with a brace
 * as JSON.
 */
function inboxItem(item: RegisterItem): Record<string, unknown> {
  return {
    text: item.text,
    sourceLocale: item.sourceLocale,
    targetLocales: item.targetLocales,
    ...(item.businessId !== "" && { businessId: item.businessId }),
    ...(item.context !== null && { context: item.context }),
    ...(item.hint !== undefined && { hint: JSON.parse(item.hint) }),
    project: item.project,
    priority: PRIORITY_OF_CLASS[item.priority],
    format: item.format,
    force: item.force,
    ...(item.expiresAfterSeconds !== null && { expiresAfterSeconds: item.expiresAfterSeconds }),
  };
}
