/**
 * Reads an ICU message far enough to protect it: its arguments, and the stretches that are words.
 *
 * It is no formatter's parser: it accepts every message whose braces balance, and judges no category, skeleton or plural
 * rule. One pass with a stack of its own: a hostile nesting of a million braces neither recurses nor is read twice.
 */

/** A stretch of a text, in UTF-16 units, `end` excluded. */
export interface Span {
  start: number;
  end: number;
}

export interface IcuArgument {
  name: string;
  /** `plural`, `number`, …; empty for a bare `{name}`. */
  type: string;
  /** The part after the second comma, trimmed: `::currency/USD` of `{price, number, ::currency/USD}`. Empty: none. */
  style: string;
  /** The branches of a plural, select or selectordinal, in order: `one`, `=0`, `female`. Empty for every other type. */
  selectors: string[];
  /** The content of each branch, in the order of the selectors. Empty for every other type. */
  branches: IcuPart[][];
}

/** One part of a message or of a branch: literal text (a stretch of the message), or an argument. */
export type IcuPart = Span | IcuArgument;

export interface IcuMessage {
  /** Every argument, outer before inner, each as often as it occurs. */
  arguments: IcuArgument[];
  /** The literal text at every depth, in order; quoted braces and `#` are part of it. */
  literals: Span[];
  /** The outermost parts, in order. */
  parts: IcuPart[];
  /** How deep arguments with branches stand in each other. 0: none has branches. */
  depth: number;
}

const HEAD = /\{\s*([^\s{},]+)\s*(?:\}|,\s*([A-Za-z-]+)\s*([,}]))/y;
const OFFSET = /\s*offset:\s*[0-9]+/y;
const BRANCH = /\s*([^\s{},]+)\s*\{/y;
const CLOSE = /\s*\}/y;
const BRANCHING = new Set(["plural", "select", "selectordinal"]);

/** Reads a message. Undefined: the braces do not balance, or hold no argument. */
export function parseIcu(text: string): IcuMessage | undefined {
  const message: IcuMessage = { arguments: [], literals: [], parts: [], depth: 0 };
  const open: IcuArgument[] = [];
  let openPlurals = 0;
  let at = 0;
  for (;;) {
    const start = at;
    const parent = open.at(-1);
    const parts = parent === undefined ? message.parts : (parent.branches.at(-1) ?? message.parts);
    at = literalEnd(text, start, openPlurals > 0);
    if (at > start) {
      message.literals.push({ start, end: at });
      parts.push({ start, end: at });
    }
    if (at === text.length) return open.length === 0 ? message : undefined;

    if (text[at] === "{") {
      const head = matchAt(HEAD, text, at);
      if (head === null) return undefined;
      const [, name = "", type = "", after] = head;
      const argument: IcuArgument = { name, type, style: "", selectors: [], branches: [] };
      message.arguments.push(argument);
      parts.push(argument);
      at = HEAD.lastIndex;
      if (after !== ",") continue;
      if (!BRANCHING.has(type)) {
        const end = styleEnd(text, at);
        if (end === undefined) return undefined;
        argument.style = text.slice(at, end).trim();
        at = end + 1;
        continue;
      }
      open.push(argument);
      if (type !== "select") openPlurals += 1;
      message.depth = Math.max(message.depth, open.length);
      if (matchAt(OFFSET, text, at) !== null) at = OFFSET.lastIndex;
    } else {
      at += 1; // the brace that ends a branch
    }

    // Between two branches of the innermost open argument: the next one opens, or the argument ends.
    const argument = open.at(-1);
    if (argument === undefined) return undefined; // a closing brace without an opening one
    const branch = matchAt(BRANCH, text, at);
    if (branch !== null) {
      argument.selectors.push(branch[1] ?? "");
      argument.branches.push([]);
      at = BRANCH.lastIndex;
    } else if (matchAt(CLOSE, text, at) !== null) {
      open.pop();
      if (argument.type !== "select") openPlurals -= 1;
      at = CLOSE.lastIndex;
    } else {
      return undefined;
    }
  }
}

/** The end of the literal text that starts at `at`: a brace that is syntax, or the end of the text. */
function literalEnd(text: string, at: number, isInPlural: boolean): number {
  let index = at;
  while (index < text.length) {
    const character = text[index];
    if (character === "{" || character === "}") return index;
    if (character === "'") index = quoteEnd(text, index, isInPlural ? "{}#" : "{}");
    else index = (character === "<" && xliffTagEnd(text, index)) || index + 1;
  }
  return index;
}

const XLIFF_TAG = /<(?:x|ph|pc|g|bx|ex|bpt|ept|it|sc|ec)\s[^<>]*>/y;

/**
 * The place after the inline element of XLIFF at `at`, which may show program text with braces in an attribute. Undefined: none
 * begins here.
 */
export function xliffTagEnd(text: string, at: number): number | undefined {
  return matchAt(XLIFF_TAG, text, at) === null ? undefined : XLIFF_TAG.lastIndex;
}

/**
 * The place after the apostrophe at `at` and the text that it quotes. An apostrophe quotes only before a sign of the syntax,
 * up to the next single apostrophe or the end.
 *
 * @param signs Those that it quotes: braces, in a plural `#`, where tags are read `<` and `>`.
 */
export function quoteEnd(text: string, at: number, signs = "{}"): number {
  const next = text[at + 1];
  if (next === "'") return at + 2;
  if (next === undefined || !signs.includes(next)) return at + 1;
  let close = text.indexOf("'", at + 1);
  while (close !== -1 && text[close + 1] === "'") close = text.indexOf("'", close + 2);
  return close === -1 ? text.length : close + 1;
}

/** The brace that ends an argument whose style starts at `at`. A skeleton may hold braces of its own. */
function styleEnd(text: string, at: number): number | undefined {
  let depth = 0;
  for (let index = at; index < text.length; ) {
    const character = text[index];
    if (character === "{") depth += 1;
    if (character === "}") {
      if (depth === 0) return index;
      depth -= 1;
    }
    index = character === "'" ? quoteEnd(text, index) : index + 1;
  }
  return undefined;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
