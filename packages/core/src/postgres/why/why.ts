/** The facts of one translation on PostgreSQL. */
import type { IdReference } from "../../contract/translation.ts";
import type { TranslationFacts } from "../../contract/why.ts";
import { priorityOf } from "../../rules/item.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import { keyOf } from "../read/read-store.ts";
import { readFacts } from "./why.sql.ts";

export async function translationFacts(
  pool: ConnectionPool,
  reference: IdReference,
): Promise<TranslationFacts | undefined> {
  const { contentNo, targetLocale, contextNo, project } = keyOf(reference);
  const [row] = await rows(pool, readFacts, [contentNo, targetLocale, contextNo, project]);
  if (row === undefined) return undefined;
  const { format, failure, work, uses } = row;
  return {
    format,
    priority: priorityOf(row.priority),
    approvedBy: row.approved_by,
    changedAt: row.updated_at,
    expiresAt: row.expires_at,
    uses: uses ?? [],
    failure,
    work,
  };
}
