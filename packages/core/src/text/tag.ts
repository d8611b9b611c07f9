import { ELEMENTS, VOID_ELEMENTS } from "./elements.ts";

/** One HTML or XML tag, in a form in which two spellings of the same tag are equal. */

/** Attributes whose value people read. A translation may change the value, not the attribute. */
const TRANSLATABLE = new Set(["title", "alt", "placeholder", "aria-label"]);

/** The inline elements of XLIFF. Their `id` identifies them; the other attributes describe the source. */
const XLIFF = new Set("x ph pc g bx ex bpt ept it mrk sc ec sm".split(" "));

/** Elements that take attributes without a value (`<input disabled>`). `<your name>` must not be read as one of them. */
const TAKES_BARE_ATTRIBUTES = new Set(
  "a audio button details dialog fieldset form iframe img input ol option script select textarea track video".split(
    " ",
  ),
);

export interface Tag {
  /** Name, closing mark and attributes, sorted; without white space and without values that people read. */
  canonical: string;
  /** {@link ProtectedToken.lenient} of a tag, but for a word that the whole text shows to be one. */
  lenient?: string;
  /** The name, where it may be a word in angle brackets: it is no element of HTML, and has neither attributes nor a slash. */
  word?: string;
  /** The values that people read, unchanged. */
  readable: string[];
}

const ATTRIBUTE = /([^\s=/"'<>]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>]+))?|\//g;

/**
 * Reads a tag that {@link syntax.ts} found by its shape.
 *
 * @returns undefined for words in angle brackets, such as `<your name>` or `<3 of us>`.
 */
export function readTag(text: string): Tag | undefined {
  const head = /^<(\/?)([A-Za-z0-9][A-Za-z0-9:._-]*)/.exec(text);
  if (head === null) return undefined;
  const [, closing = "", name = ""] = head;
  const rest = text.slice(head[0].length, -1);
  const selfClosing = rest.endsWith("/");

  const attributes: string[] = [];
  const readable: string[] = [];
  let id: string | undefined;
  let bareCount = 0;
  for (const [, attribute, quoted] of (selfClosing ? rest.slice(0, -1) : rest).matchAll(ATTRIBUTE)) {
    if (attribute === undefined) continue;
    if (quoted === undefined) {
      attributes.push(attribute);
      if (!/[{}%$]/.test(attribute)) bareCount += 1;
      continue;
    }
    const value = /^["']/.test(quoted) ? quoted.slice(1, -1) : quoted;
    if (attribute === "id") id = value;
    const isReadable = TRANSLATABLE.has(attribute.toLowerCase());
    if (isReadable) readable.push(value);
    attributes.push(`${attribute}=${isReadable ? "" : value}`);
  }

  const onlyBare = attributes.length > 0 && bareCount === attributes.length;
  if (onlyBare && !TAKES_BARE_ATTRIBUTES.has(name.toLowerCase())) return undefined;
  if (attributes.length > 0 && /^[0-9]/.test(name)) return undefined;
  const element = name.toLowerCase();
  const end = selfClosing && !VOID_ELEMENTS.has(element) ? "/" : "";
  const canonical = `<${closing}${[name, ...attributes.sort()].join(" ")}${end}>`;
  // Android's builds take `xliff:g` out: it tells translators what a placeholder is.
  if ((element === "br" && closing === "") || element === "xliff:g") return { canonical, lenient: "", readable };
  if (id !== undefined && XLIFF.has(name)) return { canonical, lenient: `<${name} id=${id}${end}>`, readable };
  const isPlain = closing === "" && !selfClosing && attributes.length === 0;
  const mayBeWord = isPlain && !ELEMENTS.has(element) && /^[A-Za-z]/.test(name);
  return { canonical, readable, ...(mayBeWord && { word: name }) };
}
