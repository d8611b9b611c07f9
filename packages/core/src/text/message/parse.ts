/**
 * Reads an ICU message into parts that can be taken apart and printed again.
 *
 * One pass with a stack of its own: hostile nesting neither recurses nor is read twice. What is read here is printed by
 * {@link print.ts}, so every part keeps its spelling of the source.
 */
import { xliffTagEnd } from "../icu.ts";

/** The argument that chooses between the branches of a message. Equal for every place that chooses in the same way. */
export interface Selector {
  argument: string;
  kind: "cardinal" | "ordinal" | "select";
  /** The number that is subtracted before the plural category is chosen and `#` is shown. 0 for most. */
  offset: number;
  /** Every key that a branch has at any place: `one`, `=0`, `female`. In order of appearance. */
  keys: Set<string>;
}

export type Part =
  /** Words as a reader sees them: without quoting. */
  | { kind: "text"; text: string }
  /** A quoted stretch that holds syntax: `'{'`. */
  | { kind: "quoted"; text: string; source: string }
  | { kind: "argument"; name: string; source: string }
  /** An inline element of XLIFF. */
  | { kind: "element"; source: string }
  /** The `#` of a plural. */
  | { kind: "number"; selector: Selector }
  | Choice;

export interface Choice {
  kind: "choice";
  selector: Selector;
  branches: Map<string, Part[]>;
}

export interface MessageParts {
  parts: Part[];
  /** In order of appearance. Empty: the message has no plural and no select. */
  selectors: Selector[];
  /** Whether the source writes every apostrophe twice, as formatters of Java want it. */
  doublesApostrophes: boolean;
}

/** Deeper nesting is no message of a person; formatters recurse, and so do the functions that walk the parts. */
const MAX_DEPTH = 40;

const HEAD = /\{\s*([^\s{},]+)\s*(?:\}|,\s*([A-Za-z-]+)\s*([,}]))/y;
const OFFSET = /\s*offset:\s*([0-9]+)/y;
const BRANCH = /\s*([^\s{},]+)\s*\{/y;
const CLOSE = /\s*\}/y;
const KINDS: ReadonlyMap<string, Selector["kind"]> = new Map([
  ["plural", "cardinal"],
  ["selectordinal", "ordinal"],
  ["select", "select"],
]);

/**
 * Reads a message. Undefined: it is none that a formatter reads (its braces do not balance, a branch `other` is missing
 * or one stands twice), or it is nested deeper than 40 levels.
 */
export function parseMessage(source: string): MessageParts | undefined {
  const root: Part[] = [];
  const selectors = new Map<string, Selector>();
  const open: { choice: Choice; parts: Part[] }[] = [];
  let single = false;
  let doubled = false;
  let at = 0;

  for (;;) {
    const inner = open.at(-1);
    const parts = inner?.parts ?? root;
    const plural = inner !== undefined && inner.choice.selector.kind !== "select" ? inner.choice.selector : undefined;
    let text = "";
    const endText = () => {
      if (text !== "") parts.push({ kind: "text", text });
      text = "";
    };
    while (at < source.length && source[at] !== "{" && source[at] !== "}") {
      const character = source[at] as string;
      if (character === "#" && plural !== undefined) {
        endText();
        parts.push({ kind: "number", selector: plural });
        at += 1;
      } else if (character === "<" && xliffTagEnd(source, at) !== undefined) {
        endText();
        const end = xliffTagEnd(source, at) ?? at;
        parts.push({ kind: "element", source: source.slice(at, end) });
        at = end;
      } else if (character !== "'") {
        text += character;
        at += 1;
      } else if (source[at + 1] === "'") {
        doubled = true;
        text += "'";
        at += 2;
      } else {
        const end = quoteEnd(source, at, plural !== undefined);
        if (end === at + 1) {
          single = true;
          text += "'";
        } else {
          endText();
          const quoted = source.slice(at, end);
          const content = (isClosed(quoted) ? quoted.slice(1, -1) : quoted.slice(1)).replaceAll("''", "'");
          parts.push({ kind: "quoted", text: content, source: quoted });
        }
        at = end;
      }
    }
    endText();
    if (at === source.length) {
      if (open.length > 0) return undefined;
      return { parts: root, selectors: [...selectors.values()], doublesApostrophes: doubled && !single };
    }

    let choice = inner?.choice;
    if (source[at] === "{") {
      const start = at;
      const head = matchAt(HEAD, source, at);
      if (head === null) return undefined;
      const [, name = "", type = "", after] = head;
      at = HEAD.lastIndex;
      const kind = KINDS.get(type);
      if (after !== "," || kind === undefined) {
        if (after === "," || kind !== undefined) {
          const end = after === "," ? styleEnd(source, at) : undefined;
          if (end === undefined) return undefined;
          at = end + 1;
        }
        parts.push({ kind: "argument", name, source: source.slice(start, at) });
        continue;
      }
      let offset = 0;
      const shift = kind === "select" ? null : matchAt(OFFSET, source, at);
      if (shift !== null) {
        offset = Number(shift[1]);
        at = OFFSET.lastIndex;
      }
      const id = JSON.stringify([name, kind, offset]);
      const selector = selectors.get(id) ?? { argument: name, kind, offset, keys: new Set() };
      selectors.set(id, selector);
      choice = { kind: "choice", selector, branches: new Map() };
      parts.push(choice);
      open.push({ choice, parts: [] });
      if (open.length > MAX_DEPTH) return undefined;
    } else {
      at += 1; // the brace that ends a branch
    }

    // Between two branches of the innermost open choice: the next one opens, or the choice ends.
    if (choice === undefined) return undefined;
    const branch = matchAt(BRANCH, source, at);
    if (branch !== null) {
      const key = branch[1] ?? "";
      if (choice.branches.has(key)) return undefined;
      choice.selector.keys.add(key);
      const branchParts: Part[] = [];
      choice.branches.set(key, branchParts);
      open[open.length - 1] = { choice, parts: branchParts };
      at = BRANCH.lastIndex;
    } else if (matchAt(CLOSE, source, at) !== null && choice.branches.has("other")) {
      open.pop();
      at = CLOSE.lastIndex;
    } else {
      return undefined;
    }
  }
}

/** The place after the apostrophe at `at` and the text that it quotes. */
function quoteEnd(source: string, at: number, inPlural: boolean): number {
  const next = source[at + 1];
  const quotes = next === "{" || next === "}" || (next === "#" && inPlural);
  // Formatters without tags read an apostrophe before a tag as one, so it quotes only where the quote also ends.
  const quotesTag = next === "<" || next === ">";
  if (!quotes && !quotesTag) return at + 1;
  let close = source.indexOf("'", at + 1);
  while (close !== -1 && source[close + 1] === "'") close = source.indexOf("'", close + 2);
  if (close !== -1) return close + 1;
  return quotes ? source.length : at + 1;
}

function isClosed(quoted: string): boolean {
  const apostrophes = /'+$/.exec(quoted.slice(1));
  return apostrophes !== null && apostrophes[0].length % 2 === 1;
}

/** The brace that ends an argument whose style starts at `at`. A skeleton may hold braces of its own. */
function styleEnd(source: string, at: number): number | undefined {
  let depth = 0;
  for (let index = at; index < source.length; ) {
    const character = source[index];
    if (character === "{") depth += 1;
    if (character === "}") {
      if (depth === 0) return index;
      depth -= 1;
    }
    if (character === "'" && source[index + 1] === "'") index += 2;
    else index = character === "'" ? quoteEnd(source, index, false) : index + 1;
  }
  return undefined;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
