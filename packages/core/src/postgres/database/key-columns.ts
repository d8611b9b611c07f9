import type { TranslationKey } from "../../contract/translation.ts";

/** Keys of rows as the columns of a statement: content, locale, context, project. */
export function keyColumns(keys: readonly TranslationKey[]): [string[], string[], number[], string[]] {
  return [
    keys.map(({ contentNo }) => contentNo),
    keys.map(({ targetLocale }) => targetLocale),
    keys.map(({ contextNo }) => contextNo),
    keys.map(({ project }) => project),
  ];
}
