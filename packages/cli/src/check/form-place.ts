/** The place of one form of a plural: formats tell that of the family alone. */
import type { Catalog, Place } from "../catalog/catalog.ts";

/** The forms of a family stand together. */
const MAX_LINES = 200;

/**
 * The place where a file names a form of a family, at or behind the family's own place: `few:`, `quantity="few"`,
 * `<key>few</key>`, `msgstr[1]`, `"mail_few":`. The family's place where there is no such name.
 *
 * @param key The key of the form: `files[few]`, `mail_few`. Any other key has a place of its own.
 */
export function formPlace({ bytes }: Pick<Catalog, "bytes">, key: string, family: Place): Place {
  const [, form] =
    /\[([a-z0-9=]+)\]$|([\w-]+_(?:zero|one|two|few|many|other))$/.exec(key)?.filter((part) => part !== undefined) ?? [];
  if (form === undefined) return family;
  const name = new RegExp(
    `(?:^|["'\\s{,])${form}["']?\\s*:|quantity\\s*=\\s*["']${form}["']|<key>${form}</key>|^msgstr\\[${form}\\]`,
  );
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/, family.line + MAX_LINES);
  for (let at = family.line - 1; at < lines.length; at += 1) {
    const found = name.exec(lines[at] ?? "");
    if (found !== null) return { line: at + 1, column: found.index + 1 + (/^["'\s{,]/.test(found[0]) ? 1 : 0) };
  }
  return family;
}
