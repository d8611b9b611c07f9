/** Strings of TOML, in the style of the literal that they replace. */

export type TomlStyle = "basic" | "literal" | "basic-lines" | "literal-lines";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are the subject
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/;
const ESCAPES: Readonly<Record<string, string>> = {
  ...{ "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\" },
};
const NAMED: Readonly<Record<string, string>> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", e: "\x1b" };

/** @param present The literal that is replaced or modelled on. */
export function quoted(text: string, style: TomlStyle, present: string, lineEnd: string): string {
  const isLiteral = style === "literal" || style === "literal-lines";
  const isLines = (style === "basic-lines" || style === "literal-lines") && !text.includes("\r");
  if (isLines) {
    // The line end behind the opening quotes is no part of the text.
    const lead = /^(?:"""|''')\r?\n/.test(present) || text.startsWith("\n") ? lineEnd : "";
    const lines = (body: string) => lead + body.replaceAll("\n", lineEnd);
    if (isLiteral && !CONTROL.test(text) && !text.includes("'''") && !text.endsWith("'")) return `'''${lines(text)}'''`;
    const escaped = escapedText(text, present, /[\n\t"]/).replace(/"(?="")|"$/g, '\\"');
    return `"""${lines(escaped)}"""`;
  }
  if (isLiteral && !CONTROL.test(text) && !/['\n]/.test(text)) return `'${text}'`;
  return `"${escapedText(text, present)}"`;
}

/** The characters that stand escaped in the present literal are escaped again in the same way. */
function escapedText(text: string, present: string, raw?: RegExp): string {
  const habits = new Map<string, string>();
  if (present.startsWith('"')) {
    for (const [sequence, short, long, name = ""] of present.matchAll(
      /\\(?:u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|([btnfre"\\]))/g,
    )) {
      const code = short ?? long;
      const point = code === undefined ? undefined : Number.parseInt(code, 16);
      if (point === undefined) habits.set(NAMED[name] ?? name, sequence);
      else if (point <= 0x10ffff) habits.set(String.fromCodePoint(point), sequence);
    }
  }
  let literal = "";
  for (const character of text) {
    const habit = habits.get(character);
    if (raw?.test(character)) literal += character;
    else if (habit !== undefined) literal += habit;
    else if (ESCAPES[character] !== undefined) literal += ESCAPES[character];
    else if (CONTROL.test(character)) literal += `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    else literal += character;
  }
  return literal;
}
