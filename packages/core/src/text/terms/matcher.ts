/**
 * Finds the terms of a glossary in a text.
 *
 * A term begins and ends at the border of a word, so a tree of its letters is walked from each beginning of a word: the links that Aho
 * and Corasick add for a beginning within a word are of no use. The longest term wins, and terms do not overlap.
 */
import type { TextFormat } from "../../contract/engine.ts";
import type { TermCase } from "../../contract/glossary.ts";
import { Borders, isUnspaced } from "./borders.ts";
import { fold } from "./fold.ts";

/** A term, or one of its forms, and the entry that it stands for. */
export interface Wanted<Entry> {
  readonly form: string;
  readonly case: TermCase;
  readonly entry: Entry;
}

export interface Found<Entry> {
  readonly entries: readonly Entry[];
  /** Of the text as it was given. Of a soft one, with its ending. */
  readonly start: number;
  readonly end: number;
  /** Only its ending says that it may be the term: `boards` of `board`. A soft find is a hint, and blames nobody. */
  readonly isSoft: boolean;
}

/** By code units. The root of a language with 5,000 terms has some dozens of branches. */
class Branch<Entry> {
  readonly next = new Map<number, Branch<Entry>>();
  readonly ends: { form: string; case: TermCase; entry: Entry }[] = [];
}

/** A shorter word has too many words that only begin like it. */
const LEAST_SOFT_LETTERS = 5;
const LONGEST_ENDING = 3;
const ENDING = new RegExp(`'?[\\p{Script=Latin}\\p{Script=Cyrillic}]{1,${LONGEST_ENDING}}`, "uy");
const ONE_ALPHABET = /[\p{Script=Latin}\p{Script=Cyrillic}]$/u;
const WORD_START = /[\p{L}\p{N}]/u;
const SPACE = 32;

export class TermMatcher<Entry> {
  readonly #root = new Branch<Entry>();
  readonly #locale: string;
  readonly #language: string;

  /** @param locale Of the texts that are looked through. */
  constructor(locale: string, wanted: Iterable<Wanted<Entry>>) {
    this.#locale = locale;
    this.#language = locale.split("-", 1)[0] ?? "";
    for (const each of wanted) this.#add(each);
  }

  #add({ form, case: letterCase, entry }: Wanted<Entry>): void {
    const { text, nfc } = fold(form.trim().replace(/\s+/g, " "), this.#language);
    if (text === "") return;
    let branch = this.#root;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      let next = branch.next.get(unit);
      if (next === undefined) {
        next = new Branch();
        branch.next.set(unit, next);
      }
      branch = next;
    }
    branch.ends.push({ form: nfc, case: letterCase, entry });
  }

  find(given: string, format: TextFormat = "auto"): Found<Entry>[] {
    const { text, nfc, place } = fold(given, this.#language);
    const found: Found<Entry>[] = [];
    let borders: Borders | undefined;
    for (let at = 0; at < text.length; at += 1) {
      // Most places end here: no term begins with the letter, or a word goes on.
      if (!this.#root.next.has(text.charCodeAt(at))) continue;
      if (at > 0 && isWithinWord(text, at)) continue;
      const ends = this.#walk(text, at);
      if (ends.length === 0) continue;
      borders ??= new Borders(nfc, this.#locale, format);
      if (!borders.isStart(at)) continue;
      const longest = this.#longest({ text, nfc, borders }, at, ends);
      if (longest === undefined || borders.isSyntax(at, longest.end)) continue;
      found.push({ ...longest, start: place(at), end: place(longest.end) });
      at = longest.end - 1;
    }
    return found;
  }

  /** The places where terms end that begin at a place, and their branches; the shortest first. */
  #walk(text: string, from: number): { end: number; branch: Branch<Entry> }[] {
    const ends: { end: number; branch: Branch<Entry> }[] = [];
    let branch: Branch<Entry> | undefined = this.#root;
    for (let at = from; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      branch = branch.next.get(unit);
      if (branch === undefined) break;
      if (branch.ends.length > 0) ends.push({ end: at + 1, branch });
      if (unit === SPACE) while (text.charCodeAt(at + 1) === SPACE) at += 1;
    }
    return ends;
  }

  #longest(
    { text, nfc, borders }: { text: string; nfc: string; borders: Borders },
    start: number,
    ends: readonly { end: number; branch: Branch<Entry> }[],
  ): { entries: readonly Entry[]; end: number; isSoft: boolean } | undefined {
    for (const { end, branch } of ends.toReversed()) {
      const surface = nfc.slice(start, end).replace(/\s+/g, " ");
      const fitting = branch.ends.filter((each) => fits(surface, each.form, each.case, this.#language));
      if (fitting.length === 0) continue;
      const entries = [...new Set(fitting.map(({ entry }) => entry))];
      if (borders.isEnd(end)) return { entries, end, isSoft: false };
      const ending = endingAt(text, start, end);
      if (ending > 0 && borders.isEnd(end + ending)) return { entries, end: end + ending, isSoft: true };
    }
    return undefined;
  }
}

/** A quick no: only letters of scripts without spaces can have a border between them. */
function isWithinWord(text: string, at: number): boolean {
  const [before, after] = [text.charCodeAt(at - 1), text.charCodeAt(at)];
  // ASCII decides for itself.
  if (before < 128 && after < 128) return isAsciiWord(before) && isAsciiWord(after);
  const [left, right] = [text.charAt(at - 1), text.charAt(at)];
  return WORD_START.test(left) && WORD_START.test(right) && !isUnspaced(left) && !isUnspaced(right);
}

function isAsciiWord(unit: number): boolean {
  return (unit >= 97 && unit <= 122) || (unit >= 48 && unit <= 57) || unit === 95;
}

function endingAt(text: string, start: number, end: number): number {
  const letters = text.slice(start, end).replace(/[^\p{L}]/gu, "").length;
  if (letters < LEAST_SOFT_LETTERS || !ONE_ALPHABET.test(text.charAt(end - 1))) return 0;
  ENDING.lastIndex = end;
  return ENDING.exec(text)?.[0].length ?? 0;
}

function fits(surface: string, form: string, letterCase: TermCase, language: string): boolean {
  if (letterCase === "any") return true;
  if (letterCase === "exact") return surface === form;
  const [first = ""] = surface;
  const [wanted = ""] = form;
  return (
    surface.slice(first.length) === form.slice(wanted.length) &&
    fold(first, language).text === fold(wanted, language).text
  );
}
