/** String literals of PHP, in the habit of the literal that they replace. */

const ESCAPED: Readonly<Record<string, string>> = {
  ...{ n: "\n", t: "\t", r: "\r", v: "\v", e: "\x1b", f: "\f", "\\": "\\", $: "$", '"': '"' },
};
const SEQUENCE = /\\(?:x([\dA-Fa-f]{1,2})|u\{([\dA-Fa-f]{1,6})\}|([0-7]{1,3})|([\s\S]))/g;

/** The characters of a literal in single or double quotes. Undefined: it holds bytes that are no characters. */
export function unquoted(literal: string): string | undefined {
  const body = literal.slice(1, -1);
  if (literal.startsWith("'")) return body.replace(/\\([\\'])/g, "$1");
  let isText = true;
  const text = body.replace(SEQUENCE, (whole, hex, point, octal, character) => {
    if (character !== undefined) return ESCAPED[character] ?? whole;
    const code = Number.parseInt(hex ?? point ?? octal, octal === undefined ? 16 : 8);
    if (code > 0x10ffff || (point === undefined && code > 0x7f)) isText = false;
    return isText ? String.fromCodePoint(code) : whole;
  });
  return isText ? text : undefined;
}

/** @param present The literal that is replaced or modelled on. */
export function quoted(text: string, present: string): string {
  const keepsLines = /[\r\n]/.test(present);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are the subject
  const needsEscapes = /[\x00-\x1f\x7f]/.test(keepsLines ? text.replaceAll("\n", "") : text);
  if (!present.startsWith('"') && !needsEscapes) {
    const escapesAll = /\\\\(?!'$)/.test(present) && !present.replace(/\\[\\']/g, "").includes("\\");
    return `'${text.replace(escapesAll ? /[\\']/g : /'|\\(?=['\\]|$)/g, "\\$&")}'`;
  }
  const habits = new Map<string, string>();
  if (present.startsWith('"')) {
    for (const [sequence] of present.matchAll(SEQUENCE)) {
      const character = unquoted(`"${sequence}"`);
      if (character !== undefined && character !== sequence) habits.set(character, sequence);
    }
  }
  let literal = "";
  const characters = [...text];
  for (const [at, character] of characters.entries()) {
    const habit = habits.get(character);
    if (habit !== undefined) literal += habit;
    else if (character === "$")
      literal += /[A-Za-z_{\u0080-\uffff]/.test(characters[at + 1] ?? "") || literal.endsWith("{") ? "\\$" : "$";
    else if (character === "\n" && keepsLines) literal += "\n";
    else literal += WRITTEN[character] ?? escapedControl(character);
  }
  return `"${literal}"`;
}

const WRITTEN: Readonly<Record<string, string>> = {
  ...{ '"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r" },
};

function escapedControl(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, "0")}` : character;
}
