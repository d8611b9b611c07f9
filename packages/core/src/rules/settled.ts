/** Which rows wait for nothing more. */
import type { Translation } from "../contract/translation.ts";

/** Whether a text has come to an end: it is stored, or in the dead letters, and no worker is to translate it. */
export function isSettled({ status }: Pick<Translation, "status">): boolean {
  return status !== "pending" && status !== "queued";
}
