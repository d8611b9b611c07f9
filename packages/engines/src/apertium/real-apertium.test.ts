import type { EngineItem } from "@trans-hub/core/engine";
import { startApertium, whyNoApertium } from "@trans-hub/test-support/apertium-apy";
import { batchOf, kindsIn } from "@trans-hub/test-support/http-engine-suite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apertium } from "./apertium.ts";

const why = whyNoApertium();
if (why !== undefined) console.warn(`The tests of the real Apertium are left out: ${why}`);

describe.skipIf(why !== undefined)("the real Apertium", () => {
  const never = new AbortController().signal;
  let server: Awaited<ReturnType<typeof startApertium>>;
  beforeAll(async () => {
    server = await startApertium();
  });
  afterAll(() => server?.close());

  async function translations(items: readonly Pick<EngineItem, "text" | "mask">[], targetLocale = "es") {
    const all = items.map((item, at) => ({ id: `${at}`, format: "auto" as const, ...item }));
    const { results } = await apertium({ url: server.url }).translate(
      { sourceLocale: "en", targetLocale, items: all },
      never,
    );
    return all.map(({ id }) => {
      const result = results.get(id);
      if (result === undefined || "failure" in result) throw result?.failure.error ?? new Error("no result");
      return result.text;
    });
  }

  test("answers a probe", async () => {
    expect(await apertium({ url: server.url }).probe?.(never)).toBeUndefined();
  });

  test("translates into Spanish and Catalan", async () => {
    expect(await translations([{ text: "The house is big" }])).toEqual(["La casa es grande"]);
    expect(await translations([{ text: "The house is big" }], "ca")).toEqual(["La casa és gran"]);
    expect(await translations([{ text: "The house is big" }], "es-MX")).toEqual(["La casa es grande"]);
  });

  test("refuses a pair that is not installed, and names the targets that are", async () => {
    const reply = await apertium({ url: server.url }).translate(batchOf(["Save"], { targetLocale: "ja" }), never);
    expect(kindsIn(reply)).toEqual(["refused"]);
    expect(reply.results.get("i0")).toMatchObject({
      failure: { error: { message: expect.stringMatching(/no pair from en to ja; its targets are .*spa/) } },
    });
  });

  test("gives texts that share a request the translations that each has alone, in its own place", async () => {
    const plain = [
      "Save the file",
      "Open\ttab two",
      "  Delete ",
      "Shipping zones",
      "Yes",
      "No.",
      "(empty)",
      "Are you sure?",
      "*star @at #hash ^caret$ /slash\\ {brace} [bracket]",
      "100 % of 3 files",
      "two\nlines",
      "a < b && c > d",
      "مرحبا",
      "👩‍👩‍👧",
      "...",
      "Mr. Smith left. He will be back",
      "A text that goes on and",
      "of the",
    ].map((text) => ({ text }));
    const masked = [
      'Open <x id="1"/> now',
      '<x id="1"/> files in <g id="2">this <x id="3"/></g>',
      "Fish &amp; chips &lt;b&gt;",
      '<g id="1">Delete</g>',
      '<x id="1"/>',
      "Save",
    ].map((text) => ({ text, mask: "tags" as const }));
    const items = [...plain, ...masked];
    const together = await translations(items);
    for (const [at, item] of items.entries()) expect(await translations([item])).toEqual([together[at]]);
    expect(together[2]).toMatch(/^ {2}\S.*\S $/);
  });

  test("keeps each tag of a masked text, once and closed, and the entities", async () => {
    const text = 'Hello <x id="1"/>, you have <g id="2">three <x id="3"/> new</g> messages &amp; &lt;3';
    const [translation = ""] = await translations([{ text, mask: "tags" }]);
    const tags = (words: string) => words.match(/<[^>]*>|&\w+;/g)?.sort();
    expect(tags(translation)).toEqual(tags(text));
    expect(translation).not.toMatch(/messages|three/);
  });

  test("takes a full batch, and many at once", async () => {
    const items = Array.from({ length: 100 }, (_, at) => ({ text: `Delete file ${at}` }));
    const batches = await Promise.all(Array.from({ length: 5 }, () => translations(items)));
    for (const batch of batches) {
      for (const [at, text] of batch.entries()) expect(text).toMatch(new RegExp(`\\b${at}$`));
    }
  });
});
