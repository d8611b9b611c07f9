/** The terms of a glossary for one pair of locales: which of them a text has, and whether its translation keeps to them. */
import { LRUCache } from "lru-cache";
import { type EngineTerm, type TermKind, type TextFormat, UNDETERMINED_LOCALE } from "../contract/engine.ts";
import type { Glossary, GlossaryTerm } from "../contract/glossary.ts";
import type { Span } from "../text/icu.ts";
import { isUnspaced } from "../text/terms/borders.ts";
import { fold } from "../text/terms/fold.ts";
import { type Found, TermMatcher, type Wanted } from "../text/terms/matcher.ts";
import { localeFallbacks } from "./locale.ts";

/** Up to so many terms of a pair of locales go with each call, so that all calls begin alike and the provider's cache serves them. */
export const MOST_WHOLE_TERMS = 40;

/** A term as it holds for the pair. */
interface Entry {
  readonly told: EngineTerm;
  readonly isExact: boolean;
  /** Accepted translations; of `forbid`, the forbidden ones. Empty for `keep`. */
  readonly targets: readonly string[];
}

export interface TermFindings {
  /** A clause for each `keep` or `forbid` that is broken: for the engine to try again by. It names terms, and no other word of a text. */
  readonly broken: readonly string[];
  /** The number of terms whose translation is not there, as far as word beginnings tell. */
  readonly missing: number;
}

const NONE: TermFindings = { broken: [], missing: 0 };

export class Terminology {
  readonly #targetLocale: string;
  readonly #language: string;
  readonly #entries: readonly Entry[];
  readonly #sources: TermMatcher<Entry>;
  /** Made when a text has a forbidden term for the first time: by each target text, whether it is forbidden, and of which term. */
  #targets: TermMatcher<Entry> | undefined;
  readonly #found = new LRUCache<string, readonly Found<Entry>[]>({ max: 500 });

