/**
 * Identity of texts, computed exactly like the SQL functions for it.
 *
 * Identity in the store is made by SQL alone. This twin is for keys in the memory of one process: for the read cache,
 * and for finding duplicates before they are sent.
 */
import { hash } from "node:crypto";

/**
 * The public identity of a text: a uuid of the first 16 bytes of SHA-256 over source locale, U+0000 and text, in UTF-8.
 *
 * @param sourceLocale In canonical form, or `und`.
 * @param text Well-formed: without half a surrogate pair, which UTF-8 cannot hold.
 */
export function contentId(sourceLocale: string, text: string): string {
  return uuidOf(`${sourceLocale}\0${text}`);
}

/**
 * The identity of a context together with the declared format. Undefined: neither is given.
 *
 * @param canonical The context's canonical JSON (`normalizeContext`); null: none.
 * @param format A `TextFormat`; `auto` counts as not given.
 */
export function contextKey(canonical: string | null, format: string): string | undefined {
  if (canonical === null && format === "auto") return undefined;
  return uuidOf(`${canonical ?? ""}\0${format}`);
}

function uuidOf(text: string): string {
  const hex = hash("sha256", text, "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
