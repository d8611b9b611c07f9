import { CatalogError } from "@trans-hub/core/operations";
import { describe, expect, test } from "vitest";
import type { CatalogDocument, ReadOptions } from "../contract.ts";
import { formatConformance, memoryOf } from "../testing/conformance.ts";
import { markdown } from "./markdown.ts";
import { mdx } from "./mdx.ts";

const GUIDE = `---
title: The guide
date: 2026-01-02
description: "How to ship a parcel"
---

# Ship a *parcel* { #ship }

One text
on two lines.

Setext heading
==============

- first item
  goes on
- second item
  1. nested item

     with a second paragraph
- [ ] a task

> A quote
> on two lines.

| Name | Price \\| tax |
|------|-------:|
| Box  | 5 |
| Bag  | six |

:::note

Be careful.

:::

/// tip | Short
Keep dry.
///

![A red parcel](parcel.png)

![](icon.png)

{{< figure src="x.png" >}}

\`\`\`sh
ship --now
\`\`\`

<div>HTML stays</div>

Text with [a link][ref], \`code\` and a note[^1].

[ref]: https://example.com

[^1]: The note.

***
`;

const PAGE = `import { Card } from './card.js';

# Title

<Card title="x">
  Inside a card, {name} reads.

  - An item
</Card>

export const a = 1;

{a + 1}

Last *text*.
`;

formatConformance(markdown, [
  { name: "a guide", content: GUIDE },
  { name: "with CRLF and a byte order mark", content: `\uFEFF${GUIDE.replaceAll("\n", "\r\n")}` },
  { name: "escapes", content: "1\\. Januar\n\n\\# no heading\n\n\\- no item\n\\+ nor this\n\n- \\- dash\n" },
  { name: "no line end at the end", content: "# One\nTwo" },
]);
formatConformance(mdx, [{ name: "a page", content: PAGE }]);

function read(content: string, options: Partial<ReadOptions> = {}): CatalogDocument {
  return markdown.read(Buffer.from(content), { file: "a.md", ...options });
}

function texts({ units }: CatalogDocument): string[] {
  return units.flatMap(({ value, isVerbatim }) => (isVerbatim || typeof value !== "string" ? [] : [value]));
}

/** A target as a person or Trans-Hub left it, of which the values of `before` are remembered. */
function target(content: string, { source, before }: { source: string; before?: CatalogDocument }): CatalogDocument {
  const memory = before && memoryOf(markdown, before, before, []);
  return read(content, { ...memory, source: read(source) });
}

test("texts are sent, and nothing else", () => {
  expect(texts(read(GUIDE))).toEqual([
    "The guide",
    "How to ship a parcel",
    "Ship a *parcel*",
    "One text\non two lines.",
    "Setext heading",
    "first item\ngoes on",
    "second item",
    "nested item",
    "with a second paragraph",
    "a task",
    "A quote\non two lines.",
    "Name",
    "Price | tax",
    "Box",
    "Bag",
    "six",
    "Be careful.",
    "Keep dry.",
    "![A red parcel](parcel.png)",
    "Text with [a link][ref], `code` and a note[^1].",
    "The note.",
  ]);
  const page = mdx.read(Buffer.from(PAGE), { file: "a.mdx" });
  expect(texts(page)).toEqual(["Title", "Inside a card, {name} reads.", "An item", "Last *text*."]);
});

test("an id depends on the text alone", () => {
  const ids = new Set(
    read(`# New\n\nNew paragraph.\n\n${GUIDE.replace(/^---[\s\S]*?---\n\n/, "")}`).units.map(({ id }) => id),
  );
  for (const { id, value } of read(GUIDE).units)
    if (typeof value === "string" && id.includes(":")) expect(ids).toContain(id);
});

