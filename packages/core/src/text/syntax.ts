/**
 * The syntax of a text: the parts that are not language and must come through a translation.
 *
 * All functions are pure, and linear on hostile input, which a test measures: each alternative below starts at a character
 * that its own body excludes, or is bounded.
 */
import type { TextFormat } from "../contract/engine.ts";
import { type IcuArgument, parseIcu, type Span } from "./icu.ts";
import { readTag } from "./tag.ts";

export { isVerbatim, VERBATIM_STEPS } from "./verbatim.ts";

/** A placeholder, a piece of markup or an ICU argument. */
export interface ProtectedToken {
  kind: "placeholder" | "markup" | "argument";
  /** Equal for two spellings of the same token; differs in nothing else. */
  canonical: string;
  /**
   * Whether it is only possibly a token (`%1`, `:name`, `$name`). Such a token of the source must come through; one that
   * only the translation has means nothing ("%5 indirim" is Turkish for "5% off").
   */
  maybe: boolean;
}

/** The parts of a text that are not language. */
export interface Syntax {
  tokens: ProtectedToken[];
  /** Stretches that are not language, in order and apart. In ICU messages: all but the literal text of the branches. */
  spans: Span[];
  /** Whether it was read as an ICU message. */
  isIcu: boolean;
  /** The arguments of an ICU message, outer before inner, as often as they occur. Empty for every other text. */
  arguments: IcuArgument[];
}

const NAME = "[A-Za-z0-9][A-Za-z0-9:._-]*";
const CONVERSION = "[diouxXeEfFgGcCsSpn@]";

/** The kinds of syntax by their shapes. The first alternative that matches at a place wins. */
const alternatives = {
  // <b>, </b>, <br/>, <0>, <a href="…">; readTag decides whether it really is a tag.
  tag: `</?${NAME}(?:[\\s/{][^<>"']*(?:"[^"<]*"[^<>"']*|'[^'<]*'[^<>"']*)*)?>`,
  comment: "<!--[^-]*(?:-[^-]+)*-->",
  // <!DOCTYPE …>, <![CDATA[, ]]>, <?xml …?>, <%= … %>
  declaration: "<![A-Za-z][^<>]*>|<!\\[CDATA\\[|\\]\\]>|<\\?[^<>]*\\?>|<%[^<>]*%>",
  key: "\\$t\\([^()]*\\)|\\[%[^%\\[\\]]*%\\]|@(?:\\.[a-z]{1,20})?:[A-Za-z0-9_]+(?:\\.[A-Za-z0-9_]+)*",
  statement: "\\{%[^{}]*%\\}",
  double: "\\{{2,3}[^{}]*\\}{2,3}",
  // No `#{name}`: "Order #{id}" is an argument after a number sign, and other languages write "Nr. {id}".
  prefixed: "[$%]\\{[^{}]*\\}",
  single: "\\{\\s*(?:[^{}\\s\"',:(]+\\s*)?(?:,\\s*[A-Za-z0-9-]+\\s*(?:[,:][^{}]*)?|[:(][^{}]*)?\\}",
  named: "%\\([^()\\s]*\\)[-#0+]{0,5}[0-9]{0,9}(?:\\.[0-9]{1,9})?[diouxXeEfFgGcrs]",
  percentName: "%[A-Za-z_][A-Za-z0-9_.]{2,63}%(?!%)",
  percentSign: "%%",
  // After a digit a percent sign is most often a percentage ("50%off", "100%-a"): only the plainest forms count.
  printf: `(?<![0-9])%(?:[0-9]{1,3}\\$)?[-#0+]{0,5}(?:[0-9]{0,9}|\\*)(?:\\.(?:[0-9]{0,9}|\\*))?(?:hh|h|ll|l|L|q|j|z|t)?${CONVERSION}`,
  printfAfterDigit: "(?<=[0-9])%(?:[0-9]\\$)?[disuf@](?![A-Za-z])",
  maybe: "%[0-9](?![0-9])|\\$[A-Za-z_][A-Za-z0-9_]+|(?<![^\\s(\\[\"'>]):[A-Za-z_][A-Za-z0-9_]+",
} as const;
type Alternative = keyof typeof alternatives;

/** In an ICU message braces are read by its own grammar. */
const BRACES: ReadonlySet<Alternative> = new Set(["statement", "double", "prefixed", "single"]);
const MARKUP: ReadonlySet<Alternative> = new Set(["tag", "comment", "declaration"]);

