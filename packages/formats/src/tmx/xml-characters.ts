/** Characters that XML 1.0 cannot hold, not even as a reference. */

const ILLEGAL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** The name of the first such character of a text, such as `U+001B`. Undefined: there is none. */
export function illegalXmlCharacter(text: string): string | undefined {
  const [found] = ILLEGAL.exec(text) ?? [];
  return found === undefined ? undefined : nameOfCharacter(found.charCodeAt(0));
}

export function nameOfCharacter(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
