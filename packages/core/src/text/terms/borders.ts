/**
 * The borders of words.
 *
 * `Intl.Segmenter` alone would take 40 µs a text. Between letters of scripts with spaces it finds no border, and beside anything else it
 * finds one; so it is asked only between two letters of scripts without spaces.
 */
import { LRUCache } from "lru-cache";
import type { TextFormat } from "../../contract/engine.ts";
import type { Span } from "../icu.ts";
import { readSyntax } from "../syntax.ts";

const WORD = /[\p{L}\p{N}\p{M}_]/u;
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30fc]/u;
const HYPHEN = /[-\u2010\u2011]/;
const SYNTAX = /[{}<>%$@:&#[\]|`]/;

export class Borders {
  readonly #text: string;
  readonly #locale: string;
  readonly #format: TextFormat;
  #segments: ReadonlySet<number> | undefined;
  #read: { spans: readonly Span[]; edges: ReadonlySet<number> } | undefined;

  constructor(text: string, locale: string, format: TextFormat) {
    this.#text = text;
    this.#locale = locale;
    this.#format = format;
  }

  /** Whether a word may begin here. */
  isStart(at: number): boolean {
    return this.#isBorder(at, "start") && !this.#touchesPlaceholder(at);
  }

  /** Whether a word may end here. */
  isEnd(at: number): boolean {
    return this.#isBorder(at, "end") && !this.#touchesPlaceholder(at);
  }

  /** Whether a stretch is a part of the syntax: a placeholder, a tag, code. */
  isSyntax(start: number, end: number): boolean {
    const { spans } = this.#syntax();
    let [low, high] = [0, spans.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((spans[middle]?.end ?? 0) <= start) low = middle + 1;
      else high = middle;
    }
    return (spans[low]?.start ?? Number.POSITIVE_INFINITY) < end;
  }

  #isBorder(at: number, side: "start" | "end"): boolean {
    const text = this.#text;
    if (at === 0 || at === text.length) return true;
    const [before, after] = [letterBefore(text, at), letterAfter(text, at)];
    const [outer, inner] = side === "start" ? [before, after] : [after, before];
    if (HYPHEN.test(outer)) {
      // `add` is no word of `add-on`; a hyphen after a space is a dash or a bullet.
      const beyond = side === "start" ? letterBefore(text, at - 1) : letterAfter(text, at + 1);
      // A placeholder stands for a word.
      const isPart = WORD.test(beyond) || this.#syntax().edges.has(side === "start" ? at - 1 : at + 1);
      return !(isPart && WORD.test(inner));
    }
    if (outer === "'" && side === "end") {
      const beyond = letterAfter(text, at + 1);
      return !(beyond !== "" && WORD.test(beyond));
    }
    if (!WORD.test(outer) || !WORD.test(inner)) return true;
    const [isOuter, isInner] = [UNSPACED.test(outer), UNSPACED.test(inner)];
    if (isOuter !== isInner) return !MARK.test(after);
    return isOuter && this.#segmented().has(at);
  }

  /** `{name}add` is one word in the program's output. Tags are borders. */
  #touchesPlaceholder(at: number): boolean {
    return this.#syntax().edges.has(at);
  }

  #syntax(): { spans: readonly Span[]; edges: ReadonlySet<number> } {
    if (this.#read === undefined) {
      const spans = SYNTAX.test(this.#text) ? readSyntax(this.#text, this.#format).spans : [];
      const placeholders = spans.filter(({ start, end }) => !TAG.test(this.#text.slice(start, end)));
      this.#read = { spans, edges: new Set(placeholders.flatMap(({ start, end }) => [start, end])) };
    }
    return this.#read;
  }

  #segmented(): ReadonlySet<number> {
    this.#segments ??= new Set(Array.from(segmenterOf(this.#locale).segment(this.#text), ({ index }) => index));
    return this.#segments;
  }
}

const MARK = /^\p{M}/u;
const TAG = /^[<&`*_[\]()#|]/;

export function isUnspaced(letter: string): boolean {
  return UNSPACED.test(letter);
}

function letterBefore(text: string, at: number): string {
  if (at <= 0) return "";
  const unit = text.charCodeAt(at - 1);
  return unit >= 0xdc00 && unit <= 0xdfff ? text.slice(at - 2, at) : text.charAt(at - 1);
}

function letterAfter(text: string, at: number): string {
  if (at >= text.length) return "";
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff ? text.slice(at, at + 2) : text.charAt(at);
}

function segmenterOf(locale: string): Intl.Segmenter {
  let found = SEGMENTERS.get(locale);
  if (found === undefined) {
    found = new Intl.Segmenter(locale === "und" ? undefined : locale, { granularity: "word" });
    SEGMENTERS.set(locale, found);
  }
  return found;
}

const SEGMENTERS = new LRUCache<string, Intl.Segmenter>({ max: 50 });
