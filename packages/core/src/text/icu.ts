/**
 * Reading an ICU message far enough to protect it: which arguments it has, and which stretches are words.
 *
 * Not a formatter's parser: it accepts what keeps its braces, and judges no category, skeleton or plural rule. One
 * pass, its own stack: a hostile nesting of a million braces neither recurses nor looks anything up twice.
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
  /** Of `{price, number, ::currency/USD}` the part after the second comma, trimmed; empty where there is none. */
  style: string;
  /** Of a plural, select or selectordinal: `one`, `=0`, `female`, … in order. Empty for every other type. */
  selectors: string[];
}

export interface IcuMessage {
  /** Every argument, outer before inner, as often as it occurs. */
  arguments: IcuArgument[];
  /** The literal text at every depth, in order; quoted braces and `#` are part of it. */
  literals: Span[];
}

const HEAD = /\{\s*([^\s{},]+)\s*(?:\}|,\s*([A-Za-z-]+)\s*([,}]))/y;
const OFFSET = /\s*offset:\s*[0-9]+/y;
const BRANCH = /\s*([^\s{},]+)\s*\{/y;
const CLOSE = /\s*\}/y;
const BRANCHING = new Set(["plural", "select", "selectordinal"]);

/** Reads a message; undefined where it is not one: unbalanced braces, or braces that hold no argument. */
export function parseIcu(text: string): IcuMessage | undefined {
  const message: IcuMessage = { arguments: [], literals: [] };
  const open: IcuArgument[] = [];
  let at = 0;
  for (;;) {
    const start = at;
    at = literalEnd(text, start);
    if (at > start) message.literals.push({ start, end: at });
    if (at === text.length) return open.length === 0 ? message : undefined;

    if (text[at] === "{") {
      const head = matchAt(HEAD, text, at);
      if (head === null) return undefined;
      const [, name = "", type = "", after] = head;
      const argument: IcuArgument = { name, type, style: "", selectors: [] };
      message.arguments.push(argument);
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
      if (matchAt(OFFSET, text, at) !== null) at = OFFSET.lastIndex;
    } else {
      at += 1; // the brace that ends a branch
    }

    // Between two branches of the innermost open argument: the next one opens, or the argument ends.
    const argument = open.at(-1);
    if (argument === undefined) return undefined; // a closing brace nobody opened
    const branch = matchAt(BRANCH, text, at);
    if (branch !== null) {
      argument.selectors.push(branch[1] ?? "");
      at = BRANCH.lastIndex;
    } else if (matchAt(CLOSE, text, at) !== null) {
      open.pop();
      at = CLOSE.lastIndex;
    } else {
      return undefined;
    }
  }
}

/** Where the literal text that starts at `at` ends: at a brace that is syntax, or at the end of the text. */
function literalEnd(text: string, at: number): number {
  let index = at;
  while (index < text.length) {
    const character = text[index];
    if (character === "{" || character === "}") return index;
    index = character === "'" ? quoteEnd(text, index) : index + 1;
  }
  return index;
}

/** After the apostrophe at `at`: it quotes only before a brace, and then up to the next single one or the end. */
function quoteEnd(text: string, at: number): number {
  const next = text[at + 1];
  if (next === "'") return at + 2;
  if (next !== "{" && next !== "}") return at + 1;
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
