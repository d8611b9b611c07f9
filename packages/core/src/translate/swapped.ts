/**
 * Finds translations that may belong to another text of the same call.
 *
 * A model that mixes up two answers gives each a good text, under the wrong id. The checks find that only where placeholders
 * or tags differ. Here each translation is compared with every source of its call: by length, by the marks that a
 * translation keeps (numbers, names, stems of related words, placeholders, tags), by its last character and its lines.
 *
 * Nothing is known about the languages: the usual ratio of lengths is that of the call itself. A guess remains a guess, so a
 * suspected translation is asked for again alone, and is never refused for it.
 */
import { charactersOf } from "../text/checks/characters.ts";

/** A source and the translation that an engine gave for it. */
export interface Answered {
  readonly source: string;
  readonly translation: string;
}

/**
 * A call is compared in pieces of this size, as the work grows with its square. Answers are mixed up among neighbours.
 */
const MOST_COMPARED = 100;

/** Of a very long text the beginning is read: it has enough marks. In characters. */
const MOST_READ = 1_000;

/**
 * How much better, in the units of {@link fits}, a translation has to fit the other source than the two fit their own.
 * docs/adr/0031 has the figures for other values.
 */
const SUSPICIOUS = 3;

/** The variance of the logarithms of the ratios of lengths in one call: that of long texts, and more for short ones. */
const SPREAD = 0.08;
const SPREAD_BY_LENGTH = 2;
/** One outlier of length says no more than that it is one. */
const WORST_LENGTH = 4;
/** A mark that only one source and only one translation of the call have. */
const MARK = 1.5;
const BEST_MARKS = 4;

const MARKS =
  /<[^<>\s]{1,40}[^<>]{0,200}>|\{[^{}]{1,60}\}|%[\w$@]{1,10}|\d+|[A-Za-z\u00c0-\u024f][\w\u00c0-\u024f]{2,}/g;
/** Related words of two languages often begin alike: configuration, configuración. */
const STEM_LETTERS = 5;

/** The last characters of other scripts that mean the same. */
const ENDS: Readonly<Record<string, string>> = {
  ".": ".", "。": ".", "．": ".", "।": ".", "…": ".",
  "?": "?", "？": "?", "؟": "?",
  "!": "!", "！": "!",
  ":": ":", "：": ":",
  ")": ")", "）": ")",
}; // biome-ignore format: a table

/** A call is mistrusted as a whole where at least three of its texts, and a quarter of all, are suspected or blocked. */
const FEWEST_SUSPECTS = 3;
const MISTRUSTED_SHARE = 0.25;

/**
 * The places of the translations of one call to be asked for again: the suspected ones, or all of a mistrusted call.
 *
 * @param blocked The number of texts of the call without an accepted translation.
 */
export function mistrustedOf(answered: readonly Answered[], blocked: number): Set<number> {
  const suspected = suspectedOfSwap(answered);
  const share = (suspected.size + blocked) / (answered.length + blocked);
  const isMistrusted = suspected.size >= FEWEST_SUSPECTS && share >= MISTRUSTED_SHARE;
  return isMistrusted ? new Set(answered.keys()) : suspected;
}

/**
 * The places of the translations that fit another source of the call much better than their own, while that source has no
 * better translation. Equal texts are never told apart.
 */
export function suspectedOfSwap(answered: readonly Answered[]): Set<number> {
  const suspected = new Set<number>();
  for (let from = 0; from < answered.length; from += MOST_COMPARED) {
    const piece = answered.slice(from, from + MOST_COMPARED);
    if (piece.length > 1) for (const at of suspectedIn(piece)) suspected.add(from + at);
  }
  return suspected;
}

function suspectedIn(piece: readonly Answered[]): Set<number> {
  const count = piece.length;
  const fit = fits(piece);
  const suspected = new Set<number>();
  for (let one = 0; one < count; one += 1) {
    const own = fit[one * count + one] as number;
    for (let other = 0; other < count; other += 1) {
      const elsewhere = fit[other * count + one] as number;
      const gain = elsewhere - own;
      if (gain <= 0) continue;
      const others = fit[other * count + other] as number;
      const exchanged = gain + (fit[one * count + other] as number) - others;
      const moved = gain + elsewhere - others;
      const isMoved = moved >= SUSPICIOUS && elsewhere > others && gain >= SUSPICIOUS / 2 - 1;
      if ((!isMoved && exchanged < SUSPICIOUS) || areEqual(piece[one] as Answered, piece[other] as Answered)) continue;
      suspected.add(one);
      if (exchanged >= SUSPICIOUS) suspected.add(other);
    }
  }
  return suspected;
}

function areEqual(one: Answered, other: Answered): boolean {
  return one.source === other.source || one.translation === other.translation;
}

/** How well each translation fits each source: row by source, column by translation. Higher is better. */
function fits(piece: readonly Answered[]): Float64Array {
  const count = piece.length;
  const sources = piece.map(({ source }) => traitsOf(source));
  const translations = piece.map(({ translation }) => traitsOf(translation));
  const fit = new Float64Array(count * count);

  const inTranslations = placesOfMarks(translations);
  for (const [mark, places] of placesOfMarks(sources)) {
    const others = inTranslations.get(mark);
    if (others === undefined) continue;
    const weight = MARK / Math.max(places.length, others.length);
    for (const source of places) {
      for (const translation of others) {
        const at = source * count + translation;
        fit[at] = Math.min(BEST_MARKS, (fit[at] as number) + weight);
      }
    }
  }

  const ratios = sources.map(({ length }, at) => (translations[at] as Traits).length - length).sort((a, b) => a - b);
  const usual = ratios[ratios.length >> 1] as number;
  let at = 0;
  for (const source of sources) {
    const precision = 0.5 / (SPREAD + SPREAD_BY_LENGTH * Math.exp(-source.length));
    for (const translation of translations) {
      const off = translation.length - source.length - usual;
      let score = (fit[at] as number) - Math.min(WORST_LENGTH, off * off * precision);
      if (source.end !== translation.end) score -= 1;
      if (source.lines !== translation.lines) score -= 1;
      fit[at] = score;
      at += 1;
    }
  }
  return fit;
}

interface Traits {
  /** The logarithm of its length in characters of an alphabet. A few more, so that short labels may differ. */
  length: number;
  marks: readonly string[];
  end: string;
  lines: number;
}

function traitsOf(text: string): Traits {
  const read = text.length > MOST_READ ? text.slice(0, MOST_READ) : text;
  return {
    length: Math.log(charactersOf(text) + 4),
    marks: read.match(MARKS)?.map(stem) ?? [],
    end: ENDS[text.trimEnd().at(-1) ?? ""] ?? "",
    lines: linesOf(text),
  };
}

const LETTER = /^[A-Za-z\u00c0-\u024f]/;
const ACCENTED = /[\u00c0-\u024f]/;
const ACCENT = /[\u0300-\u036f]/g;

/** The beginning of a word, without accents; any other mark as it is. */
function stem(mark: string): string {
  if (!LETTER.test(mark)) return mark;
  const beginning = mark.slice(0, STEM_LETTERS).toLowerCase();
  return ACCENTED.test(beginning) ? beginning.normalize("NFD").replace(ACCENT, "") : beginning;
}

function linesOf(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}

/** The texts that have each mark, each text once. */
function placesOfMarks(traits: readonly Traits[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [at, { marks }] of traits.entries()) {
    for (const mark of marks) {
      const known = places.get(mark);
      if (known === undefined) places.set(mark, [at]);
      else if (known.at(-1) !== at) known.push(at);
    }
  }
  return places;
}
