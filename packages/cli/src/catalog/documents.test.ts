import { expect, test } from "vitest";
import { documentCatalog } from "./document-catalog.ts";

const SOURCE = "# Title\n\nOne.\n\n```\ncode\n```\n\nTwo.\n";

async function written(values: Record<string, string>, existing?: string) {
  const source = await documentCatalog.parse("en.md", Buffer.from(SOURCE));
  const target =
    existing === undefined ? undefined : await documentCatalog.parse("fr.md", Buffer.from(existing), { like: source });
  const byKey = new Map(
    source.messages.flatMap(({ key, text }) => (text in values ? [[key, values[text] ?? ""] as const] : [])),
  );
  const output = documentCatalog.format(source, byKey, { existing: target, locale: "fr" });
  return { text: Buffer.from(output.bytes).toString(), count: output.written.size, source };
}

test("a block without a value stands in the source's language, and has none when it is read again", async () => {
  const { text, count, source } = await written({ Title: "Titre", "One.": "Un." });
  expect(text).toBe(SOURCE.replace("Title", "Titre").replace("One.", "Un."));
  expect(count).toBe(2);
  const target = await documentCatalog.parse("fr.md", Buffer.from(text), { like: source });
  expect([...target.texts.values()]).toEqual(["Titre", "Un.", "```\ncode\n```"]);
});

test.each([
  ["C", "B", "A"],
  ["D", "C", "A", "B"],
  ["D", "B", "A", "C"],
])("blocks that all move stand in the order of the source after one write: %s %s %s", async (...order) => {
  const sorted = [...order].sort();
  const page = (blocks: readonly string[]) => blocks.map((block) => `${block}.\n`).join("\n");
  const source = await documentCatalog.parse("en.md", Buffer.from(page(order)));
  const keys = new Map(source.messages.map(({ key, text }) => [text, key]));
  const known = {
    ids: new Set(keys.values()),
    idsOf: (value: string) => [keys.get(value.replace("fr-", "")) ?? ""],
  };
  const values = new Map(source.messages.map(({ key, text }) => [key, `fr-${text}`]));
  const bytes = Buffer.from(page(sorted.map((block) => `fr-${block}`)));
  const existing = await documentCatalog.parse("fr.md", bytes, { like: source, known });
  const output = documentCatalog.format(source, values, { existing, managed: new Set(keys.values()), locale: "fr" });
  expect(Buffer.from(output.bytes).toString()).toBe(page(order.map((block) => `fr-${block}`)));
});

test("a block that comes without a value stands in its place in the source's language", async () => {
  const existing = "# Titre\n\n```\ncode\n```\n\nDeux.\n\nNote du traducteur.\n";
  const { text, source } = await written(
    { Title: "Titre", "Two.": "Deux.", "```\ncode\n```": "```\ncode\n```" },
    existing,
  );

  expect(text).toBe("# Titre\n\nOne.\n\n```\ncode\n```\n\nDeux.\n\nNote du traducteur.\n");
  expect(source.messages.map(({ isVerbatim = false }) => isVerbatim)).toEqual([false, false, true, false]);
});
