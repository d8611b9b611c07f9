/** One translation of a store in memory, with its text and context. */
import type { DeadLetter } from "../../contract/dead-letter.ts";
import type { TextFormat } from "../../contract/engine.ts";
import type { PriorityClass } from "../../contract/item.ts";
import type { HistoryEntry } from "../../contract/review.ts";
import type { StoredStatus, TranslationKey } from "../../contract/translation.ts";

export interface Content {
  readonly no: number;
  readonly sourceLocale: string;
  readonly text: string;
}

export interface Context {
  readonly no: number;
  readonly canonical: string | null;
  readonly format: TextFormat;
  readonly createdAt: number;
}

/** The fields of a row that an undo restores. */
export interface RowState {
  status: StoredStatus;
  text: string | null;
  engine: string | null;
  model: string | null;
  /** Names of the warning checks that `text` failed. */
  flags: readonly string[];
  approvedBy: string | null;
}

/** An entry of a row's history. */
export interface Act extends Omit<HistoryEntry, "undoneBy"> {
  readonly before: RowState;
  /** The open dead letter that the act closed. */
  readonly letter: Letter | undefined;
}

export interface Letter extends DeadLetter {
  readonly row: Row;
}

export interface Row extends RowState {
  readonly key: TranslationKey;
  readonly content: Content;
  readonly context: Context | undefined;
  priority: PriorityClass;
  revision: number;
  /** Its history, oldest entry first. It ends with the row. */
  readonly acts: Act[];
  /** While pending: the time from which it is not wanted any more. Milliseconds since the epoch; infinity: never. */
  expiresAt: number;
}

export function parseContext(context: Context | undefined): Record<string, unknown> | null {
  return context?.canonical ? JSON.parse(context.canonical) : null;
}

export function rowId({ contentNo, targetLocale, contextNo, project }: TranslationKey): string {
  return `${contentNo}/${targetLocale}/${contextNo}/${project}`;
}

export function compareKeys(one: TranslationKey, other: TranslationKey): number {
  return Number(one.contentNo) - Number(other.contentNo) || one.contextNo - other.contextNo;
}
