/**
 * Pseudo-localization: a "translation" that needs no network and no key, and makes texts that are not localized visible.
 *
 * `Save {count} files` becomes `[Ŝåṽé {count} ƒïļéŝ ·····]`. Accents show which texts go through translation (and which
 * fonts lack letters), the padding shows which layouts are too tight, the brackets show which texts are cut or glued
 * together. Placeholders, tags, entities, addresses and ICU syntax come through unchanged; white space at both ends stays
 * outside the brackets. A plural form begins with its category, `[few: {count} ƒïļéŝ ···]`, which shows whether an
 * application takes the right one.
 */
import type { Engine, EngineBatch, EngineItemResult, EngineReply, TextFormat } from "@trans-hub/core/engine";
import {
  isVerbatim,
  optionKinds as kinds,
  mergeSpans,
  optionCheck,
  readSyntax,
  type Span,
} from "@trans-hub/core/engine";
import { accentsOf } from "./accents.ts";

export interface PseudoOptions {
  /** The share by which texts become longer. Default 0.3, as German is longer than English. */
  expansion?: number | undefined;
}

const MIB = 2 ** 20;

const checkOptions = optionCheck<PseudoOptions>("pseudo", { expansion: kinds.decimal(0, 10) });

/**
 * The pseudo-localization engine. It is pure: the same text and locale always give the same result.
 *
 * @throws {SettingsError} An option is unknown, or has a bad value.
 */
export function pseudo(options: PseudoOptions = {}): Engine {
  const { expansion = 0.3 } = checkOptions(options);
  return {
    name: "pseudo",
    version: "2",
    processor: "local",
    // It never waits. The limits only bound its time on the event loop: 4 MiB take about a quarter of a second.
    maxItemsPerCall: 500,
    maxBytesPerCall: 4 * MIB,
    detectsSource: true,
    takesContext: false,
    isFree: true,
    async translate({ items, targetLocale }: EngineBatch, signal: AbortSignal): Promise<EngineReply> {
      const results = new Map<string, EngineItemResult>();
      const accents = accentsOf(targetLocale);
      for (const { id, text, format, form } of items) {
        signal.throwIfAborted();
        results.set(id, { text: pseudoLocalize(text, { format, accents, expansion, category: form?.category }) });
      }
      signal.throwIfAborted();
      return { results };
    },
  };
}

/** Parts that no check protects and people do not read: entities, addresses, code. Linear on any input. */
const KEPT_TOO = [
  /&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});/g,
  /[A-Za-z][A-Za-z0-9+.-]{1,15}:\/\/[!#-;=?-~\u00C0-\u024F]+/g,
  /(?:^|[\s<>(){}[\],;:"'/|])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g,
];
/** Fenced code, code spans, and the targets of links. */
const KEPT_IN_MARKDOWN = [/```[^`]*```/g, /`[^`\n]+`/g, /\]\([^()\s]*/g, /^\[[^\][]+\]:\s.*$/gm];

interface Localizing {
  format: TextFormat;
  accents: Readonly<Record<string, string>>;
  expansion: number;
  /** Of the plural form that the text is. */
  category: string | undefined;
}

function pseudoLocalize(text: string, { format, accents, expansion, category }: Localizing): string {
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
  const mark = category === undefined ? "" : `${category}: `;
  return `${localized.slice(0, indent)}[${mark}${inner}${padding}]${localized.slice(indent + inner.length)}`;
}

/** The stretches that are not language, in order and apart. */
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
