/**
 * Forgetting on PostgreSQL: one statement and one commit for a text or a business id, bounded steps for a prefix of
 * business ids.
 */
import type { ForgetOptions, ForgetReference, ForgetReport } from "../../contract/control.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import type { Voice } from "../settle/voice.ts";
import { countToForget, forgetByPrefix, forgetPrefixInInbox, forgetText } from "./control.sql.ts";
import { whenFree } from "./when-free.ts";

/** Uses of one transaction, and rows of the inbox. Each takes the locks of its texts for some tens of milliseconds. */
const USES_A_STEP = 100;
const INBOX_ROWS_A_STEP = 100;

export async function forget(
  pool: ConnectionPool,
  voice: Voice,
  reference: ForgetReference,
  { dryRun = false }: ForgetOptions = {},
): Promise<ForgetReport> {
  if (dryRun) {
    const { project, businessId, idPrefix, ...text } = partsOf(reference);
    const values = [project, businessId, idPrefix, text.sourceLocale, text.text, text.context, text.format];
    const [counts] = await pool.unhurried((db) => rows(db, countToForget, values));
    return { forgotten: counts?.forgotten ?? 0, stillUsed: counts?.still_used ?? 0 };
  }
  const report: ForgetReport = { forgotten: 0, stillUsed: 0 };
  const add = (forgotten: number, stillUsed: number) => {
    voice.changed({ kind: "forgotten", project: reference.project, targetLocale: undefined, count: forgotten });
    report.forgotten += forgotten;
    report.stillUsed += stillUsed;
  };
  if ("businessIdPrefix" in reference) {
    await forgetPrefix(pool, reference, add);
  } else {
    const { project, businessId, sourceLocale, text, context, format } = partsOf(reference);
    const values = [project, businessId, sourceLocale, text, context, format];
    const [step] = await whenFree(() => rows(pool, forgetText, values));
    add(step?.forgotten ?? 0, step?.still_used ?? 0);
  }
  return report;
}

async function forgetPrefix(
  pool: ConnectionPool,
  { project, businessIdPrefix }: { project: string; businessIdPrefix: string },
  add: (forgotten: number, stillUsed: number) => void,
): Promise<void> {
  // The inbox first: an item that a worker is registering is waited for, and then found among the uses.
  for (let taken = 1; taken > 0; ) {
    const values = [project, businessIdPrefix, INBOX_ROWS_A_STEP];
    const [step] = await whenFree(() => rows(pool, forgetPrefixInInbox, values));
    taken = step?.forgotten ?? 0;
    add(taken, 0);
  }
  // The last use that was looked at, by id and content.
  let after: [string, string] | undefined = ["", "0"];
  while (after !== undefined) {
    const values: unknown[] = [project, businessIdPrefix, ...after, USES_A_STEP];
    // Without a limit of time: a step reads past every other id of the project.
    const [step] = await whenFree(() => pool.unhurried((db) => rows(db, forgetByPrefix, values)));
    add(step?.forgotten ?? 0, step?.still_used ?? 0);
    const { reached_id: id, reached_content_no: contentNo } = step ?? {};
    after = id == null || contentNo == null ? undefined : [id, contentNo];
  }
}

/** The fields of a reference of every kind, as the functions of the database take them. */
function partsOf(reference: ForgetReference) {
  const { project } = reference;
  const none = { businessId: null, idPrefix: null, sourceLocale: null, text: null, context: null, format: null };
  if ("businessId" in reference) return { project, ...none, businessId: reference.businessId };
  if ("businessIdPrefix" in reference) return { project, ...none, idPrefix: reference.businessIdPrefix };
  const { sourceLocale, text, within } = reference;
  return { project, ...none, sourceLocale, text, context: within?.context ?? null, format: within?.format ?? null };
}
