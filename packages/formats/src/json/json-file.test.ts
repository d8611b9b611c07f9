import { CatalogError } from "@trans-hub/core/operations";
import { describe, expect, test } from "vitest";
import { type JsonNode, memberOf, readJsonFile, textOf } from "./json-file.ts";

const read = (content: string | Uint8Array) => readJsonFile(Buffer.from(content as string), "en.json");

function errorOf(content: string | Uint8Array): CatalogError {
  try {
    read(content);
  } catch (error) {
    if (error instanceof CatalogError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** The value as JavaScript has it, in the way of `JSON.parse`. */
function plain(text: string, node: JsonNode): unknown {
  if (node.kind === "object") {
    return Object.fromEntries(node.children.map((child) => [child.name, plain(text, child)]));
  }
  if (node.kind === "array") return node.children.map((child) => plain(text, child));
  return node.kind === "string" ? textOf({ text }, node) : JSON.parse(text.slice(node.start, node.end));
}

test.each([
  '{"a": "x", "b": {"c": [1, -2.50e+3, true, false, null, {}, [], ""]}, "\\u0061b": "\\"\\\\\\n\\ud83d\\ude00"}',
  ' \n\t"text" \r\n',
  "[]",
  "12",
])("reads what JSON.parse reads: %j", (text) => {
  expect(plain(text, read(text).root)).toEqual(JSON.parse(text));
});

test("gives the places of names and values", () => {
  const file = read('{\n  "a" : [ 1, "x" ]\n}');
  const list = memberOf(file.root, "a") as JsonNode;
  expect(file.text.slice(list.nameStart, list.nameEnd)).toBe('"a"');
  expect(file.text.slice(list.start, list.end)).toBe('[ 1, "x" ]');
  expect(list.children.map(({ start, end, index }) => [file.text.slice(start, end), index])).toEqual([
    ["1", 0],
    ['"x"', 1],
  ]);
  expect(file.places.at(list.start)).toEqual({ line: 2, column: 9 });
});

test("remarks, commas before a bracket and a byte order mark are read past", () => {
  const text = '// top\n{ /* a, "b": 1 */ "a": 1, // one\n "b": [1, /* , */ 2,], }\n// end';
  expect(plain(text, read(`\uFEFF${text}`).root)).toEqual({ a: 1, b: [1, 2] });
  expect(read(`\uFEFF${text}`).hasMark).toBe(true);
});

test("an object with many members knows them by name, whatever their names", () => {
  const names = ["__proto__", "constructor", "", "10", "2", ...Array.from({ length: 20 }, (_, at) => `k${at}`)];
  const { root } = read(`{${names.map((name) => `${JSON.stringify(name)}: 1`)}}`);
  expect(root.children.map(({ name }) => name)).toEqual(names);
  for (const name of names) expect(memberOf(root, name)?.name).toBe(name);
  expect(memberOf(root, "toString")).toBeUndefined();
});

describe("a file that is not valid", () => {
  test.each([
    ['{\n  "a": "x"\n  "b": "y"\n}', 3, 3, /unexpected string$/],
    ["{\n  \"a\": 'x'\n}", 2, 8, /unexpected character "'"$/],
    ['{\n  "a": x\n}', 2, 8, /unexpected word$/],
    ['{\n  a: "x"\n}', 2, 3, /unexpected word$/],
    ['{"a": "x"} {}', 1, 12, /unexpected "\{"$/],
    ['{"a": "x', 1, 9, /unexpected end of the file$/],
    ['{"a": "x"', 1, 10, /unexpected end of the file$/],
    ['{"a": 01}', 1, 7, /a number is not valid$/],
    ['{"a": -}', 1, 7, /unexpected number$/],
    ['{"a": truex}', 1, 7, /unexpected word$/],
    ['{"a": "tab\there"}', 1, 7, /control character/],
    ['{"a": "\\x"}', 1, 8, /an escape/],
    ['{"a": [1 2]}', 1, 10, /unexpected number$/],
    ["[,]", 1, 2, /unexpected ","$/],
    ['{"a": 1,, "b": 2}', 1, 9, /unexpected ","$/],
    ['{"a" "b"}', 1, 6, /unexpected string$/],
    ['{"a": 1]', 1, 8, /unexpected "\]"$/],
    ["", 1, 1, /unexpected end of the file$/],
    ["{ /* }", 1, 3, /a comment has no end$/],
    ["{ # }", 1, 3, /unexpected character "#"$/],
  ])("is refused with its place: %j", (text, line, column, problem) => {
    expect(errorOf(text)).toMatchObject({ line, column, message: expect.stringMatching(problem) });
  });

  test.each(['<<<<<<< HEAD\n{"a": "b"}', '{\n=======\n"a": "b"}', '{\n"a": "b"\n>>>>>>> x\n}'])(
    "with the marks of a merge is told so: %j",
    (text) => {
      expect(errorOf(text).hint).toMatch(/merge/);
    },
  );

  test("is not quoted", () => {
    for (const text of ['{"a": Geheim}', '{"a": "Geheim\n"}', '{"a": "Geheim\\q"}', 'Geheim {"a": 1}']) {
      expect(errorOf(text).message).not.toContain("Geheim");
    }
  });

  test("by a repeated key is refused, also when the key is written with an escape", () => {
    expect(errorOf('{\n  "a": {"x": "1"},\n  "\\u0061": "2"\n}')).toMatchObject({ line: 3, column: 3 });
    const many = Array.from({ length: 20 }, (_, at) => `"k${at}": 1`);
    expect(errorOf(`{${[...many, '"k3": 2']}}`).message).toContain('the key "k3" stands twice in one object');
  });

  test.each([300, 200_000])("by %i levels of nesting is refused", (depth) => {
    expect(errorOf(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`).message).toContain("deeper than 200 levels");
    expect(errorOf("[".repeat(depth)).message).toContain("deeper than 200 levels");
  });

  test("by its encoding is refused by name", () => {
    expect(errorOf(Buffer.from('{"a": "b"}', "utf16le")).message).toContain("UTF-16");
    expect(errorOf(Buffer.from('{"a": "b"}', "utf16le").swap16()).message).toContain("UTF-16");
    const latin1 = Buffer.concat([Buffer.from('{\n"a": "'), Buffer.from([0xe9]), Buffer.from('"}')]);
    expect(errorOf(latin1)).toMatchObject({ line: 2 });
  });
});
