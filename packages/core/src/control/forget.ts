/** Forgetting a text on PostgreSQL: one statement, one commit. */
import { setTimeout as wait } from "node:timers/promises";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import { DatabaseUnavailableError } from "../errors.ts";
import type { ForgetReference, ForgetReport } from "../persistence-handler.ts";
import { isContended } from "../register/register-store.ts";
import { forgetText } from "./control.sql.ts";

/** How often it is tried against strangers' locks, some 5 s each. */
const TRIES = 4;

export async function forget(pool: ConnectionPool, reference: ForgetReference): Promise<ForgetReport> {
  const values =
    "businessId" in reference
      ? [reference.project, reference.businessId, null, null, null, null]
      : [
          reference.project,
          null,
          reference.sourceLocale,
          reference.text,
          reference.within?.context ?? null,
          reference.within?.format ?? null,
        ];
  for (let tries = 1; ; tries += 1) {
    try {
      const [report] = await rows(pool, forgetText, values);
      return { forgotten: report?.forgotten ?? 0, stillUsed: report?.still_used ?? 0 };
    } catch (error) {
      if (!isContended(error)) throw error;
      if (tries === TRIES) {
        throw new DatabaseUnavailableError(
          "A long transaction of somebody else holds the text; nothing was forgotten",
          {
            cause: error,
          },
        );
      }
      await wait(Math.random() * 100 * tries);
    }
  }
}
