/**
 * For any file of each format: its values are those that it was made of, it is written back byte for byte, and a new value
 * changes its own stretch alone. `TH_TEST_RUNS=1000` makes a thousand files of each kind.
 */
import { type CatalogDocument, formatNamed, type Unit, type Value } from "@trans-hub/formats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JSON_FILES } from "./files/json-files.ts";
import { LINE_FILES } from "./files/line-files.ts";
import { encoded, type FileKind, textOf, type WrittenFile } from "./files/pieces.ts";
import { TREE_FILES } from "./files/tree-files.ts";
import { XML_FILES } from "./files/xml-files.ts";

const { TH_TEST_SEED: seed, TH_TEST_PATH: path, TH_TEST_RUNS: runs = "30" } = process.env;

const KINDS: readonly FileKind[] = [...JSON_FILES, ...LINE_FILES, ...XML_FILES, ...TREE_FILES];

/** Any text, with what the notations spell in their own ways among it. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "Save",
        " ",
        "'",
        '"',
        "\\",
        "\n",
        "\t",
        "<",
        "&",
        "%s",
        "{x}",
        "#",
        ": ",
        "|",
        "=",
        ";",
        ",",
        "]]>",
        "-",
        "été",
        "日本",
        "😀",
      ),
      fc.string({ unit: "grapheme", maxLength: 3 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  // A text without a letter is none that is translated in a document.
  .map((parts) => `${parts.join("")}x`);

const counts = new Map<string, { files: number; values: number; changes: number; refused: number }>();

describe.each(KINDS)("$name", (kind) => {
  test("a file is written back, and a new value changes its own stretch alone", {
    timeout: 60_000 + Number(runs) * 1_000,
  }, async () => {
    const format = await formatNamed(kind.format);
    const count = { files: 0, values: 0, changes: 0, refused: 0 };
    counts.set(kind.name, count);
    // A target is read with its source, which says whether a text has plural forms.
    const read = (bytes: Uint8Array, source?: CatalogDocument) =>
      format.read(bytes, { file: kind.file, locale: kind.locale, ...(format.isKeyless !== true && { source }) });
    const property = fc.property(kind.files, fc.infiniteStream(anyText), (file, texts) => {
      const bytes = encoded(textOf(file.pieces), file.encoding);
      const marks = file.pieces.filter((piece) => typeof piece !== "string");
      const wanted = marks.map(({ value }) => value);
      const document = read(bytes);
      const open = document.units.filter(isOpen);
      expect(open.flatMap(textsOf)).toEqual(wanted);
      expect(Buffer.compare(document.write([]).bytes, bytes)).toBe(0);
      count.files += 1;
      count.values += wanted.length;
      let at = 0;
      for (const unit of open) {
        const length = textsOf(unit).length;
        const values = [...texts.take(length)];
        const { bytes: written, refused } = document.write([
          { kind: "set", id: unit.id, value: withTexts(unit, values) },
        ]);
        const first = at;
        at += length;
        count.changes += 1;
        if (refused.length > 0) {
          expect(Buffer.compare(written, bytes)).toBe(0);
          count.refused += 1;
          continue;
        }
        const [start, end] = stretch(file, first, at - 1);
        expect(Buffer.compare(written.subarray(0, start), bytes.subarray(0, start))).toBe(0);
        const rest = bytes.subarray(end);
        expect(Buffer.compare(written.subarray(written.length - rest.length), rest)).toBe(0);
        expect(read(written, document).units.filter(isOpen).flatMap(textsOf)).toEqual([
          ...wanted.slice(0, first),
          ...values,
          ...wanted.slice(at),
        ]);
      }
    });
    fc.assert(property, {
      ...{ numRuns: Number(runs) },
      ...(seed !== undefined && { seed: Number(seed) }),
      ...(path !== undefined && { path }),
    });
    if (Number(runs) >= 1000) console.log(kind.name, JSON.stringify(count));
  });
});

function isOpen({ translate, isVerbatim = false }: Unit): boolean {
  return translate && !isVerbatim;
}

function textsOf({ value = "" }: Unit): string[] {
  return typeof value === "string" ? [value] : [...value.forms.values()];
}

function withTexts({ value }: Unit, texts: readonly string[]): Value {
  if (typeof value !== "object") return texts[0] ?? "";
  return { ...value, forms: new Map([...value.forms.keys()].map((form, at) => [form, texts[at] ?? ""])) };
}

/** The bytes from the first of some values to the last. */
function stretch({ pieces, encoding }: WrittenFile, first: number, last: number): [start: number, end: number] {
  const places = pieces.flatMap((piece, at) => (typeof piece === "string" ? [] : [at]));
  const before = (end: number) => encoded(textOf(pieces.slice(0, end)), encoding).length;
  return [before(places[first] ?? 0), before((places[last] ?? 0) + 1)];
}
