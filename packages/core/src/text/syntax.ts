/**
 * The syntax of a text: the parts that are not language and must come through a translation.
 *
 * All functions are pure, and linear on hostile input, which a test measures: each alternative below starts at a character
 * that its own body excludes, or is bounded.
 */
import type { TextFormat } from "../contract/engine.ts";
import { type IcuArgument, type IcuMessage, parseIcu, type Span } from "./icu.ts";
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
  /**
   * The spelling that a person's translation is compared by, in place of `canonical`; empty: people may drop and add it.
   * Absent: `canonical`.
   */
  lenient?: string;
}

/** The parts of a text that are not language. */
export interface Syntax {
  tokens: ProtectedToken[];
  /** Stretches that are not language, in order and apart. In ICU messages: all but the literal text of the branches. */
  spans: Span[];
  /** Whether it was read as an ICU message. */
  isIcu: boolean;
  /** The format that its translation is to be read in. */
  readAs: TextFormat;
  /** The arguments of an ICU message, outer before inner, as often as they occur. Empty for every other text. */
  arguments: IcuArgument[];
  /** The ICU message as it was read. Undefined: it is none. */
  message?: IcuMessage | undefined;
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
  // vue-i18n links to another text in four ways (@:key, @:(key), @:{'key'}, @.lower:key), and writes characters as {'@'}.
  key:
    "\\$t\\([^()]*\\)|\\[%[^%\\[\\]]*%\\]|\\{'[^'\\w\\s]{1,5}'\\}|" +
    "@(?:\\.[a-z]{1,20})?:(?:\\([^()\\s]*\\)|\\{'[^'{}\\s]*'\\}|[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*)",
  statement: "\\{%[^{}]*%\\}",
  double: "\\{{2,3}[^{}]*\\}{2,3}",
  // No `#{name}`: "Order #{id}" is an argument after a number sign, and other languages write "Nr. {id}".
  prefixed: "[$%]\\{[^{}]*\\}",
  single: "\\{\\s*(?:[^{}\\s\"',:(]+\\s*)?(?:,\\s*[A-Za-z0-9-]+\\s*(?:[,:][^{}]*)?|[:(][^{}]*)?\\}",
  // Fluent: a literal, the head of a selection, its variants, any other placeable.
  fluent: '\\{\\s*"[^"\\n]*"\\s*\\}|\\{[^{}]*?->|(?<![^\\n])[ \\t]*\\*?\\[[ \\t]*[\\w.-]+[ \\t]*\\]|\\{[^{}]*\\}',
  strftime: "%[-_0^#]?[EO]?[A-Za-z]|%%",
  // Java groups digits with a comma, and writes negative numbers in parentheses.
  grouped:
    "(?<![0-9])%(?:[0-9]{1,3}\\$)?[-#0+]{0,3}[,('][-#0+,(']{0,5}[0-9]{0,9}(?:\\.[0-9]{1,9})?[defgEG](?![A-Za-z)])",
  named: "%\\([^()\\s]*\\)[-#0+]{0,5}[0-9]{0,9}(?:\\.[0-9]{1,9})?[diouxXeEfFgGcrs]",
  // The variable of an Apple stringsdict, and the number in the plural forms of a string catalog's substitution.
  variable: "%(?:[0-9]{1,3}\\$)?#@[^@\\s]{1,64}@|%arg(?![\\w%])",
  percentName: "%[A-Za-z_][A-Za-z0-9_.]{2,63}%(?!%)",
  percentSign: "%%",
  // After a digit a percent sign is most often a percentage ("50%off", "100%-a"): only the plainest forms count.
  printf: `(?<![0-9])%(?:[0-9]{1,3}\\$)?[-#0+]{0,5}(?:[0-9]{0,9}|\\*)(?:\\.(?:[0-9]{0,9}|\\*))?(?:hh|h|ll|l|L|q|j|z|t)?${CONVERSION}`,
  printfAfterDigit: "(?<=[0-9])%(?:[0-9]\\$)?[disuf@](?![A-Za-z])",
  maybe:
    "%[0-9](?![0-9])|\\$[A-Za-z_][A-Za-z0-9_]+|(?<![^\\s(\\[\"'>]):[A-Za-z_][A-Za-z0-9_]+(?![A-Za-z0-9_]|\\.[a-z]{2})",
} as const;
type Alternative = keyof typeof alternatives;