  constructor({ terms }: Glossary, sourceLocale: string, targetLocale: string) {
    this.#targetLocale = targetLocale;
    this.#language = targetLocale.split("-", 1)[0] ?? "";
    const sources = localeFallbacks(sourceLocale);
    const wanted: Wanted<Entry>[] = [];
    const entries: Entry[] = [];
    for (const term of terms) {
      // A text whose language is to be detected may be of each.
      const isOfSource = sourceLocale === UNDETERMINED_LOCALE || sources.includes(term.sourceLocale);
      const entry = isOfSource ? entryOf(term, targetLocale) : undefined;
      if (entry === undefined) continue;
      entries.push(entry);
      for (const form of [term.term, ...term.forms]) wanted.push({ form, case: term.case, entry });
    }
    this.#entries = entries;
    this.#sources = new TermMatcher(sourceLocale, wanted);
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** The terms that go with a call of these texts, sorted. Undefined: none. */
  termsFor(texts: Iterable<string>): EngineTerm[] | undefined {
    if (this.isEmpty) return undefined;
    if (this.#entries.length <= MOST_WHOLE_TERMS) return sorted(this.#entries);
    const occurring = new Set<Entry>();
    for (const text of texts)
      for (const { entries } of this.#in(text, "auto")) for (const entry of entries) occurring.add(entry);
    return occurring.size === 0 ? undefined : sorted([...occurring]);
  }

  /** The places of terms to keep. */
  kept(text: string, format: TextFormat): Span[] {
    if (this.isEmpty) return [];
    const isKept = ({ entries, isSoft }: Found<Entry>) => !isSoft && entries.some(({ told }) => told.kind === "keep");
    return this.#in(text, format)
      .filter(isKept)
      .map(({ start, end }) => ({ start, end }));
  }

  judge(source: string, translation: string, format: TextFormat): TermFindings {
    if (this.isEmpty) return NONE;
    const found = this.#in(source, format);
    if (found.length === 0) return NONE;
    const broken = new Set<string>();
    let missing = 0;
    const folded = fold(translation, this.#language).text;
    let forbidden: ReadonlySet<Entry> | undefined;
    // A text may have one term thousands of times, and each look goes through the whole translation.
    const judged = new Set<Entry | string>();
    const isFirst = (of: Entry | string) => !judged.has(of) && judged.add(of) !== undefined;
    for (const { entries, start, end, isSoft } of found) {
      for (const entry of entries) {
        const { term, as, kind } = entry.told;
        if (kind === "keep" && !isSoft) {
          const surface = source.slice(start, end);
          if (!isFirst(`${entry.isExact} ${surface}`)) continue;
          const isThere = entry.isExact
            ? translation.includes(surface)
            : folded.includes(fold(surface, this.#language).text);
          if (!isThere) broken.add(`"${term}" must stand in it unchanged`);
        }
        if (kind === "forbid" && !isSoft) {
          forbidden ??= this.#forbiddenIn(translation);
          if (forbidden.has(entry)) broken.add(`"${as}" must not be used`);
        }
        if (kind === "translate" && isFirst(entry) && !entry.targets.some((each) => this.#mayHave(folded, each)))
          missing += 1;
      }
    }
    return { broken: [...broken].sort(), missing };
  }

  #in(text: string, format: TextFormat): readonly Found<Entry>[] {
    // What is a placeholder, and so no word, depends on the format.
    const name = `${format} ${text}`;
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const found = this.#sources.find(text, format);
    this.#found.set(name, found);
    return found;
  }

  /** A longer accepted translation that holds the forbidden word hides it: the longest target wins. */
  #forbiddenIn(translation: string): ReadonlySet<Entry> {
    this.#targets ??= new TermMatcher(
      this.#targetLocale,
      this.#entries.flatMap((each) => each.targets.map((form) => ({ form, case: "any" as const, entry: each }))),
    );
    return new Set(this.#targets.find(translation).flatMap(({ entries, isSoft }) => (isSoft ? [] : entries)));
  }

  /** Whether a translation has the target, or words that begin like it: languages change the ends of words. */
  #mayHave(folded: string, target: string): boolean {
    const wanted = fold(target, this.#language).text;
    if (folded.includes(wanted)) return true;
    const words = wanted.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
    const long = words.filter((word) => word.length >= LEAST_STEM);
    if (long.length === 0) return false;
    return long.every((word) => {
      const stem = word.slice(0, Math.max(LEAST_STEM, Math.ceil(word.length * STEM_SHARE)));
      return isUnspaced(stem.slice(0, 1)) ? folded.includes(stem) : beginsAWord(folded, stem);
    });
  }
}

const LEAST_STEM = 4;
const STEM_SHARE = 0.6;

function beginsAWord(text: string, stem: string): boolean {
  for (let at = text.indexOf(stem); at !== -1; at = text.indexOf(stem, at + 1)) {
    if (at === 0 || !/[\p{L}\p{N}\p{M}]/u.test(text.charAt(at - 1))) return true;
  }
  return false;
}

function entryOf(
  { term, kind, case: letterCase, note, targets }: GlossaryTerm,
  targetLocale: string,
): Entry | undefined {
  const target = targetOf(targets, targetLocale);
  const isEverywhere = kind === "keep" && Object.keys(targets).length === 0;
  if (target === undefined && !isEverywhere) return undefined;
  const told = { term, as: kind === "keep" ? term : (target?.as ?? term), kind, ...(note !== null && { note }) };
  const isExact = letterCase !== "any";
  return { told, isExact, targets: kind === "keep" ? [] : [told.as, ...(target?.forms ?? [])] };
}

function targetOf(targets: GlossaryTerm["targets"], targetLocale: string) {
  const locale = localeFallbacks(targetLocale).find((each) => Object.hasOwn(targets, each));
  return locale === undefined ? undefined : targets[locale];
}

const KINDS: readonly TermKind[] = ["translate", "keep", "forbid"];

function sorted(entries: readonly Entry[]): EngineTerm[] {
  return entries
    .map(({ told }) => told)
    .sort((a, b) => compare(a.term, b.term) || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || compare(a.as, b.as));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const TERMINOLOGIES = new WeakMap<Glossary, LRUCache<string, Terminology>>();

/** The terms for a pair of locales, made once for each revision of a glossary. */
export function terminologyOf(glossary: Glossary, sourceLocale: string, targetLocale: string): Terminology {
  const ofGlossary = TERMINOLOGIES.get(glossary) ?? new LRUCache<string, Terminology>({ max: 100 });
  TERMINOLOGIES.set(glossary, ofGlossary);
  const pair = `${sourceLocale} ${targetLocale}`;
  const known = ofGlossary.get(pair);
  if (known !== undefined) return known;
  const made = new Terminology(glossary, sourceLocale, targetLocale);
  ofGlossary.set(pair, made);
  return made;
}
