/** One HTML or XML tag, in a form in which two spellings of the same tag are equal. */

/** Attributes whose value people read. A translation may change the value, not the attribute. */
const TRANSLATABLE = new Set(["title", "alt", "placeholder", "aria-label"]);

/** Elements without content: `<br>` and `<br/>` are the same tag. */
const VOID = new Set("area base br col embed hr img input link meta source track wbr".split(" "));

/** Elements that take attributes without a value (`<input disabled>`). `<your name>` must not be read as one of them. */
const TAKES_BARE_ATTRIBUTES = new Set(
  "a audio button details dialog fieldset form iframe img input ol option script select textarea track video".split(
    " ",
  ),
);

export interface Tag {
  /** Name, closing mark and attributes, sorted; without white space and without values that people read. */
  canonical: string;
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
  let bareCount = 0;
  for (const [, attribute, quoted] of (selfClosing ? rest.slice(0, -1) : rest).matchAll(ATTRIBUTE)) {
    if (attribute === undefined) continue;
    if (quoted === undefined) {
      attributes.push(attribute);
      if (!/[{}%$]/.test(attribute)) bareCount += 1;
      continue;
    }
    const value = /^["']/.test(quoted) ? quoted.slice(1, -1) : quoted;
    const isReadable = TRANSLATABLE.has(attribute.toLowerCase());
    if (isReadable) readable.push(value);
    attributes.push(`${attribute}=${isReadable ? "" : value}`);
  }

  const onlyBare = attributes.length > 0 && bareCount === attributes.length;
  if (onlyBare && !TAKES_BARE_ATTRIBUTES.has(name.toLowerCase())) return undefined;
  if (attributes.length > 0 && /^[0-9]/.test(name)) return undefined;
  const end = selfClosing && !VOID.has(name.toLowerCase()) ? "/" : "";
  return { canonical: `<${closing}${[name, ...attributes.sort()].join(" ")}${end}>`, readable };
}
