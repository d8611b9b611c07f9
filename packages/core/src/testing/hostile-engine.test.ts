import { describe, expect, test } from "vitest";
import type { EngineItem, Protection } from "../contract/engine.ts";
import { judge } from "../text/checks/judge.ts";
import { maskParts, splitAtParts } from "../text/mask/mask.ts";
import { protectedTokens, readSyntax } from "../text/syntax.ts";
import { friendlyEngine, hostileEngine, MANNERS, mangled } from "./hostile-engine.ts";

const TEXTS = [
  "Hello {name}, you have {{count}} <b>new</b> messages (%1$s, %(who)s)",
  '<p><a href="/terms?a=1&b=2">the <i>list</i></a> of</p> all & more<br>',
  "Read [this `page`](/help), write to a.b@example.org or see https://example.org/a_(b).",
  "Fish &amp; chips, #{id} costs $ {price}; 5 % of %d%%",
  "{n, plural, one {<b>#</b> file of {owner}} other {# files}}",
  "%0% to full charge, $HOME/bin or %PATH%",
  "%A, %B %d, %Y at %H:%M",
  "{a}{b}",
];

/** A translation is read as its source is: a date's pattern shows what it is only as a whole. */
const canonicals = (text: string, source = text) =>
  protectedTokens(text, readSyntax(source).readAs)
    .map(({ canonical }) => canonical)
    .sort();

describe.each(MANNERS)("with an engine whose manner is to %s", (manner) => {
  test.each(TEXTS)("a mask of %j comes back with every part or not at all", (text) => {
    for (const as of ["tags", "words"] as const) {
      const mask = maskParts(text, "auto", as);
      const translation = mask?.unmask(mangled(mask.text, manner));
      if (translation === undefined || judge({ source: text, translation, by: "machine" }).blocked) continue;
      expect(canonicals(translation, text)).toEqual(canonicals(text));
    }
  });

  test.each(TEXTS)("%j survives when it is split", (text) => {
    const { pieces, join } = splitAtParts(text, "auto");
    const translation = join(pieces.map((piece) => mangled(piece, manner)));
    expect(canonicals(translation, text)).toEqual(canonicals(text));
    expect(judge({ source: text, translation }).blocked).toBeUndefined();
  });
});

describe("a friendly engine", () => {
  test.each<[Protection, EngineItem["mask"]]>([
    ["tags", "tags"],
    ["words", "words"],
    ["instructed", "tags"],
    ["instructed", "words"],
  ])("that protects by %s keeps a mask of %s and changes each word", async (protects, as) => {
    for (const text of TEXTS) {
      const mask = maskParts(text, "auto", as ?? "tags");
      if (mask === undefined) throw new Error("nothing to mask");
      const item: EngineItem = { id: "1", text: mask.text, format: "auto", mask: as };
      const batch = { sourceLocale: "en", targetLocale: "fr", items: [item] };
      const { results } = await friendlyEngine(protects).translate(batch, new AbortController().signal);
      const result = results.get("1");
      const translation = mask.unmask(result !== undefined && "text" in result ? result.text : "") ?? "";
      expect(judge({ source: text, translation }).blocked).toBeUndefined();
      if (text !== "{a}{b}") expect(translation).not.toBe(text);
    }
  });
});

test("a hostile engine uses another manner each time it is asked", async () => {
  const engine = hostileEngine("words");
  const item: EngineItem = { id: "1", text: "Save <b>all</b> of {name}'s files now", format: "auto" };
  const answers = new Set<unknown>();
  for (const _ of MANNERS) {
    const batch = { sourceLocale: "en", targetLocale: "fr", items: [item] };
    const { results } = await engine.translate(batch, new AbortController().signal);
    answers.add((results.get("1") as { text: string }).text);
  }
  expect(answers.size).toBe(MANNERS.length);
});
