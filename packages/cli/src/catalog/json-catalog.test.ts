import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CatalogError } from "@trans-hub/core/operations";
import { describe, expect, test } from "vitest";
import { formatCatalog, type JsonCatalog, messageKey, parseCatalog, readCatalog } from "./json-catalog.ts";

const catalog = (text: string): JsonCatalog => parseCatalog("locales/en.json", text);
const keys = (text: string): string[] => catalog(text).messages.map(({ key }) => key);

function errorOf(content: string | Uint8Array): CatalogError {
  try {
    parseCatalog("locales/en.json", content);
  } catch (error) {
    if (error instanceof CatalogError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Every text in upper case, without the keys in `but`. */
function shouted(source: JsonCatalog, but: readonly string[] = []): Map<string, string> {
  return new Map(
    [...source.texts].filter(([key]) => !but.includes(key)).map(([key, text]) => [key, text.toUpperCase()]),
  );
}

describe("reading", () => {
  test("messages are the non-empty strings of objects and arrays, in file order, each with its position", () => {
    const source = catalog(
      '{\n  "b": "B",\n  "a": {"10": "ten", "2": ["x", "", 7, {"y": "Y"}], "n": null, "t": true}\n}\n',
    );
    expect(source.messages).toEqual([
      { key: "b", text: "B", line: 2, column: 8 },
      { key: "a.10", text: "ten", line: 3, column: 15 },
      { key: "a.2.0", text: "x", line: 3, column: 28 },
      { key: "a.2.3.y", text: "Y", line: 3, column: 46 },
    ]);
    expect(source.texts.get("a.2.3.y")).toBe("Y");
  });

  test("CRLF files count their lines like LF files", () => {
    expect(catalog('{\r\n  "a": "A",\r\n  "b": "B"\r\n}').messages[1]).toMatchObject({ line: 3, column: 8 });
  });

  test("keys with dots and backslashes do not collide with the keys of nested objects", () => {
    expect(
      keys(
        String.raw`{"a.b": "1", "a": {"b": "2", "": "3"}, "a.": "4", "a\\": {"b": "5"}, "a\\.b": "6", "": {"": "7"}}`,
      ),
    ).toEqual([String.raw`a\.b`, "a.b", "a.", String.raw`a\.`, String.raw`a\\.b`, String.raw`a\\\.b`, "."]);
    const paths = ["", ".", "\\", "a", "a.", ".a", "\\.", ".\\", "\\\\"].flatMap((first, _, all) => [
      [first],
      ...all.map((second) => [first, second]),
    ]);
    expect(new Set(paths.map(messageKey)).size).toBe(paths.length);
  });

  test("__proto__ and constructor are ordinary keys and touch no prototype", () => {
    const text = '{"__proto__": {"polluted": "yes"}, "constructor": {"prototype": "p"}, "toString": "t"}';
    expect(keys(text)).toEqual(["__proto__.polluted", "constructor.prototype", "toString"]);
    expect(formatCatalog(catalog(text), shouted(catalog(text)), { existing: catalog(text) }).text).toBe(
      '{"__proto__": {"polluted": "YES"}, "constructor": {"prototype": "P"}, "toString": "T"}',
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test.each([
    ['{"a": "x",}', 1, 11],
    ['{\n  "a": "x"\n  "b": "y"\n}', 3, 3],
    ["{\n  \"a\": 'x'\n}", 2, 8],
    ['{\n  "a": x\n}', 2, 8],
    ['{"a": "x"} {}', 1, 12],
    ['{"a": "x', 1, 9],
    ['{"a": 01}', 1, 7],
    ['{"a": "tab\there"}', 1, 7],
    ["", 1, 1],
    ["// comment\n{}", 1, 1],
  ])("invalid JSON names its line and column: %j", (text, line, column) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ code: "TH_CATALOG", file: "locales/en.json", line, column });
    expect(error.message).toMatch(/^locales\/en\.json:\d+:\d+: invalid JSON: /);
  });

  test.each([
    ['{"a": "b",\n "c": }', /unexpected "\}"$/, undefined],
    ['{"a": "b",\n}', /unexpected "\}"$/, /no comma before "\}"/],
    ['{"a": ["b", ]}', /unexpected "\]"$/, /no comma before "\]"/],
    ['{"a" "b"}', /unexpected string$/, undefined],
    ['{"a": "b"} {', /unexpected "\{"$/, undefined],
    ['{"a": "b", // note\n "c": "d"}', /unexpected character "\/"$/, /no comments/],
    ['<<<<<<< HEAD\n{"a": "b"}', /unexpected character "<"$/, /merge/],
    ['{\n=======\n"a": "b"}', /unexpected character "="$/, /merge/],
  ])(
    "invalid JSON is told in the file's own characters, with the cure where there is one: %j",
    (text, problem, cure) => {
      const { message, hint } = errorOf(text);
      expect(message).toMatch(problem);
      if (cure === undefined) expect(hint).toBeUndefined();
      else expect(hint).toMatch(cure);
    },
  );

  test("no error message quotes a text of the catalog", () => {
    expect(errorOf('{"a": Geheim}').message).not.toContain("Geheim");
    expect(errorOf('{"a": "Geheim\n"}').message).not.toContain("Geheim");
  });

  test("the second occurrence of a key in one object is refused, also when it is written with an escape", () => {
    expect(errorOf('{\n  "a": {"x": "1"},\n  "\\u0061": "2"\n}')).toMatchObject({ line: 3, column: 3 });
    expect(errorOf('{"a": 1, "a": 2}').message).toContain('the key "a" stands twice in one object, first on line 1');
    expect(keys('{"a": {"x": "1"}, "b": {"x": "2"}}')).toEqual(["a.x", "b.x"]);
  });

  test("a byte order mark, UTF-16, bytes that are not UTF-8 and a root that is no object are refused by name", () => {
    expect(errorOf('\uFEFF{"a": "b"}')).toMatchObject({
      line: 1,
      column: 1,
      hint: expect.stringContaining("without BOM"),
    });
    expect(errorOf(Buffer.from('\uFEFF{"a": "b"}')).message).toContain("byte order mark");
    expect(errorOf(Buffer.from('\uFEFF{"a": "b"}', "utf16le")).message).toContain("UTF-16");
    expect(errorOf(Buffer.from('{"a": "b"}', "utf16le")).message).toContain("UTF-16");
    expect(errorOf(Buffer.from('{"a": "b"}', "utf16le").swap16()).message).toContain("UTF-16");
    expect(errorOf(Buffer.concat([Buffer.from('{\n"a": "'), Buffer.from([0xe9]), Buffer.from('"}')]))).toMatchObject({
      line: 2,
    });
    expect(errorOf('\n ["a"]')).toMatchObject({ line: 2, column: 2, message: expect.stringContaining("not an array") });
    expect(errorOf('"a"').message).toContain("not a single value");
  });

  test("a file nested too deeply is refused instead of overflowing the stack", () => {
    for (const depth of [300, 200_000]) {
      expect(errorOf(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`).message).toContain("deeper than 200 levels");
    }
  });

  test("a missing file is undefined, a folder is an error", async () => {
    const folder = await mkdtemp(join(tmpdir(), "catalog-"));
    try {
      expect(await readCatalog(join(folder, "fr.json"))).toBeUndefined();
      await expect(readCatalog(folder)).rejects.toThrow("is a folder");
      await writeFile(join(folder, "fr.json"), '{"a": "é"}');
      expect((await readCatalog(join(folder, "fr.json")))?.texts.get("a")).toBe("é");
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
    const source = catalog(text);
    expect(formatCatalog(source, source.texts).text).toBe(text);
    expect(formatCatalog(source, source.texts, { existing: source }).text).toBe(text);
  });

  test("texts are replaced and everything else stays as in the source, order and numbers included", () => {
    const source = catalog('{\n\t"10": "ten",\n\t"2": {"list": ["a", 1, ["b"]]},\n\t"big": 12345678901234567890\n}\n');
    expect(formatCatalog(source, new Map([...shouted(source), ["10", 'dix "10"\n']])).text).toBe(
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
    const source = catalog('{\n  "a": "a",\n  "b": {\n    "c": "c",\n    "d": "d"\n  },\n  "e": "e"\n}\n');
    const formatted = formatCatalog(source, shouted(source, missing));
    expect(formatted.text).toBe(expected);
    expect([...formatted.written]).toEqual([...source.texts.keys()].filter((key) => !missing.includes(key)));
  });

  test("a parent that was already empty stays, and so does one that still holds a number", () => {
    const source = catalog('{"e": {}, "l": [], "n": {"x": 1, "t": "t"}, "gone": {"t": "t"}}');
    expect(formatCatalog(source, new Map()).text).toBe('{"e": {}, "l": [], "n": {"x": 1}}');
  });

  test("an empty value counts as a missing value", () => {
    expect(
      formatCatalog(
        catalog('{"a": "x", "b": "y"}'),
        new Map([
          ["a", ""],
          ["b", "Y"],
        ]),
      ).text,
    ).toBe('{"b": "Y"}');
  });

  test("an array with a hole is left out whole, from the outermost array on", () => {
    const source = catalog('{"faq": [{"q": "q1", "a": ["x", "y"]}, {"q": "q2"}], "t": "t"}');
    const formatted = formatCatalog(source, shouted(source, ["faq.0.a.1"]));
    expect(formatted.text).toBe('{"t": "T"}');
    expect([...formatted.written]).toEqual(["t"]);
    expect(formatted.stale.size).toBe(0);
  });

  test("an array with a hole keeps the existing file's content and reports its older values", () => {
    const source = catalog('{"steps": ["one", "two", "three"], "t": "t"}');
    const existing = parseCatalog("fr.json", '{"steps": ["ONE", "deux"]}');
    const formatted = formatCatalog(source, shouted(source, ["steps.2"]), { existing });
    expect(formatted.text).toBe('{"steps": ["ONE", "deux"], "t": "T"}');
    expect([...formatted.written]).toEqual(["steps.0", "t"]);
    expect([...formatted.stale]).toEqual(["steps.1"]);
  });

  test("empty strings, numbers and booleans that a person changed in the target stay, managed ones do not", () => {
    const source = catalog('{"suffix": "", "rtl": false, "year": 2024, "was": "", "t": "t"}');
    const existing = parseCatalog("ar.json", '{"suffix": "様", "rtl": true, "was": "old", "t": "T"}');
    const formatted = formatCatalog(source, shouted(source), { existing, managed: new Set(["was", "t"]) });
    expect(formatted.text).toBe('{"suffix": "様", "rtl": true, "year": 2024, "was": "", "t": "T"}');
  });

  test("a kept value keeps its own escapes", () => {
    const source = catalog('{"a": "x"}');
    const existing = parseCatalog("fr.json", '{"a": "d\\u00e9j\\u00e0"}');
    expect(formatCatalog(source, existing.texts, { existing }).text).toBe('{"a": "d\\u00e9j\\u00e0"}');
    expect(formatCatalog(source, new Map([["a", "déjà vu"]]), { existing }).text).toBe('{"a": "déjà vu"}');
  });

  test("a key that the source lost is dropped when it is managed, and otherwise stays after its neighbour", () => {
    const source = catalog('{\n  "items_one": "one",\n  "items_other": "other",\n  "bye": "bye"\n}\n');
    const existing = parseCatalog(
      "pl.json",
      '{"@@locale": "pl", "items_one": "1", "items_few": "2-4", "items_many": "5", "old": "o", "deep": {"old": "o", "own": "w"}, "oldList": ["o"]}',
    );
    const managed = new Set(["items_one", "old", "deep.old", "oldList.0"]);
    expect(formatCatalog(source, shouted(source), { existing, managed }).text).toBe(
      '{\n  "@@locale": "pl",\n  "items_one": "ONE",\n  "items_few": "2-4",\n  "items_many": "5",\n  "deep": {"own": "w"},\n  "items_other": "OTHER",\n  "bye": "BYE"\n}\n',
    );
  });

  test("kept values take over the source's line ends, except inside strings", () => {
    const source = catalog('{\r\n  "a": "a"\r\n}\r\n');
    const existing = parseCatalog("fr.json", '{\n  "a": "A",\n  "own": {\n    "x": "1\\n2"\n  }\n}\n');
    expect(formatCatalog(source, shouted(source), { existing }).text).toBe(
      '{\r\n  "a": "A",\r\n  "own": {\r\n    "x": "1\\n2"\r\n  }\r\n}\r\n',
    );
  });

  test("the source's shape wins where the two shapes differ", () => {
    const source = catalog('{"a": {"b": "b"}, "c": "c", "d": ["d"], "e": {}}');
    const existing = parseCatalog("fr.json", '{"a": "A", "c": {"x": "X"}, "d": {"0": "D"}, "e": {"own": "E"}}');
    expect(formatCatalog(source, shouted(source), { existing }).text).toBe(
      '{"a": {"b": "B"}, "c": "C", "d": ["D"], "e": {"own": "E"}}',
    );
  });

  test("a second write of the same catalog changes nothing", () => {
    const source = catalog('{\n  "a": "a",\n  "b": ["x", {"y": "y"}],\n  "n": 1\n}\n');
    const values = shouted(source, ["a"]);
    const first = formatCatalog(source, values).text;
    const existing = parseCatalog("fr.json", first);
    expect(formatCatalog(source, values, { existing, managed: values }).text).toBe(first);
  });
});