const scanAll = scanner(Object.keys(alternatives) as Alternative[]);
const scanIcu = scanner((Object.keys(alternatives) as Alternative[]).filter((name) => !BRACES.has(name)));
/** Code that stands between tags; the scan below sees only the tags. */
const RAW_ELEMENT = /<(?:script|style)(?:\s[^<>]*)?>[^<]*<\/(?:script|style)\s*>/gi;

/**
 * Placeholders, tags and ICU arguments that must survive a translation, in order of the text.
 *
 * @param format `icu` reads braces as ICU arguments; `text` leaves out tokens that are only possibly placeholders.
 *   Default `auto`: ICU where the text has an argument of the kinds plural, select or selectordinal.
 */
export function protectedTokens(text: string, format: TextFormat = "auto"): ProtectedToken[] {
  return readSyntax(text, format).tokens;
}

/** Whether a text holds the beginning of an ICU plural, select or selectordinal argument. It may still not balance. */
export function hasIcuBranches(text: string): boolean {
  return /\{\s*[^\s{},]+\s*,\s*(?:plural|select|selectordinal)\s*,[^{}]*\{/.test(text);
}

/** The characters at which the alternatives begin. Most texts hold none of them, and need no scan. */
const MAY_HOLD_SYNTAX = /[<{%$@:[\]]/;

/** {@link protectedTokens}, with the stretches they cover. */
export function readSyntax(text: string, format: TextFormat = "auto"): Syntax {
  if (format !== "icu" && !MAY_HOLD_SYNTAX.test(text)) return { tokens: [], spans: [], isIcu: false, arguments: [] };
  const icu = format === "icu" || hasIcuBranches(text) ? parseIcu(text) : undefined;
  const tokens: ProtectedToken[] = [];
  const spans: Span[] = icu === undefined ? [] : gapsBetween(icu.literals, text.length);
  const icuArguments = icu?.arguments ?? [];
  for (const argument of icuArguments) tokens.push(argumentToken(argument));
  for (const raw of text.matchAll(RAW_ELEMENT)) spans.push({ start: raw.index, end: raw.index + raw[0].length });

  for (const { alternative, start, end } of scan(text, icu === undefined ? scanAll : scanIcu)) {
    const found = text.slice(start, end);
    if (alternative === "maybe" && format === "text") continue;
    spans.push({ start, end });
    if (alternative !== "tag") {
      const kind = MARKUP.has(alternative) ? "markup" : "placeholder";
      tokens.push({ kind, canonical: found, maybe: alternative === "maybe" });
      continue;
    }
    const tag = readTag(found);
    if (tag === undefined) continue;
    tokens.push({ kind: "markup", canonical: tag.canonical, maybe: false });
    // The value of an attribute that people read is translated, and its placeholders survive like any other.
    const valueFormat = icu === undefined ? format : "icu";
    for (const value of tag.readable) for (const token of protectedTokens(value, valueFormat)) tokens.push(token);
  }
  return { tokens, spans: mergeSpans(spans), isIcu: icu !== undefined, arguments: icuArguments };
}

function argumentToken({ name, type, style }: IcuArgument): ProtectedToken {
  return { kind: "argument", canonical: [name, type, style].filter((part) => part !== "").join(","), maybe: false };
}

interface Found extends Span {
  alternative: Alternative;
}

function scanner(names: Alternative[]): RegExp {
  return new RegExp(names.map((name) => `(?<${name}>${alternatives[name]})`).join("|"), "g");
}

function* scan(text: string, pattern: RegExp): Generator<Found> {
  const regex = new RegExp(pattern); // its own lastIndex: callers may interleave
  for (let match = regex.exec(text); match !== null; match = regex.exec(text)) {
    const groups = match.groups ?? {};
    const alternative = (Object.keys(groups) as Alternative[]).find((name) => groups[name] !== undefined);
    if (alternative === undefined) return;
    if (alternative === "tag" && readTag(match[0]) === undefined) {
      regex.lastIndex = match.index + 1; // words in angle brackets: the text between them is still to be read
      continue;
    }
    yield { alternative, start: match.index, end: regex.lastIndex };
  }
}

/** The gaps between the given stretches, which are in order and apart. */
function gapsBetween(spans: readonly Span[], length: number): Span[] {
  const gaps: Span[] = [];
  let at = 0;
  for (const { start, end } of [...spans, { start: length, end: length }]) {
    if (start > at) gaps.push({ start: at, end: start });
    at = end;
  }
  return gaps;
}

/** The same stretches in order, those that touch or overlap joined. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last !== undefined && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else result.push({ ...span });
  }
  return result;
}
