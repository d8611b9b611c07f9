/** Forgetting a text on PostgreSQL: one statement, one commit. */
import type { ForgetReference, ForgetReport } from "../../contract/control.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import type { Voice } from "../settle/voice.ts";
import { forgetText } from "./control.sql.ts";
import { whenFree } from "./when-free.ts";

export async function forget(pool: ConnectionPool, voice: Voice, reference: ForgetReference): Promise<ForgetReport> {
  const [report] = await whenFree(() => rows(pool, forgetText, valuesOf(reference)));
  const { forgotten = 0, still_used: stillUsed = 0 } = report ?? {};
  voice.changed({ kind: "forgotten", project: reference.project, targetLocale: undefined, count: forgotten });
  return { forgotten, stillUsed };
}

function valuesOf(reference: ForgetReference): unknown[] {
  if ("businessId" in reference) return [reference.project, reference.businessId, null, null, null, null];
  const { project, sourceLocale, text, within } = reference;
  return [project, null, sourceLocale, text, within?.context ?? null, within?.format ?? null];
}
