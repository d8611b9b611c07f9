/** One translation of a store in memory, with its text and context. */
import type { TextFormat } from "../../contract/engine.ts";
import type { PriorityClass } from "../../contract/item.ts";
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

export interface Row {
  readonly key: TranslationKey;
  readonly content: Content;
  readonly context: Context | undefined;
  status: StoredStatus;
  priority: PriorityClass;
  revision: number;
  text: string | null;
  engine: string | null;
  model: string | null;
  /** Names of the warning checks that `text` failed. */
  flags: readonly string[];
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
