/** `translate --take`: ends conflicts between a person's value in a file and another text that a person approved. */

import { countOf } from "../output.ts";
import type { CatalogStore } from "../store/catalog-store.ts";
import { nameOf, type Row, rowId } from "./own-rows.ts";
import { textsOfRows } from "./peoples-values.ts";
import type { PlannedFile } from "./plan.ts";

export type Take = "store" | "file";

interface TakeOptions {
  /** The plan by the files and the lock alone. */
  before: readonly PlannedFile[];
  /** The same with the store's texts: it names the conflicts. */
  files: readonly PlannedFile[];
  store: Pick<CatalogStore, "approve">;
  by: string | undefined;
  tell(line: string): void;
}

interface Wanted {
  row: Row;
  locale: string;
  texts: Set<string>;
  isConflict: boolean;
  keys: string[];
}

/**
 * Approves the values of the files that are in conflict. A text has one translation: where people's values for it differ, none
 * is approved, and the keys are named.
 *
 * @returns Whether any was approved.
 */
export async function takeFiles({ before, files, store, by, tell }: TakeOptions): Promise<boolean> {
  let count = 0;
  for (const { row, locale, texts, isConflict, keys } of wantedRows(before, files)) {
    if (!isConflict) continue;
    const [text] = texts;
    if (texts.size > 1 || text === undefined) {
      tell(`one text has several values in ${locale}, and none is taken: ${keys.join(", ")}. ${DISTINCT}`);
      continue;
    }
    const { warnings } = await store.approve({
      ...nameOf(row),
      ...{ targetLocale: locale, approvedText: text },
      ...(by !== undefined && { by }),
    });
    for (const { message } of warnings) tell(`${keys[0]}: the approved value is not like its source: ${message}`);
    count += 1;
  }
  if (count > 0) tell(`${countOf(count, "text")} approved as the files have them`);
  return count > 0;
}

const DISTINCT = "Name keys with another meaning under distinct in the configuration.";

function wantedRows(before: readonly PlannedFile[], files: readonly PlannedFile[]): Iterable<Wanted> {
  const rows = new Map<string, Wanted>();
  for (const [at, { target, messages }] of files.entries()) {
    for (const [place, message] of messages.entries()) {
      const standing = before[at]?.messages[place]?.standing;
      const { key, existing, isConflict = false } = message;
      if (existing === undefined || existing === "" || (standing?.author !== "person" && !isConflict)) continue;
      if (message.sharesWith !== undefined) continue;
      for (const { row, text } of textsOfRows(message, existing) ?? []) {
        const id = `${target.locale}\n${rowId(row)}`;
        const known = rows.get(id) ?? { row, locale: target.locale, texts: new Set(), isConflict: false, keys: [] };
        known.texts.add(text);
        known.keys.push(`${target.path}: ${key}`);
        known.isConflict ||= isConflict;
        rows.set(id, known);
      }
    }
  }
  return rows.values();
}
