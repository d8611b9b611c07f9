/** Forgetting a text on PostgreSQL: one statement, one commit. */

import type { ForgetReference, ForgetReport } from "../../contract/control.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import { forgetText } from "./control.sql.ts";
import { whenFree } from "./when-free.ts";

export async function forget(pool: ConnectionPool, reference: ForgetReference): Promise<ForgetReport> {
  const [report] = await whenFree(() => rows(pool, forgetText, valuesOf(reference)));
  return { forgotten: report?.forgotten ?? 0, stillUsed: report?.still_used ?? 0 };
}

function valuesOf(reference: ForgetReference): unknown[] {
  if ("businessId" in reference) return [reference.project, reference.businessId, null, null, null, null];
  const { project, sourceLocale, text, within } = reference;
  return [project, null, sourceLocale, text, within?.context ?? null, within?.format ?? null];
}
