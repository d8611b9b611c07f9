/** Joins texts into one string that an Apertium server translates part by part, and cuts its answer. */
import type { EngineItem } from "@trans-hub/core/engine";

export interface Joined {
  items: readonly EngineItem[];
  text: string;
  /** The items that cannot be joined with others. */
  alone: readonly EngineItem[];
  /** The translation of each item, with the white space of its ends. Undefined: the answer has not one part for each. */
  cut(answer: string): string[] | undefined;
}

/**
 * Between texts stands a boundary of sentences, over which the server moves no word: a blank line in plain text, a paragraph
 * in HTML. A single line break is none: "Open↵tab" comes back as "tabulador↵Abierto".
 *
 * A text of several lines would hold such a boundary itself, so it is asked for alone.
 */
export function joinTexts(all: readonly EngineItem[], format: "txt" | "html"): Joined {
  const items = all.filter(({ text }) => isJoinable(text, format));
  const alone = all.filter(({ text }) => !isJoinable(text, format));
  const ends = items.map(({ text }) => ({
    before: text.slice(0, text.length - text.trimStart().length),
    after: text.slice(text.trimEnd().length),
  }));
  const texts = items.map(({ text }) => text.trim());
  return {
    items,
    alone,
    text: format === "html" ? texts.map((text) => `<p>${text}</p>`).join("\n") : texts.join("\n\n"),
    cut(answer) {
      const parts = format === "html" ? paragraphsOf(answer) : answer.trim().split(/\n[^\S\n]*\n/);
      if (parts?.length !== items.length || parts.some((part) => part.trim() === "")) return undefined;
      return parts.map((part, at) => `${ends[at]?.before}${part.trim()}${ends[at]?.after}`);
    },
  };
}

function isJoinable(text: string, format: "txt" | "html"): boolean {
  const words = text.trim();
  return (
    words !== "" && !/[\n\r\v\f\u0085\u2028\u2029\0]/.test(words) && (format === "txt" || !/<\/?p[\s>/]/i.test(words))
  );
}

/** Undefined: a part lies outside of a paragraph. */
function paragraphsOf(answer: string): string[] | undefined {
  const text = answer.trim();
  if (!text.startsWith("<p>") || !text.endsWith("</p>")) return undefined;
  const parts = text.slice("<p>".length, -"</p>".length).split(/<\/p>\s*<p>/);
  return parts.some((part) => /<\/?p>/.test(part)) ? undefined : parts;
}
