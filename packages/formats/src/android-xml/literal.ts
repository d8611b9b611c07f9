/**
 * The text of an Android string resource, in both directions (developer.android.com, "String resources"): a backslash
 * escapes, white space collapses outside double quotes, `@` and `?` at the front are references.
 */
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t" };

/** The text that the program shows for a literal whose XML entities are resolved. */
export function fromAndroid(literal: string): string {
  let text = "";
  let isQuoted = false;
  let pendingSpace = false;
  const add = (characters: string) => {
    if (pendingSpace && text !== "") text += " ";
    pendingSpace = false;
    text += characters;
  };
  for (let at = 0; at < literal.length; at += 1) {
    const character = literal[at] ?? "";
    if (character === "\\") {
      const code = /^u([0-9A-Fa-f]{4})/.exec(literal.slice(at + 1, at + 6))?.[1];
      const next = literal[at + 1] ?? "";
      add(code === undefined ? (ESCAPES[next] ?? next) : String.fromCharCode(Number.parseInt(code, 16)));
      at += code === undefined ? 1 : 5;
    } else if (character === '"') {
      isQuoted = !isQuoted;
      if (isQuoted) add("");
    } else if (!isQuoted && /[ \t\r\n]/.test(character)) pendingSpace = true;
    else add(character);
  }
  return text;
}

/**
 * A text as a literal, without XML's entities, in the habit of the literal that it replaces: quoted as a whole, or with
 * `\u2026` for the characters that stand so there.
 */
export function toAndroid(text: string, present: string): string {
  const written = new Map<string, string>();
  for (const [sequence, code = ""] of present.matchAll(/\\u([0-9A-Fa-f]{4})/g)) {
    written.set(String.fromCharCode(Number.parseInt(code, 16)), sequence);
  }
  const isQuoted = /^\s*"(?:\\[\s\S]|[^"\\])*"\s*$/.test(present);
  let literal = "";
  for (const [at, character] of [...text].entries()) {
    const unicode = written.get(character);
    if (unicode !== undefined) literal += unicode;
    else if (character === "\n") literal += "\\n";
    else if (character === "\t") literal += "\\t";
    else if (character === '"' || character === "\\") literal += `\\${character}`;
    else if (character === "'" && !isQuoted) literal += "\\'";
    else if (at === 0 && (character === "@" || character === "?")) literal += `\\${character}`;
    else literal += character;
  }
  literal = escapedForXml(literal);
  const needsQuotes = /^ | $| {2}/.test(text) && !isQuoted;
  return isQuoted || needsQuotes ? `"${literal}"` : literal;
}

/** XML forbids most control characters, and makes a line feed of a carriage return. */
function escapedForXml(literal: string): string {
  return literal.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those that are to be escaped
    /[\x00-\x08\x0b-\x1f\ufffe]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The same for CDATA, which holds HTML: its quotes and its white space are the HTML's own. */
export function fromCdata(literal: string): string {
  return literal.replace(/\\(?:u([0-9A-Fa-f]{4})|([\s\S]))/g, (_, code?: string, character = "") =>
    code === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** A quote of either kind is escaped where the present literal escapes it, an apostrophe also where it has none. */
export function toCdata(text: string, present: string): string {
  const isBare = (quote: string) => new RegExp(`(?<!\\\\)${quote}`).test(present);
  const keepsApostrophe = isBare("'");
  const escapesQuote = present.includes('\\"') && !isBare('"');
  const escaped = text.replace(/\\|'|"/g, (character) => {
    if (character === "'" && keepsApostrophe) return character;
    if (character === '"' && !escapesQuote) return character;
    return `\\${character}`;
  });
  return escapedForXml(escaped);
}
