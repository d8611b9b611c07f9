import { CatalogError } from "@trans-hub/core/operations";
import { expect, test } from "vitest";
import { formatConformance } from "../testing/conformance.ts";
import { appleStrings } from "./apple-strings.ts";

const SAMPLE = [
  "/* Localizable.strings */",
  "",
  "// The button",
  '"cart.add" = "Add to \\"cart\\"";',
  '"two" = "first\\nsecond"; // at the end of a line',
  "/* A note",
  "   of two lines */",
  'bare_key="Bare";',
  '"caf\\U00e9" = "Caf\\u00e9";',
  '"raw lines" = "one',
  'two";',
  "",
].join("\n");

formatConformance(appleStrings, [
  { name: "comments, escapes, bare keys", content: SAMPLE, unlike: ["café", "raw lines"] },
  { name: "UTF-16 with CRLF", content: Buffer.from('\uFEFF"a" = "b";\r\n"c" = "d";\r\n', "utf16le") },
]);

test("the comment above an entry is its note, a heading above a blank line is none", () => {
  const { units } = appleStrings.read(Buffer.from(SAMPLE), { file: "a.strings" });
  expect(units.map(({ note }) => note)).toEqual([
    "The button",
    undefined,
    "A note\n   of two lines",
    undefined,
    undefined,
  ]);
});

test("a fault is named with its place and without the text", () => {
  const content = Buffer.from('"a" = "secret"\n"b" = "c";\n');
  expect(() => appleStrings.read(content, { file: "a.strings" })).toThrow(
    new CatalogError("a.strings", 'has no ";" after a value', { line: 1, column: 15 }),
  );
});
