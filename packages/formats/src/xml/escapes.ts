/** XML's escapes, in both directions. */

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The characters that a text written as an XML literal stands for. */
export function decodeXml(literal: string): string {
  if (!literal.includes("&")) return literal;
  // Many entities in a long text: a call for each takes ten times as long, and twice the memory.
  if (!literal.includes("&#")) {
    const most = literal
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&apos;", "'");
    return most.replaceAll("&amp;", "&");
  }
  return literal.replace(
    /&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));/g,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return NAMED[name] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** The characters of a literal that are looked at for its habits. */
const HABIT_LENGTH = 65_536;

/**
 * A text as an XML literal, in the habit of the literal that it replaces: what is an entity there (`&gt;`, `&#160;`) is one
 * again, and what is not stays a character.
 */
export function encodeXml(text: string, present: string): string {
  if (!present.includes("&") && !/[&<\r]|\]\]>/.test(text)) return text;
  const entities = new Map([
    ["&", "&amp;"],
    ["<", "&lt;"],
    ["\r", "&#13;"],
  ]);
  for (const [entity] of present.slice(0, HABIT_LENGTH).matchAll(/&(?:#[xX]?[0-9A-Fa-f]+|[a-z]+);/g)) {
    const character = decodeXml(entity);
    if ([...character].length === 1) entities.set(character, entity);
  }
  const escaped = [...entities.keys()].map((character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  const encoded = text.replace(
    new RegExp(`[${escaped.join("")}]`, "gu"),
    (character) => entities.get(character) ?? character,
  );
  return encoded.replaceAll("]]>", "]]&gt;");
}

/**
 * A text as the content of an element without elements, in the habit of the content that it replaces: its entities, its CDATA
 * section.
 *
 * @param lineEnd The file's.
 */
export function textLiteral(value: string, present: string, lineEnd: string): string {
  const withLineEnds = (literal: string) => (lineEnd === "\n" ? literal : literal.replaceAll("\n", lineEnd));
  const isCdata = present.startsWith("<![CDATA[") && present.indexOf("]]>") === present.length - 3;
  if (isCdata && !/\]\]>|\r/.test(value)) return `<![CDATA[${withLineEnds(value)}]]>`;
  return withLineEnds(encodeXml(value, present.replace(/<[^<>]*>/g, "")));
}
