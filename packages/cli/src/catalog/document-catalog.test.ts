import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatNamed } from "@trans-hub/formats";
import { describe, expect, test } from "vitest";
import type { Catalog } from "./catalog.ts";
import { catalogOf, documentCatalog } from "./document-catalog.ts";

const json = await formatNamed("json");
const parsed = (file: string, text: string) => catalogOf(json, Buffer.from(text), { file });

interface Formatting {
  existing?: Catalog;
  managed?: ReadonlySet<string>;
}

/** The text of a target file, in the language of the source. */
function formatted(source: Catalog, values: ReadonlyMap<string, string>, { existing, managed }: Formatting = {}) {
  const shaped = documentCatalog.shapedFor(source, { sourceLocale: "en", targetLocale: "en" }, existing);
  const { bytes, written, stale } = documentCatalog.format(shaped, values, { existing, managed, locale: "fr" });
  return { text: Buffer.from(bytes).toString(), written, stale };
}

/** Every text in upper case, without the keys in `but`. */
function shouted({ texts }: Catalog, but: readonly string[] = []): Map<string, string> {
  return new Map([...texts].filter(([key]) => !but.includes(key)).map(([key, text]) => [key, text.toUpperCase()]));
}

describe("reading", () => {
  test("messages are the non-empty strings of objects and arrays, in file order, each with its position", () => {
    const source = parsed(
      "en.json",
      '{\n  "b": "B",\n  "a": {"10": "ten", "2": ["x", "", 7, {"y": "Y"}], "n": null, "t": true}\n}\n',
    );
    expect(source.messages.map(({ key, text, line, column }) => ({ key, text, line, column }))).toEqual([
      { key: "b", text: "B", line: 2, column: 8 },
      { key: "a.10", text: "ten", line: 3, column: 15 },
      { key: "a.2.0", text: "x", line: 3, column: 28 },
      { key: "a.2.3.y", text: "Y", line: 3, column: 46 },
    ]);
    expect(source.texts.get("a.2.3.y")).toBe("Y");
  });

  test("keys with dots and backslashes do not collide with the keys of nested objects", () => {
    const text = String.raw`{"a.b": "1", "a": {"b": "2", "": "3"}, "a.": "4", "a\\": {"b": "5"}, "a\\.b": "6", "": {"": "7"}}`;
    expect(parsed("en.json", text).messages.map(({ key }) => key)).toEqual([
      ...[String.raw`a\.b`, "a.b", "a.", String.raw`a\.`, String.raw`a\\.b`, String.raw`a\\\.b`, "."],
    ]);
  });

  test("__proto__ and constructor are ordinary keys and touch no prototype", () => {
    const source = parsed(
      "en.json",
      '{"__proto__": {"polluted": "yes"}, "constructor": {"prototype": "p"}, "toString": "t"}',
    );
    expect(formatted(source, shouted(source), { existing: source }).text).toBe(
      '{"__proto__": {"polluted": "YES"}, "constructor": {"prototype": "P"}, "toString": "T"}',
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test("a root that is no object is refused with its place", () => {
    expect(() => parsed("en.json", '\n ["a"]')).toThrow(/^en\.json:2:2: must hold a JSON object, not an array/);
    expect(() => parsed("en.json", '"a"')).toThrow("not a single value");
  });

  test("a missing file is undefined, a folder is an error", async () => {
    const folder = await mkdtemp(join(tmpdir(), "catalog-"));
    try {
      expect(await documentCatalog.read(join(folder, "fr.json"))).toBeUndefined();
      await expect(documentCatalog.read(folder)).rejects.toThrow("is a folder");
      await writeFile(join(folder, "fr.json"), '{"a": "é"}');
      expect((await documentCatalog.read(join(folder, "fr.json")))?.texts.get("a")).toBe("é");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("writing", () => {
  test.each([
    ["two spaces", '{\n  "a": "x",\n  "b": {\n    "c": "y"\n  }\n}\n'],
    ["four spaces, no final newline", '{\n    "a": "x",\n    "b": {\n        "c": "y"\n    }\n}'],
    ["tabs and CRLF", '{\r\n\t"a": "x",\r\n\t"b": {\r\n\t\t"c": "y"\r\n\t}\r\n}\r\n'],
    ["minified", '{"a":"x","b":{"c":"y"}}'],
    ["odd white space", '\n {"a" :"x" , "b": {"c":\n"y" }\n\n }\n\n'],
    [
      "escapes, numbers and empty things",
      '{"a":"\\u00e9\\/\\ud83d\\ude00","n":12345678901234567890,"f":1.50e+10,"e":{},"l":[],"s":""}',
    ],
    ["integer-like keys", '{"10": "x", "2": {"1": "y", "0": "z"}}'],
    ["lone surrogates and odd keys", '{"\\ud800": "\\udc00", "": "x", "\\"": ["y"]}'],
  ])("a file whose texts did not change is written back byte for byte: %s", (_, text) => {
    const source = parsed("en.json", text);
    expect(formatted(source, source.texts).text).toBe(text);
    expect(formatted(source, source.texts, { existing: source }).text).toBe(text);
  });

  test("texts are replaced and everything else stays as in the source, order and numbers included", () => {
    const source = parsed(
      "en.json",
      '{\n\t"10": "ten",\n\t"2": {"list": ["a", 1, ["b"]]},\n\t"big": 12345678901234567890\n}\n',
    );
    expect(formatted(source, new Map([...shouted(source), ["10", 'dix "10"\n']])).text).toBe(
      '{\n\t"10": "dix \\"10\\"\\n",\n\t"2": {"list": ["A", 1, ["B"]]},\n\t"big": 12345678901234567890\n}\n',
    );
  });

  test.each([
    [["a"], '{\n  "b": {\n    "c": "C",\n    "d": "D"\n  },\n  "e": "E"\n}\n'],
    [["e"], '{\n  "a": "A",\n  "b": {\n    "c": "C",\n    "d": "D"\n  }\n}\n'],
    [["b.c"], '{\n  "a": "A",\n  "b": {\n    "d": "D"\n  },\n  "e": "E"\n}\n'],
    [["b.d"], '{\n  "a": "A",\n  "b": {\n    "c": "C"\n  },\n  "e": "E"\n}\n'],
    [["b.c", "b.d"], '{\n  "a": "A",\n  "e": "E"\n}\n'],
    [["b.c", "b.d", "e"], '{\n  "a": "A"\n}\n'],
    [["a", "b.c", "b.d", "e"], "{}\n"],
  ])("messages without a value are left out, with parents that become empty: %j", (missing, expected) => {
    const source = parsed("en.json", '{\n  "a": "a",\n  "b": {\n    "c": "c",\n    "d": "d"\n  },\n  "e": "e"\n}\n');
    const result = formatted(source, shouted(source, missing));
    expect(result.text).toBe(expected);
    expect([...result.written]).toEqual([...source.texts.keys()].filter((key) => !missing.includes(key)));
  });

  test("a parent that was already empty stays, and so does one that still holds a number", () => {
    const source = parsed("en.json", '{"e": {}, "l": [], "n": {"x": 1, "t": "t"}, "gone": {"t": "t"}}');
    expect(formatted(source, new Map()).text).toBe('{"e": {}, "l": [], "n": {"x": 1}}');
  });

  test("an empty value counts as a missing value", () => {
    expect(
      formatted(
        parsed("en.json", '{"a": "x", "b": "y"}'),
        new Map([
          ["a", ""],
          ["b", "Y"],
        ]),
      ).text,
    ).toBe('{"b": "Y"}');
  });

  test("an array with a hole is left out whole, from the outermost array on", () => {
    const source = parsed("en.json", '{"faq": [{"q": "q1", "a": ["x", "y"]}, {"q": "q2"}], "t": "t"}');
    const result = formatted(source, shouted(source, ["faq.0.a.1"]));
    expect(result.text).toBe('{"t": "T"}');
    expect([...result.written]).toEqual(["t"]);
    expect(result.stale.size).toBe(0);
  });

  test("an array with a hole keeps the existing file's content and reports its older values", () => {
    const source = parsed("en.json", '{"steps": ["one", "two", "three"], "t": "t"}');
    const existing = parsed("fr.json", '{"steps": ["ONE", "deux"]}');
    const result = formatted(source, shouted(source, ["steps.2"]), { existing });
    expect(result.text).toBe('{"steps": ["ONE", "deux"], "t": "T"}');
    expect([...result.written]).toEqual(["steps.0", "t"]);
    expect([...result.stale]).toEqual(["steps.1"]);
  });

  test("empty strings, numbers and booleans that a person changed in the target stay, managed ones do not", () => {
    const source = parsed("en.json", '{"suffix": "", "rtl": false, "year": 2024, "was": "", "t": "t"}');
    const existing = parsed("ar.json", '{"suffix": "様", "rtl": true, "was": "old", "t": "T"}');
    const result = formatted(source, shouted(source), { existing, managed: new Set(["was", "t"]) });
    expect(result.text).toBe('{"suffix": "様", "rtl": true, "year": 2024, "was": "", "t": "T"}');
  });

  test("a kept value keeps its own escapes", () => {
    const source = parsed("en.json", '{"a": "x"}');
    const existing = parsed("fr.json", '{"a": "d\\u00e9j\\u00e0"}');
    expect(formatted(source, existing.texts, { existing }).text).toBe('{"a": "d\\u00e9j\\u00e0"}');
    expect(formatted(source, new Map([["a", "né"]]), { existing }).text).toBe('{"a": "n\\u00e9"}');
  });

  test("a key that the source lost is dropped when it is managed, and otherwise stays after its neighbour", () => {
    const source = parsed("en.json", '{\n  "items_one": "one",\n  "items_other": "other",\n  "bye": "bye"\n}\n');
    const existing = parsed(
      "pl.json",
      '{"@@locale": "pl", "items_one": "1", "items_few": "2-4", "items_many": "5", "old": "o", "deep": {"old": "o", "own": "w"}, "oldList": ["o"]}',
    );
    const managed = new Set(["items_one", "old", "deep.old", "oldList.0"]);
    expect(formatted(source, shouted(source), { existing, managed }).text).toBe(
      '{"@@locale": "pl", "items_one": "ONE", "items_other": "OTHER", "bye": "BYE", "items_few": "2-4", "items_many": "5", "deep": {"own": "w"}}',
    );
  });

  test("an existing file keeps its own layout, order and line ends", () => {
    const source = parsed("en.json", '{\r\n  "a": "a",\r\n  "new": "n",\r\n  "b": "b"\r\n}\r\n');
    const existing = parsed("fr.json", '{\n    "b": "B",\n    "own": {\n        "x": "1\\n2"\n    },\n    "a": "A"\n}');
    expect(formatted(source, shouted(source), { existing }).text).toBe(
      '{\n    "b": "B",\n    "own": {\n        "x": "1\\n2"\n    },\n    "a": "A",\n    "new": "N"\n}',
    );
  });

  test("the source's shape wins where the two shapes differ", () => {
    const source = parsed("en.json", '{"a": {"b": "b"}, "c": "c", "d": ["d"], "e": {}}');
    const existing = parsed("fr.json", '{"a": "A", "c": {"x": "X"}, "d": "D", "e": {"own": "E"}}');
    expect(formatted(source, shouted(source), { existing }).text).toBe(
      '{"a": {"b": "B"}, "c": "C", "d": ["D"], "e": {"own": "E"}}',
    );
  });

  test("a second write of the same catalog changes nothing", () => {
    const source = parsed("en.json", '{\n  "a": "a",\n  "b": ["x", {"y": "y"}],\n  "n": 1\n}\n');
    const values = shouted(source, ["a"]);
    const first = formatted(source, values).text;
    const existing = parsed("fr.json", first);
    expect(formatted(source, values, { existing, managed: new Set(values.keys()) }).text).toBe(first);
  });
});

describe("texts that the source takes out of translation", () => {
  test("Android: a value goes if Trans-Hub wrote it, and a person's stays", async () => {
    const android = await formatNamed("android-xml");
    const file = (lines: string) =>
      catalogOf(android, Buffer.from(`<resources>\n${lines}</resources>\n`), { file: "a.xml" });
    const source = file(
      '<string name="a" translatable="false">A</string>\n<string name="b">@string/a</string>\n<string name="c" translatable="false">C</string>\n<string name="d">D</string>\n',
    );
    const rest = '<string name="c">c</string>\n<string name="d">d</string>\n';
    const existing = file(`<string name="a">a</string>\n<string name="b">b</string>\n${rest}`);
    const { text } = formatted(source, new Map([["d", "d"]]), { existing, managed: new Set(["a", "b", "d"]) });
    expect(text).toBe(`<resources>\n${rest}</resources>\n`);
  });
});

test("JSON: a new text comes behind the whole family before it, also where a form of it is new", () => {
  const source = parsed(
    "en.json",
    '{"a": "A", "mail_one": "one", "mail_other": "{{count}}", "mail_zero": "none", "b": "B", "c": "C"}',
  );
  const existing = parsed("fr.json", '{"a": "a", "mail_one": "1", "mail_other": "n", "c": "c"}');
  const values = new Map(Object.entries({ a: "a", mail_zero: "0", mail_one: "1", mail_other: "n", b: "b", c: "c" }));
  expect(Object.keys(JSON.parse(formatted(source, values, { existing }).text))).toEqual([
    ...["a", "mail_zero", "mail_one", "mail_other", "b", "c"],
  ]);
});
