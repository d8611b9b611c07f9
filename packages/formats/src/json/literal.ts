/** Texts as JSON strings, in the habits of a file: which characters it escapes, and how. */

/** The escapes of one character each that a text has beyond those which JSON demands. */
export type Escapes = ReadonlyMap<string, string>;

export interface EscapeHabits {
  /** The characters that the file never has without an escape, although it could. */
  readonly escapes: Escapes;
  /** Whether it escapes every character beyond ASCII. */
  readonly isAscii: boolean;
  /** Whether hexadecimal digits are small letters. */
  readonly isLowerCase: boolean;
}

/** Two escapes of one character belong together: half of it without an escape is no character. */
const ESCAPED = /\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\(?:u([0-9a-fA-F]{4})|(.))/gs;

/** The escapes of a literal that `JSON.stringify` would not make. */
function escapesIn(literal: string): Map<string, string> {
  const escapes = new Map<string, string>();
  if (!literal.includes("\\u") && !literal.includes("\\/")) return escapes;
  for (const [written, high, low, unit, short] of literal.matchAll(ESCAPED)) {
    const units = [high, low, unit].flatMap((hex) => (hex === undefined ? [] : Number.parseInt(hex, 16)));
    if (units.length > 0) escapes.set(String.fromCharCode(...units), written);
    else if (short === "/") escapes.set("/", written);
  }
  return escapes;
}

/** The habits of a whole file. */
export function escapeHabits(text: string): EscapeHabits {
  const found = escapesIn(text);
  const isAscii = !/[^\p{ASCII}]/u.test(text) && [...found.keys()].some((character) => character > "\x7f");
  const escapes = [...found].filter(([character]) => !standsPlain(text, character));
  return { escapes: new Map(escapes), isAscii, isLowerCase: !/\\u[0-9a-f]*[A-F]/.test(text) };
}

function standsPlain(text: string, character: string): boolean {
  if (character === '"' || character === "\\" || character < " ") return true;
  return character === "/" ? /[^\\]\//.test(text) : text.includes(character);
}

/**
 * A text as a literal.
 *
 * @param like The literal that it replaces: its escapes go before those of the file.
 */
export function toLiteral(text: string, habits: EscapeHabits, like = ""): string {
  const own = escapesIn(like);
  const isAscii = habits.isAscii && !/[^\p{ASCII}]/u.test(like);
  const isPlain = (character: string) => like.includes(character) && !own.has(character);
  if (own.size === 0 && habits.escapes.size === 0 && !isAscii) return JSON.stringify(text);
  let literal = '"';
  for (const character of text) {
    const habit = own.get(character) ?? (isPlain(character) ? undefined : habits.escapes.get(character));
    if (habit !== undefined) literal += habit;
    else if (isAscii && character > "\x7f") literal += unicodeEscapes(character, habits.isLowerCase);
    else if (isLoneSurrogate(character) || character < " " || character === '"' || character === "\\") {
      literal += JSON.stringify(character).slice(1, -1);
    } else literal += character;
  }
  return `${literal}"`;
}

function unicodeEscapes(character: string, isLowerCase: boolean): string {
  return character
    .split("")
    .map((unit) => {
      const hex = unit.charCodeAt(0).toString(16).padStart(4, "0");
      return `\\u${isLowerCase ? hex : hex.toUpperCase()}`;
    })
    .join("");
}

function isLoneSurrogate(character: string): boolean {
  return character.length === 1 && character >= "\ud800" && character <= "\udfff";
}