/** In an ICU message braces are read by its own grammar. */
const BRACES: ReadonlySet<Alternative> = new Set(["statement", "double", "prefixed", "single"]);
const MARKUP: ReadonlySet<Alternative> = new Set(["tag", "comment", "declaration"]);

const CONVERSIONS: ReadonlySet<Alternative> = new Set([
  "named",
  "grouped",
  "variable",
  "percentName",
  "percentSign",
  "printf",
  "printfAfterDigit",
  "maybe",
]);

const NAMES = (Object.keys(alternatives) as Alternative[]).filter((name) => name !== "fluent" && name !== "strftime");
const scanAll = scanner(NAMES);
const scanIcu = scanner(NAMES.filter((name) => !BRACES.has(name)));
const scanStrftime = scanner([...NAMES.filter((name) => !CONVERSIONS.has(name)), "strftime"]);
const scanFluent = scanner(["tag", "comment", "declaration", "fluent"]);
/** A conversion of dates that printf does not have, and that no letter follows, nor a sign that is no other conversion: `%Y-%m-%d`, `%H%M`. */
const DATE_CONVERSION = /(?<![0-9%])%[-_0^#]?[ABHIMYbjmy](?![A-Za-z]|%(?![-_0^#]?[ABHIMYbdejmySp]))/;
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

/** An inline element of XLIFF may show a whole message in an attribute, which is no part of the text. */
function outsideXliff(text: string): string {
  return /\s(?:equiv|equiv-text|disp)=/.test(text) ? text.replace(/<[^<>]*>/g, " ") : text;
}

/** The characters at which the alternatives begin. Most texts hold none of them, and need no scan. */
const MAY_HOLD_SYNTAX = /[<{%$@:[\]]/;

/** {@link protectedTokens}, with the stretches they cover. */
export function readSyntax(text: string, format: TextFormat = "auto"): Syntax {
  const isUsual = format !== "icu" && format !== "java" && format !== "fluent";
  if (isUsual && !MAY_HOLD_SYNTAX.test(text)) {
    return { tokens: [], spans: [], isIcu: false, arguments: [], readAs: format };
  }
  const isOther = format === "fluent" || format === "strftime";
  const icu = format === "icu" || (!isOther && hasIcuBranches(outsideXliff(text))) ? parseIcu(text) : undefined;
  const readAs = icu !== undefined ? "icu" : format === "auto" && DATE_CONVERSION.test(text) ? "strftime" : format;
  const quoted = readAs === "java" ? quotedStretches(text) : [];
  const tokens: ProtectedToken[] = [];
  const spans: Span[] = icu === undefined ? [] : gapsBetween(icu.literals, text.length);
  const icuArguments = icu?.arguments ?? [];
  for (const argument of icuArguments) tokens.push(argumentToken(argument));
  for (const raw of text.matchAll(RAW_ELEMENT)) spans.push({ start: raw.index, end: raw.index + raw[0].length });

  const words: { token: ProtectedToken; name: string }[] = [];
  let at = 0;
  for (const { alternative, start, end } of scan(text, SCANNERS[readAs] ?? scanAll)) {
    const found = text.slice(start, end);
    if (alternative === "maybe" && format === "text") continue;
    while ((quoted[at]?.end ?? Infinity) <= start) at += 1;
    spans.push({ start, end });
    if (alternative === "single" && (quoted[at]?.start ?? Infinity) < start) continue;
    if (alternative !== "tag") {
      const token = tokenOf(alternative, found);
      if (token !== undefined) tokens.push(token);
      continue;
    }
    const tag = readTag(found);
    if (tag === undefined) continue;
    const token: ProtectedToken = { kind: "markup", canonical: tag.canonical, maybe: false };
    if (tag.lenient !== undefined) token.lenient = tag.lenient;
    else if (found.includes("{")) {
      const lenient = readTag(found.replace(/\{[^{}]*\}/g, withoutInnerSpace))?.canonical;
      if (lenient !== undefined && lenient !== tag.canonical) token.lenient = lenient;
    }
    if (tag.word !== undefined) words.push({ token, name: tag.word });
    tokens.push(token);
    // The value of an attribute that people read is translated, and its placeholders survive like any other.
    const valueFormat = icu === undefined ? format : "icu";
    for (const value of tag.readable) for (const token of protectedTokens(value, valueFormat)) tokens.push(token);
  }
  if (words.length > 0) {
    const closed = new Set(tokens.map(({ canonical }) => canonical));
    for (const { token, name } of words) if (!closed.has(`</${name}>`)) token.lenient = "";
  }
  return { tokens, spans: mergeSpans(spans), isIcu: icu !== undefined, readAs, arguments: icuArguments, message: icu };
}

const SCANNERS: Partial<Record<TextFormat, Scanner>> = { icu: scanIcu, strftime: scanStrftime, fluent: scanFluent };

/** The token of a stretch that is no tag. Undefined: it is syntax, but nothing that a translation must have. */
function tokenOf(alternative: Alternative, found: string): ProtectedToken | undefined {
  const kind = MARKUP.has(alternative) ? "markup" : "placeholder";
  const token: ProtectedToken = { kind, canonical: found, maybe: alternative === "maybe" };
  switch (alternative) {
    case "double":
    case "single":
    case "statement": {
      const lenient = withoutInnerSpace(found);
      return lenient === found ? token : { ...token, lenient };
    }
    case "percentSign":
      return { ...token, lenient: "" };
    case "strftime":
      return strftimeToken(found);
    case "fluent":
      return fluentToken(found);
    default:
      return token;
  }
}

/** `{{name}}` of `{{ name }}`. */
function withoutInnerSpace(found: string): string {
  const open = /^\{+[%#^/&>-]?/.exec(found)?.[0] ?? "";
  const close = /%?\}+$/.exec(found)?.[0] ?? "";
  return open + found.slice(open.length, found.length - close.length).trim() + close;
}

/** Languages order and pad the parts of a date in their own ways, and write the hours with or without a.m. and p.m. */
const DATE_PARTS: Readonly<Record<string, string>> = {
  ...{ Y: "year", y: "year", G: "year", g: "year", C: "year" },
  ...{ B: "month", b: "month", h: "month", m: "month" },
  ...{ d: "day", e: "day" },
  // The date says the day of the week, and the reader's own place the zone.
  ...{ A: "", a: "", u: "", w: "", z: "", Z: "" },
  ...{ H: "hour", k: "hour", I: "hour", l: "hour" },
  ...{ p: "", P: "", n: "", t: "", "%": "" },
};

function strftimeToken(found: string): ProtectedToken {
  const letter = found.at(-1) ?? "";
  const part = DATE_PARTS[letter] ?? letter;
  return { kind: "placeholder", canonical: found, lenient: part === "" ? "" : `%${part}`, maybe: false };
}

/** A translation formats, selects by and inflects in its own way: the variable or the reference stays. */
function fluentToken(found: string): ProtectedToken | undefined {
  if (/^\{\s*"|\]$/.test(found)) return undefined;
  const variable = /\$[A-Za-z][\w-]*/.exec(found)?.[0];
  const reference = /^\{\s*(-?[A-Za-z][\w-]*(?:\.[\w-]+)?)/.exec(found)?.[1];
  const name = variable ?? reference;
  return name === undefined ? undefined : { kind: "placeholder", canonical: `{${name}}`, maybe: false };
}

/** The stretches that apostrophes quote in a pattern of java.text.MessageFormat: any apostrophe opens one. */
export function quotedStretches(text: string): Span[] {
  const stretches: Span[] = [];
  for (const { index, 0: found } of text.matchAll(/''|'[^']*(?:''[^']*)*(?:'|$)/g)) {
    if (found !== "''") stretches.push({ start: index, end: index + found.length });
  }
  return stretches;
}

function argumentToken({ name, type, style }: IcuArgument): ProtectedToken {
  return { kind: "argument", canonical: [name, type, style].filter((part) => part !== "").join(","), maybe: false };
}

interface Found extends Span {
  alternative: Alternative;
}

interface Scanner {
  /** One group for each name, in their order; no alternative holds a group of its own. */
  pattern: RegExp;
  names: readonly Alternative[];
}

function scanner(names: readonly Alternative[]): Scanner {
  return { pattern: new RegExp(names.map((name) => `(${alternatives[name]})`).join("|"), "g"), names };
}

function scan(text: string, { pattern, names }: Scanner): Found[] {
  const found: Found[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    let at = 0;
    while (match[at + 1] === undefined) at += 1;
    const alternative = names[at];
    if (alternative === undefined) return found;
    if (alternative === "tag" && readTag(match[0]) === undefined) {
      pattern.lastIndex = match.index + 1; // words in angle brackets: the text between them is still to be read
      continue;
    }
    found.push({ alternative, start: match.index, end: pattern.lastIndex });
  }
  return found;
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
