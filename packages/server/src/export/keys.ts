/**
 * The key of a text in a catalog, from its business id: the other direction of `trans-hub translate` and `import`, which register
 * `<file>#<key>` (docs/catalogs.md). An id without `#` is a key without a file.
 */
import { hash } from "node:crypto";

export interface ExportKey {
  /** Undefined: the id names no file. */
  readonly file: string | undefined;
  /** The path of the key: `cart.title` has two segments, `cart\.title` one. Never empty. */
  readonly path: readonly string[];
}

/** @param sourceText The source text, where the id ends in the hash of a key that was too long for it. */
export function exportKey(businessId: string, sourceText?: string): ExportKey {
  const mark = businessId.indexOf("#");
  const file = mark === -1 ? undefined : businessId.slice(0, mark);
  const key = businessId.slice(mark + 1);
  return { file, path: segments(sourceText === undefined ? key : wholeKey(key, sourceText)) };
}

/** Dots part segments. A dot in a segment is written `\.`, a backslash before one or before another backslash `\\`. */
function segments(key: string): string[] {
  if (!key.includes("\\")) return key.split(".");
  const path: string[] = [];
  let segment = "";
  for (let at = 0; at < key.length; at += 1) {
    const character = key[at];
    const next = key[at + 1];
    if (character === "\\" && (next === "." || next === "\\")) {
      segment += next;
      at += 1;
    } else if (character === ".") {
      path.push(segment);
      segment = "";
    } else segment += character;
  }
  return [...path, segment];
}

const CUT = /^(.*)~([0-9a-f]{16})$/s;
const ENDINGS = ["", "_zero", "_one", "_two", "_few", "_many", "_other"];

/**
 * A key that was cut and is the text itself, as keys in natural language are. Any other cut key stays as the id has it: the
 * store does not know the rest of it.
 */
function wholeKey(key: string, sourceText: string): string {
  const [, , digest] = CUT.exec(key) ?? [];
  const escaped = sourceText.replace(/[\\.]/g, "\\$&");
  const whole = ENDINGS.map((ending) => escaped + ending).find(
    (candidate) => hash("sha256", candidate, "hex").slice(0, 16) === digest,
  );
  return whole ?? key;
}

/**
 * The file that a namespace of a URL names: the whole name (`locales/en/common.json`), the name without its ending, or the last
 * parts of either (`common`, `en/common`). The more exact way wins.
 *
 * @returns None, one, or several files that the namespace names equally well.
 */
export function filesNamed(namespace: string, files: Iterable<string>): string[] {
  const all = [...files];
  const without = (file: string) => file.replace(/\.[^./]+$/, "");
  const ways: ((file: string) => boolean)[] = [
    (file) => file === namespace,
    (file) => without(file) === namespace,
    (file) => file.endsWith(`/${namespace}`),
    (file) => without(file).endsWith(`/${namespace}`),
  ];
  for (const isNamed of ways) {
    const named = all.filter(isNamed);
    if (named.length > 0) return named.sort();
  }
  return [];
}