describe("a value", () => {
  test.each([
    ["One text.", "1. Januar", "1\\. Januar\n"],
    ["One text.", "- kein Punkt", "\\- kein Punkt\n"],
    ["One text.", "zwei\n# Zeilen", "zwei\n\\# Zeilen\n"],
    ["- item", "zwei\nZeilen", "- zwei\n  Zeilen\n"],
    ["> - quoted", "zwei\nZeilen", "> - zwei\n>   Zeilen\n"],
    ["# Title", "C#", "# C#\n"],
  ])("in the place of %j, %j stands as %j", (source, value, wanted) => {
    const document = read(`${source}\n`);
    const [unit] = document.units;
    const { bytes, refused } = document.write([{ kind: "set", id: unit?.id ?? "", value }]);
    expect(refused).toEqual([]);
    expect(Buffer.from(bytes).toString()).toBe(wanted);
    expect(texts(read(wanted))).toEqual([value]);
  });

  test.each([
    ["One text.", "two\n\nparagraphs"],
    ["# Title", "two\nlines"],
    ["# Title", "closed #"],
    ["One text.", "[ref]: https://example.com"],
    ["One text.", "<div>\nblock\n</div>"],
  ])("in the place of %j, %j is refused", (source, value) => {
    const document = read(`${source}\n`);
    const { bytes, refused } = document.write([{ kind: "set", id: document.units[0]?.id ?? "", value }]);
    expect(refused).toHaveLength(1);
    expect(Buffer.from(bytes).toString()).toBe(`${source}\n`);
  });
});

describe("a target", () => {
  const source = "# Title\n\nOne.\n\n```\ncode\n```\n\nTwo, 42.\n\n- item\n";
  const content = "# Titre\n\nUn.\n\n```\ncode\n```\n\nDeux, 42.\n\n- élément\n";
  const before = target(content, { source });

  test("without memory is paired by its order", () => {
    expect(before.units.map(({ id }) => id)).toEqual(read(source).units.map(({ id }) => id));
  });

  test.each([
    ["a paragraph comes first", `Zero.\n\n${source}`, content],
    ["a paragraph goes", source.replace("One.\n\n", ""), content.replace("Un.\n\n", "")],
    ["code comes", source.replace("Two", "```\nmore\n```\n\nTwo"), content],
    ["blocks move", "Two, 42.\n\n# Title\n\n- item\n\nOne.\n\n```\ncode\n```\n", content],
    ["a person edits", source, content.replace("Un.", "Une.").replace("élément", "point")],
    ["a person edits, and a paragraph comes", `# Title\n\nZero.\n\n${source.slice(9)}`, content.replace("Un.", "Une.")],
  ])("keeps its pairs when %s", (_, changed, present) => {
    const wanted = new Map(before.units.map(({ id, line }) => [content.split("\n")[line - 1], id]));
    for (const { id, line } of target(present, { source: changed, before }).units) {
      const text = (present.split("\n")[line - 1] ?? "").replace("Une.", "Un.").replace("point", "élément");
      expect(id).toBe(wanted.get(text));
    }
  });

  test("takes over the block whose source changed", () => {
    const changed = target(content, { source: source.replace("One.", "One!"), before });
    const id = read(source.replace("One.", "One!")).units[1]?.id ?? "";
    expect(changed.units[1]?.id).toBe(id);
    expect(changed.formerIds?.get(id)).toBe(read(source).units[1]?.id);
  });

  test("keeps a person's own block, which belongs to no text of the source", () => {
    const own = target(content.replace("Un.", "Un.\n\nNote du traducteur."), { source, before });
    expect(own.units.filter(({ id }) => id.startsWith("own-")).map(({ value }) => value)).toEqual([
      "Note du traducteur.",
    ]);
  });
});

test.each([
  ["a\n\n{b\n", 4],
  ["<a b=>\n", 1],
])("a fault of MDX is named with its place, and without its text: %j", (content, line) => {
  const reading = () => mdx.read(Buffer.from(content), { file: "a.mdx" });
  expect(reading).toThrow(CatalogError);
  expect(reading).toThrow(/^a\.mdx:\d+:\d+: invalid MDX/);
  expect(reading).toThrow(expect.objectContaining({ line }));
});

test.each([
  ["block quotes", `${">".repeat(20_000)} deep\n`],
  ["lists of one line", "- ".repeat(20_000)],
  ["lists", Array.from({ length: 400 }, (_, at) => `${"  ".repeat(at)}- x`).join("\n")],
  ["brackets", "[".repeat(5_000)],
  ["stars", "*a ".repeat(5_000)],
])(
  "many nested %s end in time",
  (_, content) => {
    try {
      expect(Buffer.compare(read(content).write([]).bytes, Buffer.from(content))).toBe(0);
    } catch (error) {
      expect(error).toBeInstanceOf(CatalogError);
    }
  },
  10_000,
);
