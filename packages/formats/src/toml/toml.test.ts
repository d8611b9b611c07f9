import { expect, test } from "vitest";
import type { CatalogDocument, Change, ReadOptions } from "../contract.ts";
import { formatConformance } from "../testing/conformance.ts";
import { randomEdits } from "../testing/random-edits.ts";
import { toml } from "./toml.ts";

const SAMPLE = `# The shop
title = "Shop" # name
a.b = "dotted"
"quoted.key" = 'C:\\path'
count = 1
inline = { one = "a", other = 'b' }
list = ["x", 'y']

# The boxes
[boxes]
description = "Shown in the cart"
hash = "sha1-x"
one = "{{ .Count }} box"   # badge
other = "{{ .Count }} \\u00e9 \\"boxes\\""

[text]
other = """
First
second \\"""x" """

[a.c]
raw = '''
raw
"lines"'''
nothing = ""

[[items]]
name = "One"
[[items]]
name = "Two"`;

formatConformance(toml, [
  { name: "tables, families, every kind of quotes", content: SAMPLE, options: { source: read(SAMPLE) } },
  { name: "CRLF and a byte order mark", content: '\uFEFFa = "b"\r\n[c]\r\nd = """\r\ne\r\nf"""\r\ng = \'h\'\r\n' },
]);

randomEdits(toml, [SAMPLE], { source: read(SAMPLE) });

function read(content: string, options: Partial<ReadOptions> = {}): CatalogDocument {
  return toml.read(Buffer.from(content), { file: "active.en.toml", ...options });
}

function written(document: CatalogDocument, changes: Change[]): string {
  const { bytes, refused } = document.write(changes);
  expect(refused).toEqual([]);
  return Buffer.from(bytes).toString();
}

test.each(['a = "b"\n', "a = 'b'\n"])("line ends of a text with carriage returns are read back: %j", (content) => {
  const { bytes } = read(content).write([{ kind: "set", id: "a", value: "one\r\ntwo\r" }]);
  expect(read(Buffer.from(bytes).toString()).units[0]?.value).toBe("one\r\ntwo\r");
});

test("messages are families or texts, with their descriptions as notes", () => {
  const { units } = read(SAMPLE);
  expect(units.filter(({ translate }) => translate).map(({ id, note }) => [id, note])).toEqual([
    ["title", "The shop\nname"],
    ["a.b", undefined],
    ["quoted\\.key", undefined],
    ["inline", undefined],
    ["list.0", undefined],
    ["list.1", undefined],
    ["boxes", "Shown in the cart"],
    ["text.other", undefined],
    ["a.c.raw", undefined],
    ["items.0.name", undefined],
    ["items.1.name", undefined],
  ]);
  expect(units.find(({ id }) => id === "text.other")?.value).toBe('First\nsecond """x" ');
});

test("a family gets the forms of its language and keeps what stands beside them", () => {
  const forms = new Map([
    ["one", "1"],
    ["few", "2"],
    ["many", "5"],
    ["other", "1,5"],
  ]);
  const content = written(read(SAMPLE), [{ kind: "set", id: "boxes", value: { forms } }]);
  expect(content).toContain('hash = "sha1-x"\none = "1"   # badge\nfew = "2"\nmany = "5"\nother = "1,5"\n');
});

test("`other` alone is a family where the source has one", () => {
  const ja = "[boxes]\nother = '箱'\n[text]\nother = '文'\n";
  const source = read(SAMPLE);
  expect(read(ja, { file: "active.ja.toml", source }).units.map(({ id }) => id)).toEqual(["boxes", "text.other"]);
  expect(read("[a]\nother = 'x'\n").units.map(({ id }) => id)).toEqual(["a.other"]);
});

test("new texts come behind their neighbours, keys before tables", () => {
  const from = read(SAMPLE);
  const target = read("title = 'Laden'\n\n[text]\nother = 'Text'\n", { file: "active.de.toml", source: from });
  const content = written(target, [
    { kind: "add", id: "a.b", value: "x", from, after: "title" },
    { kind: "add", id: "list.0", value: "y", from, after: "a.b" },
    { kind: "add", id: "list.1", value: "z", from, after: "list.0" },
    {
      kind: "add",
      id: "boxes",
      value: {
        forms: new Map([
          ["one", "a"],
          ["other", "b"],
        ]),
      },
      from,
      after: "list.1",
    },
    { kind: "add", id: "a.c.raw", value: "l\n'", from, after: "text.other" },
  ]);
  expect(content).toBe(
    `title = 'Laden'\na.b = "x"\nlist = ["y", 'z']\n\n[boxes]\none = "a"\nother = "b"\n\n[text]\nother = 'Text'\n\n[a.c]\nraw = """\nl\n'"""\n`,
  );
});

test("a removed message takes its table with it", () => {
  expect(
    written(read(SAMPLE), [
      { kind: "remove", id: "text.other" },
      { kind: "remove", id: "boxes" },
    ]),
  ).toContain(`list = ["x", 'y']\n\n[a.c]`);
});

test.each([
  ["a quote without an end", 'a = "secret\n', /^sample:1:\d+: invalid TOML/],
  ["a key twice", 'secret = "a"\nsecret = "b"\n', /^sample:2:1: invalid TOML: defining a key multiple times/],
  ["nesting without end", `a = ${"[".repeat(50_000)}`, /^sample/],
])("%s is refused with its place and without a text", (_, content, message) => {
  const open = () => toml.read(Buffer.from(content), { file: "sample" });
  expect(open).toThrow(message);
  expect(open).not.toThrow(/secret/);
});
