/**
 * Pseudo-localization: a "translation" that needs no network and no key, and shows at a glance which texts are not
 * localized.
 *
 * `Save {count} files` becomes `[Ŝåṽé {count} ƒïļéŝ ·····]`. The accents show which texts go through translation (and
 * which fonts lack letters), the padding shows which layouts are too tight, the brackets show which texts are cut or
 * glued together. Placeholders, tags, entities, addresses and ICU syntax stay unchanged; white space at both ends stays
 * outside the brackets.
 */
import type { Engine, EngineBatch, EngineItemResult, EngineReply, TextFormat } from "@trans-hub/core/engine";
import { isVerbatim, mergeSpans, readSyntax, type Span } from "@trans-hub/core/engine";
import { accentsOf } from "./accents.ts";

export interface PseudoOptions {
  /** Growth of a text, as a share of its length. Default 0.3: the growth of English sentences in German. */
  expansion?: number | undefined;
}

const MIB = 2 ** 20;

/** The pseudo-localization engine. It is pure: the same text and locale always give the same result. */
export function pseudo({ expansion = 0.3 }: PseudoOptions = {}): Engine {
  return {
    name: "pseudo",
    version: "1",
    processor: "local",
    // The engine never waits, so the limits only bound how long it blocks the event loop: 4 MiB take about a quarter
    // second.
    maxItemsPerCall: 500,
    maxBytesPerCall: 4 * MIB,
    detectsSource: true,
    takesContext: false,
    handlesIcu: true,
    async translate({ items, targetLocale }: EngineBatch, signal: AbortSignal): Promise<EngineReply> {
      const results = new Map<string, EngineItemResult>();
      const accents = accentsOf(targetLocale);
      for (const { id, text, format } of items) {
        signal.throwIfAborted();
        results.set(id, { text: pseudoLocalize(text, { format, accents, expansion }) });
      }
      signal.throwIfAborted();
      return { results };
    },
  };
}

/** Parts without words for people that no check covers: entities, addresses, code. Linear on any input. */
const KEPT_TOO = [
  /&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});/g,
  /[A-Za-z][A-Za-z0-9+.-]{1,15}:\/\/[!#-;=?-~\u00C0-\u024F]+/g,
  /(?:^|[\s<>(){}[\],;:"'/|])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g,
];
/** Fenced code, code spans, and targets of links. */
const KEPT_IN_MARKDOWN = [/```[^`]*```/g, /`[^`\n]+`/g, /\]\([^()\s]*/g, /^\[[^\][]+\]:\s.*$/gm];

interface Localizing {
  format: TextFormat;
  accents: Readonly<Record<string, string>>;
  expansion: number;
}

function pseudoLocalize(text: string, { format, accents, expansion }: Localizing): string {
  if (isVerbatim(text)) return text;

  let localized = "";
  let languageLength = 0;
  let at = 0;
  for (const { start, end } of [...keptSpans(text, format), { start: text.length, end: text.length }]) {
    const words = text.slice(at, start);
    languageLength += words.length;
    localized += words.replace(/[A-Za-z]/g, (letter) => accents[letter] ?? letter) + text.slice(start, end);
    at = end;
  }

  const inner = localized.trim();
  const indent = localized.length - localized.trimStart().length;
  const dotCount = Math.ceil(languageLength * expansion);
  const padding = dotCount > 0 ? ` ${"·".repeat(dotCount)}` : "";
  return `${localized.slice(0, indent)}[${inner}${padding}]${localized.slice(indent + inner.length)}`;
}

/** The spans that are not language, in order and without overlap. */
function keptSpans(text: string, format: TextFormat): Span[] {
  const { spans } = readSyntax(text, format);
  const patterns = format === "auto" || format === "markdown" ? [...KEPT_TOO, ...KEPT_IN_MARKDOWN] : KEPT_TOO;
  for (const pattern of patterns) {
    for (const match of text.matchAll(pattern)) {
      spans.push({ start: match.index, end: match.index + match[0].length });
    }
  }
  return mergeSpans(spans);
}
