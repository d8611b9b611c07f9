/**
 * The parts of a text that an engine must not see as words: all that {@link readSyntax} protects, and besides URLs, e-mail
 * addresses, `` `code` ``, entities, conversions of dates, targets of Markdown links, and in ICU messages `#` and quoted syntax.
 */
import type { TextFormat } from "../../contract/engine.ts";
import type { Span } from "../icu.ts";
import { hasIcuBranches, mergeSpans, readSyntax } from "../syntax.ts";
import { readTag } from "../tag.ts";

/** A stretch of protected parts without a word between them. */
export interface Run extends Span {
  /** The members that open or close something around words: tags, and the brackets of a Markdown link. In order. */
  members: readonly Member[];
}

export interface Member extends Span {
  role: "open" | "close";
  /** Equal for an opening member and its closing one. */
  name: string;
}

/** A text with its protected runs. */
export interface Parted {
  text: string;
  /** In order and apart. */
  runs: readonly Run[];
  /** Whether its words are literals of an ICU message, where an apostrophe may quote syntax. */
  isIcu: boolean;
  /** Whether the runs are the frame of an ICU message with branches: in another order they are another message. */
  isOrdered: boolean;
}

// Each alternative starts at a character that its body excludes, or is bounded, so that hostile input stays linear.
const EXTRA = new RegExp(
  [
    "[A-Za-z][A-Za-z0-9+.-]{1,15}://[!#-;=?-~\\u00C0-\\u024F]+",
    "(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\\.[A-Za-z0-9-]{1,63}){1,8}",
    "(?<!`)(`{1,3})(?!`)[^`]+\\1(?!`)",
    "&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});",
  ].join("|"),
  "g",
);
/** Conversions that only dates have; beside one of them every conversion is one of a date. */
const DATE = /%[-_0^#]?[AbBHIjmMpyYzZ](?![A-Za-z])/;
const DATES = /%[-_0^#]?[A-Za-z](?![A-Za-z])/g;
/** The end of a sentence, or a closing bracket around the address, is no part of it. */
const AFTER_URL = /[.,;:!?)\]}'*_]+$/;
const LINK = /\[([^[\]]*)(\]\((?:[^()\s]|\([^()\s]*\))+(?:\s"[^"()]*")?\))/g;
const TAG = /<[^<>"']*(?:"[^"<]*"[^<>"']*|'[^'<]*'[^<>"']*)*>/g;
const TAG_HEAD = /^<(\/?)([^\s/>]*)/;
const ARGUMENT = /\{\s*[^\s{},']+\s*(?:,\s*[A-Za-z-]+\s*(?:,[^{},']*)?)?\}/g;
const QUOTED = /''|'[{}][^']*(?:''[^']*)*(?:'|$)/g;
const QUOTED_IN_PLURAL = /''|'[{}#][^']*(?:''[^']*)*(?:'|$)|#/g;

/** Reads the protected runs of a text. @param kept Words that are protected as well. */
export function readParts(text: string, format: TextFormat, kept: readonly Span[] = []): Parted {
  const syntax = readSyntax(text, format);
  const spans: Span[] = [...syntax.spans, ...kept];
  for (const match of text.matchAll(EXTRA)) {
    let found = match[0];
    if (found.includes("://")) found = withoutSentenceEnd(found);
    spans.push({ start: match.index, end: match.index + found.length });
  }
  if (DATE.test(text)) {
    for (const match of text.matchAll(DATES)) spans.push({ start: match.index, end: match.index + match[0].length });
  }
  const brackets: Member[] = [];
  for (const match of text.matchAll(LINK)) {
    const open: Member = { start: match.index, end: match.index + 1, role: "open", name: "[" };
    const close: Member = {
      start: open.end + (match[1] ?? "").length,
      end: match.index + match[0].length,
      role: "close",
      name: "[",
    };
    spans.push({ ...open }, { ...close });
    brackets.push(open, close);
  }
  if (syntax.isIcu) for (const span of icuSpans(text, syntax.spans, syntax.arguments)) spans.push(span);

  const merged = mergeSpans(spans);
  const runs: Run[] = [];
  let next = 0;
  for (const { start, end } of merged) {
    const members = tagsOf(text, start, end);
    for (; next < brackets.length; next++) {
      const bracket = brackets[next];
      if (bracket === undefined || bracket.start >= end) break;
      members.push(bracket);
    }
    runs.push({ start, end, members: apart(members) });
  }
  const isOrdered =
    syntax.isIcu && (hasIcuBranches(text) || syntax.arguments.some(({ selectors }) => selectors.length > 0));
  return { text, runs, isIcu: syntax.isIcu, isOrdered };
}

/**
 * The protected parts one by one, as the source writes them, in no certain order, each as often as it occurs: placeholders,
 * tags, arguments without branches, addresses, code, entities and the targets of links. Parts that only may be placeholders are left
 * out.
 */
export function atomsOf(text: string, format: TextFormat): string[] {
  const syntax = readSyntax(text, format);
  const atoms = syntax.tokens
    .filter(({ kind, maybe }) => kind === "placeholder" && !maybe)
    .map(({ canonical }) => canonical);
  for (const match of text.matchAll(TAG)) if (readTag(match[0]) !== undefined) atoms.push(match[0]);
  for (const match of text.matchAll(EXTRA)) {
    atoms.push(match[0].includes("://") ? withoutSentenceEnd(match[0]) : match[0]);
  }
  for (const match of text.matchAll(LINK)) atoms.push(match[2] ?? "");
  if (syntax.isIcu) {
    // `{one}` may also be the words of a branch, which are no part of the syntax.
    const isSyntax = coverOf(syntax.spans);
    for (const match of text.matchAll(ARGUMENT)) {
      if (isSyntax(match.index) && isSyntax(match.index + match[0].length - 2)) atoms.push(match[0]);
    }
  }
  return atoms;
}

/** Whether a place lies in one of the stretches, which are in order and apart. Places must be asked for in order. */
export function coverOf(spans: readonly Span[]): (at: number) => boolean {
  let next = 0;
  return (at) => {
    while ((spans[next]?.end ?? Infinity) <= at) next += 1;
    return at >= (spans[next]?.start ?? Infinity);
  };
}

function withoutSentenceEnd(url: string): string {
  const trimmed = url.replace(AFTER_URL, "");
  // An address of an encyclopedia may end in a bracket that it opened itself.
  return url[trimmed.length] === ")" && trimmed.includes("(") && !trimmed.includes(")") ? `${trimmed})` : trimmed;
}

/** `#` of a plural, and what apostrophes quote, apostrophes included. */
function* icuSpans(text: string, syntax: readonly Span[], icuArguments: readonly { type: string }[]): Generator<Span> {
  const hasPlural = icuArguments.some(({ type }) => type === "plural" || type === "selectordinal");
  const pattern = hasPlural ? QUOTED_IN_PLURAL : QUOTED;
  let at = 0;
  for (const { start, end } of [...syntax, { start: text.length, end: text.length }]) {
    for (const match of text.slice(at, start).matchAll(pattern)) {
      if (match[0] === "''") continue;
      yield { start: at + match.index, end: at + match.index + match[0].length };
    }
    at = end;
  }
  // Formatters that read tags also quote them: '<b>'.
  let quotes = false;
  for (const match of text.matchAll(/(?<!')'(?=<)|(?<=>)'(?!')/g)) {
    quotes ||= text[match.index + 1] === "<";
    if (quotes) yield { start: match.index, end: match.index + 1 };
  }
}

function tagsOf(text: string, start: number, end: number): Member[] {
  const members: Member[] = [];
  for (const match of text.slice(start, end).matchAll(TAG)) {
    const tag = readTag(match[0]);
    if (tag === undefined || /\/\s*>$/.test(match[0])) continue;
    const [, closing, name = ""] = TAG_HEAD.exec(match[0]) ?? [];
    const at = start + match.index;
    members.push({ start: at, end: at + match[0].length, role: closing === "/" ? "close" : "open", name: `<${name}` });
  }
  return members;
}

/** The members in order, without those that lie within another. */
function apart(members: Member[]): Member[] {
  const result: Member[] = [];
  for (const member of members.sort((a, b) => a.start - b.start)) {
    if (member.start >= (result.at(-1)?.end ?? 0)) result.push(member);
  }
  return result;
}
