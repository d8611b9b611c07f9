/**
 * Gives protected parts the source's bytes where an engine changed their space (`{ name }`, `% s`, `] (`), width (`｛name｝`), case
 * (`{NAME}`), quotes (`<a href=“x”>`, `%'{'count'}'`) or the spelling of a void tag (`<br>` for `<br/>`).
 */
import { atomsOf, coverOf } from "../mask/parts.ts";
import { readSyntax } from "../syntax.ts";
import type { Repair, RepairSubject } from "./subject.ts";

/** The most alternatives a text is searched for, and the most characters times alternatives: work stays bounded. */
const MAX_ATOMS = 100;
const MAX_WORK = 20_000_000;
const MAX_ATOM_LENGTH = 300;

const SPACE = "[\\s\\u200b\\u00ad]{0,3}";
const SPACES = /[\s\u200b\u00ad]/g;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

interface Atom {
  text: string;
  /** Equal for two spellings of the same part. */
  key: string;
}

interface Match extends Atom {
  at: number;
}

export const spelling: Repair = (translation, subject) => {
  const unchanged = { text: translation, repairs: [] };
  const atoms = wantedAtoms(subject);
  const distinct = [...new Set(atoms.map(({ text }) => text))].sort((a, b) => b.length - a.length);
  if (distinct.length === 0 || distinct.length > MAX_ATOMS || distinct.length * translation.length > MAX_WORK) {
    return unchanged;
  }
  if (
    !subject.syntax.isIcu &&
    distinct.every((text) => occurrences(translation, text) >= occurrences(subject.source, text))
  ) {
    return unchanged;
  }
  const loose = new RegExp(distinct.map(loosePattern).join("|"), "giu");
  const matches: Match[] = [];
  const keyOf = subject.syntax.readAs === "strftime" ? keyInDate : keyOfAnyCase;
  const isSyntax = coverOf(subject.syntax.isIcu ? readSyntax(translation, "icu").spans : []);
  for (const match of translation.matchAll(loose)) {
    // The words of a branch, `one {Name}`, are no argument.
    if (match[0].startsWith("{") && isSyntax(match.index) && !isSyntax(match.index + match[0].length - 2)) continue;
    if (isWord(match[0], translation, match.index)) continue;
    matches.push({ text: match[0], key: keyOf(match[0]), at: match.index });
  }

  const replacements = new Map<Match, string>();
  for (const [key, wanted] of Map.groupBy(atoms, (atom) => atom.key)) {
    const found = matches.filter((match) => match.key === key);
    const missing = without(wanted, found);
    const changed = without(found, wanted, subject.syntax.isIcu);
    const [right] = missing;
    const candidates = new Set((subject.syntax.isIcu ? wanted : missing).map(({ text }) => text));
    // One spelling is missing, and as many others stand in its place. In an ICU message the branches multiply parts.
    if (candidates.size !== 1 || changed.length === 0) continue;
    if (!subject.syntax.isIcu && changed.length !== missing.length) continue;
    const text = right?.text ?? [...candidates][0] ?? "";
    for (const match of changed) replacements.set(match as Match, text);
  }
  if (replacements.size === 0) return unchanged;

  let text = "";
  let at = 0;
  const repairs = new Set<string>();
  for (const [match, right] of [...replacements].sort(([a], [b]) => a.at - b.at)) {
    text += translation.slice(at, match.at) + right;
    at = match.at + match.text.length;
    repairs.add(nameOf(match.text, right));
  }
  return { text: text + translation.slice(at), repairs: [...repairs].sort() };
};

function wantedAtoms({ source, format, syntax }: RepairSubject): Atom[] {
  const keyOf = syntax.readAs === "strftime" ? keyInDate : keyOfAnyCase;
  return atomsOf(source, format)
    .filter((text) => text.length > 1 && text.length <= MAX_ATOM_LENGTH && text !== "%%")
    .map((text) => ({ text, key: keyOf(text) }));
}

/** The entries of `all` that are left when each entry of `taken` takes out one of the same text; with `every`, all of it. */
function without<Each extends Atom>(all: readonly Each[], taken: readonly Atom[], every = false): Each[] {
  const counts = new Map<string, number>();
  for (const { text } of taken) counts.set(text, (counts.get(text) ?? 0) + 1);
  return all.filter(({ text }) => {
    const count = counts.get(text) ?? 0;
    if (count > 0 && !every) counts.set(text, count - 1);
    return count === 0;
  });
}

/** A part written with other space or case that runs on into a word is that word: "100 % sur" holds no `% s`. */
function isWord(found: string, text: string, at: number): boolean {
  const after = text.slice(at + found.length, at + found.length + 2);
  const before = text.slice(Math.max(0, at - 2), at);
  const runsOn = LETTER_OR_DIGIT.test(found.slice(-1)) && /^[\p{L}\p{N}]/u.test(after);
  const runsIn = LETTER_OR_DIGIT.test(found.charAt(0)) && /[\p{L}\p{N}]$/u.test(before);
  return runsOn || runsIn;
}

function loosePattern(text: string): string {
  // The slash of a void tag is a matter of style.
  const isVoid = /^<(?:area|br|hr|img|input|wbr)\b[^<>]*>$/i.test(text);
  const characters = [...(isVoid ? text.replace(/\s*\/?>$/, "") : text)].filter((character) => !/\s/.test(character));
  const ending = isVoid ? `${SPACE}[/／]?${SPACE}[>＞]` : "";
  return characters.map(looseCharacter).join(SPACE) + ending;
}

const QUOTES = "\"'“”„‟‘’‚‛«»″＂＇";

function looseCharacter(character: string): string {
  if (character === '"' || character === "'") return `[${QUOTES}]`;
  const code = character.codePointAt(0) ?? 0;
  const wide = code > 0x20 && code < 0x7f ? String.fromCodePoint(code + 0xfee0) : "";
  const dotted = character.toLowerCase() === "i" ? "ıİ" : "";
  const one = `[${escaped(character)}${wide}${dotted}]`;
  return character === "{" || character === "}" ? `(?:'${one}'|${one})` : one;
}

function escaped(character: string): string {
  return /[\\\]^[\-&~!#$%*+,.:;<=>?@`|{}()/]/.test(character)
    ? `\\u{${character.codePointAt(0)?.toString(16)}}`
    : character;
}

/** Month and minute, `%m` and `%M`, differ by their case alone. */
function keyInDate(text: string): string {
  return text.startsWith("%") ? text.normalize("NFKC").replace(SPACES, "") : keyOfAnyCase(text);
}

function keyOfAnyCase(text: string): string {
  return folded(text.replace(/'([{}｛｝])'/g, "$1")).replace(/\/>$/, ">");
}

function folded(text: string): string {
  return text
    .normalize("NFKC")
    .replace(SPACES, "")
    .replace(new RegExp(`[${QUOTES}]`, "g"), '"')
    .replace(/[ıİ]/g, "i")
    .toLowerCase();
}

function nameOf(found: string, right: string): string {
  const bare = (text: string) => text.replace(SPACES, "");
  if (bare(found) === bare(right)) return "placeholder-space";
  if (bare(found).replace(/\/>$/, ">") === bare(right).replace(/\/>$/, ">")) return "void-tag";
  if (/'[{}]'/.test(found) && !/'[{}]'/.test(right)) return "quoted-syntax";
  if (bare(found.normalize("NFKC")) === bare(right)) return "placeholder-width";
  if (new RegExp(`[${QUOTES.slice(2)}]`).test(found)) return "attribute-quotes";
  return "placeholder-case";
}

function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}
