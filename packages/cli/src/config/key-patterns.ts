/**
 * Patterns over the keys of texts: `brand.*`, `legal.**`, `{title,name}`.
 *
 * A key is read in segments between its dots; `\.` is a dot within a segment. `*` stands for any part of one segment, `?`
 * for one character of it, `**` for any part of the key with its dots, `{a,b}` for one of several. `\` before a character
 * takes its meaning away. A pattern stands for whole keys.
 */

/** Whether some of the patterns stands for a key. */
export type KeyMatcher = (key: string) => boolean;

/** @throws {SyntaxError} A pattern is empty, or a brace in it has no partner. */
export function keyMatcher(patterns: readonly string[]): KeyMatcher {
  if (patterns.length === 0) return () => false;
  const expressions = patterns.map((pattern) => new RegExp(`^(?:${expressionOf(pattern)})$`, "su"));
  return (key) => {
    const read = separated(key);
    return expressions.some((expression) => expression.test(read));
  };
}

/** The fault of a pattern, as the end of a sentence; undefined: it has none. */
export function keyPatternProblem(pattern: string): string | undefined {
  try {
    expressionOf(pattern);
    return undefined;
  } catch (error) {
    return (error as SyntaxError).message;
  }
}

/** Stands between the segments, where no key has it. */
const SEPARATOR = "\u{10FFFF}";

/** A key with its segments apart, and their escapes gone. */
function separated(key: string): string {
  return key.replace(/\\(.)|\./gsu, (_, escaped: string | undefined) => escaped ?? SEPARATOR);
}

function expressionOf(pattern: string): string {
  if (pattern === "") throw new SyntaxError("is empty");
  let [expression, depth] = ["", 0];
  for (const [token, escaped] of pattern.matchAll(/\\(.)|\*{2,}|./gsu)) {
    if (escaped !== undefined) expression += literal(escaped);
    else if (token.startsWith("**")) expression += ".*";
    else if (token === "*") expression += `[^${SEPARATOR}]*`;
    else if (token === "?") expression += `[^${SEPARATOR}]`;
    else if (token === ".") expression += SEPARATOR;
    else if (token === "{") [expression, depth] = [`${expression}(?:`, depth + 1];
    else if (token === "}" && depth > 0) [expression, depth] = [`${expression})`, depth - 1];
    else if (token === "," && depth > 0) expression += "|";
    else expression += literal(token);
  }
  if (depth > 0) throw new SyntaxError("has a { without its }; a brace that stands for itself is \\{");
  return expression;
}

function literal(character: string): string {
  return character.replace(/[$()*+.?[\\\]^{|}]/u, String.raw`\$&`);
}
