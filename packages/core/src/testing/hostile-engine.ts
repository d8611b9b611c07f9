/** Engines of a test that treat words and syntax alike, to show what core keeps of a text. */
import type { Engine, EngineItem, EngineReply, Protection } from "../contract/engine.ts";

/** The ways of a hostile engine. */
export const MANNERS = [
  "rewrite",
  "translate",
  "upper-case",
  "reorder",
  "drop",
  "double",
  "space",
  "squeeze",
  "escape",
] as const;
export type Manner = (typeof MANNERS)[number];

/** Tags, words, blanks, and every other character alone. */
const TOKEN = /<[^<>]*>|[\p{L}\p{M}]+|\p{N}+|\s+|./gsu;
const WORD = /^[\p{L}\p{M}]+$/u;
const VOWEL = /[aeiouy]/i;

/** The words of a text as another language, with nothing kept. The same text gives the same answer. */
export function mangled(text: string, manner: Manner): string {
  const tokens = text.match(TOKEN) ?? [];
  const chunks = text.match(/<[^<>]*>|[^\s<]+|\s+|</g) ?? [];
  switch (manner) {
    case "rewrite":
      return tokens.map((token) => (WORD.test(token) ? [...token].reverse().join("") : token)).join("");
    case "translate":
      return tokens.map((token) => token.replace(/[\p{L}\p{M}]+/gu, foreign)).join("");
    case "upper-case":
      return text.toUpperCase();
    case "reorder":
      return permuted(chunks);
    case "drop":
      return chunks.filter((_, at) => at === 0 || at % 4 !== 2).join("");
    case "double":
      return chunks.map((chunk) => (/^\s/.test(chunk) ? chunk : `${chunk} ${chunk}`)).join("");
    case "space":
      return tokens.join(" ");
    case "squeeze":
      return text.replace(/[\s\p{P}\p{S}]/gu, "") || text;
    case "escape":
      return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/'/g, "&#39;");
  }
}

/**
 * An engine that mangles all it is given, masks included.
 *
 * @param manner Default: another one for each item and each try of it, by turns.
 */
export function hostileEngine(protects: Protection, manner?: Manner): Engine {
  let turn = 0;
  return engineOf(`hostile-${protects}`, protects, ({ text }) => {
    turn += 1;
    return mangled(text, manner ?? MANNERS[turn % MANNERS.length] ?? "rewrite");
  });
}

/**
 * An engine that keeps what it says it keeps, and translates all else: with `instructed` what looks like syntax, with
 * `tags` the tags of a masked text, with `words` words without a vowel, with `none` nothing.
 */
export function friendlyEngine(protects: Protection): Engine {
  return engineOf(`friendly-${protects}`, protects, (item) => {
    const kept = keptBy(protects, item);
    return kept === undefined ? mangled(item.text, "translate") : replaceApart(item.text, kept, foreign);
  });
}

const SYNTAX =
  /<[^<>]*>|\{\{[^{}]*\}\}|[$%]?\{[^{}]*\}|%\([^()]*\)[a-z]|%[-+#0-9$]*(?:\.[0-9]+)?(?:hh?|ll?|[qjzt])?[a-z@%]|`[^`]*`|&#?\w+;|\]\([^()\s]*(?:\s"[^"]*")?\)|\S+:\/\/\S+|\S+@\S+|\$t\([^()]*\)|[:$]\w+/giu;
const ELEMENTS = /<[^<>]*>|&(?:amp|lt|gt);/g;

function keptBy(protects: Protection, { mask }: EngineItem): RegExp | undefined {
  if (mask === "tags") return protects === "tags" || protects === "instructed" ? ELEMENTS : undefined;
  if (mask === "words") return protects === "none" ? undefined : /\b[B-DF-HJ-NP-TV-XZ]{5,}\b/gi;
  return protects === "instructed" ? SYNTAX : undefined;
}

function replaceApart(text: string, kept: RegExp, change: (word: string) => string): string {
  let result = "";
  let at = 0;
  const words = (part: string) => part.replace(/[\p{L}\p{M}]+/gu, change);
  for (const match of text.matchAll(kept)) {
    result += words(text.slice(at, match.index)) + match[0];
    at = match.index + match[0].length;
  }
  return result + words(text.slice(at));
}

/** A word of a language that nobody speaks. */
function foreign(word: string): string {
  const shifted = [...word].map((letter) => (VOWEL.test(letter) ? "u" : letter)).join("");
  return shifted === word ? `${word}u` : shifted;
}

/** The chunks in reverse order, blanks where they were. */
function permuted(chunks: readonly string[]): string {
  const words = chunks.filter((chunk) => !/^\s/.test(chunk));
  return chunks.map((chunk) => (/^\s/.test(chunk) ? chunk : words.pop())).join("");
}

function engineOf(name: string, protects: Protection, answer: (item: EngineItem) => string): Engine {
  return {
    name,
    version: "1",
    processor: "local",
    maxItemsPerCall: 100,
    maxBytesPerCall: 16 * 2 ** 20,
    detectsSource: true,
    takesContext: true,
    protects,
    async translate({ items }, signal): Promise<EngineReply> {
      signal.throwIfAborted();
      return { results: new Map(items.map((item) => [item.id, { text: answer(item) }])) };
    },
  };
}
