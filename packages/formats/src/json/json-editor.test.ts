import { describe, expect, test } from "vitest";
import { JsonEditor, NewContainer } from "./json-editor.ts";
import { type JsonNode, memberOf, readJsonFile } from "./json-file.ts";

/** The text after some edits. */
function edited(text: string, edit: (editor: JsonEditor, node: (...path: string[]) => JsonNode) => void): string {
  const file = readJsonFile(Buffer.from(text), "a.json");
  const editor = new JsonEditor(file);
  edit(editor, (...path) =>
    path.reduce((node, name) => {
      const child = node.kind === "array" ? node.children[Number(name)] : memberOf(node, name);
      if (child === undefined) throw new Error(`no ${name}`);
      return child;
    }, file.root),
  );
  return Buffer.from(editor.bytes()).toString();
}

const X = { text: "X" };

describe("a new member", () => {
  test.each([
    [
      "behind one of its own line",
      '{\n  "a": "A",\n  "b": "B"\n}\n',
      "a",
      '{\n  "a": "A",\n  "x": "X",\n  "b": "B"\n}\n',
    ],
    ["behind the last one", '{\n\t"a": "A"\n}', "a", '{\n\t"a": "A",\n\t"x": "X"\n}'],
    ["behind a last one with a comma", '{\n "a": 1, // one\n}', "a", '{\n "a": 1, // one\n "x": "X",\n}'],
    ["behind a last one with a remark", '{\n "a": 1 // one\n}', "a", '{\n "a": 1, // one\n "x": "X"\n}'],
    ["in front", '{\n  "a": "A"\n}', undefined, '{\n  "x": "X",\n  "a": "A"\n}'],
    ["in front on one line", '{ "a": "A" }', undefined, '{ "x": "X", "a": "A" }'],
    ["in front of a remark", '{\n  // a\n  "a": 1\n}', undefined, '{\n  "x": "X",\n  // a\n  "a": 1\n}'],
    ["on one line", '{"a": "A"}', "a", '{"a": "A", "x": "X"}'],
    ["in a minified file", '{"a":"A","b":"B"}', "a", '{"a":"A","x":"X","b":"B"}'],
    ["with line ends of two characters", '{\r\n  "a": "A"\r\n}', "a", '{\r\n  "a": "A",\r\n  "x": "X"\r\n}'],
    [
      "behind one with a blank line before it",
      '{\n  "a": 1,\n\n  "b": 2\n}',
      "b",
      '{\n  "a": 1,\n\n  "b": 2,\n  "x": "X"\n}',
    ],
    ["in an empty file", "{}\n", undefined, '{\n  "x": "X"\n}\n'],
  ])("%s", (_, text, after, wanted) => {
    const result = edited(text, (editor, node) => {
      editor.add(node(), after === undefined ? undefined : node(after), "x", X);
    });
    expect(result).toBe(wanted);
  });

  test("several keep their order, and new objects take the indentation of the file", () => {
    const text = '{\n    "a": {\n        "b": "B"\n    },\n    "e": {}\n}\n';
    const result = edited(text, (editor, node) => {
      const deep = new NewContainer("object");
      editor.add(deep, editor.add(deep, undefined, "y", X), "z", { literal: "1.50" });
      const added = editor.add(node("a"), node("a", "b"), "x", deep);
      editor.add(node("a"), added, "line", new NewContainer("array"));
      editor.add(node("e"), undefined, "f", X);
    });
    expect(result).toBe(`{
    "a": {
        "b": "B",
        "x": {
            "y": "X",
            "z": 1.50
        },
        "line": []
    },
    "e": {
        "f": "X"
    }
}
`);
  });

  test("a container on one line stays on it", () => {
    const result = edited('{\n  "a": {"b": "B"}\n}', (editor, node) => {
      editor.add(node("a"), node("a", "b"), "x", X);
      const line = new NewContainer("object", "");
      editor.add(line, editor.add(line, undefined, "y", X), "z", X);
      editor.add(node(), node("a"), "n", line);
    });
    expect(result).toBe('{\n  "a": {"b": "B", "x": "X"},\n  "n": {"y": "X", "z": "X"}\n}');
  });
});

describe("a removed member", () => {
  const text = '{\n  "a": "A",\n  "b": {\n    "c": "C"\n  },\n  "d": "D"\n}\n';
  test.each([
    [["a"], '{\n  "b": {\n    "c": "C"\n  },\n  "d": "D"\n}\n'],
    [["d"], '{\n  "a": "A",\n  "b": {\n    "c": "C"\n  }\n}\n'],
    [["b", "c"], '{\n  "a": "A",\n  "d": "D"\n}\n'],
  ])("takes its comma and an emptied parent along: %j", (path, wanted) => {
    expect(edited(text, (editor, node) => editor.remove(node(...path)))).toBe(wanted);
  });

  test.each([
    ['{"a": 1, "b": 2}', ["a"], '{"b": 2}'],
    ['{ "a": 1, "b": 2 }', ["b"], '{ "a": 1 }'],
    ['{"a" : 1 , "b" : 2 }', ["b"], '{"a" : 1 }'],
    ['{"a": 1}\n', ["a"], "{}\n"],
    ['{\n  // a\n  "a": 1, // one\n  // b\n  "b": 2, // two\n}', ["a"], '{\n  // b\n  "b": 2, // two\n}'],
    ['{\n  // a\n  "a": 1, // one\n  // b\n  "b": 2 // two\n}', ["b"], '{\n  // a\n  "a": 1 // one\n}'],
    ['{"l": [1, 2, 3]}', ["l", "1"], '{"l": [1, 3]}'],
  ])("of %j: %j", (content, path, wanted) => {
    expect(edited(content, (editor, node) => editor.remove(node(...path)))).toBe(wanted);
  });

  test("gives its place to a new one", () => {
    const result = edited('{"a": 1, "b": 2}', (editor, node) => {
      editor.remove(node("a"));
      editor.add(node(), undefined, "x", X);
    });
    expect(result).toBe('{"x": "X", "b": 2}');
  });
});

describe("a text", () => {
  test.each([
    ["an escape of its own", '{"a": "caf\\u00E9", "b": "é"}', "thé", '{"a": "th\\u00E9", "b": "é"}'],
    ["the file's", '{"a": "x", "b": "\\u00e9"}', "ﬁé😀", '{"a": "\\ufb01\\u00e9\\ud83d\\ude00", "b": "\\u00e9"}'],
    ["the file's slash", '{"a": "x", "b": "1\\/2"}', "3/4", '{"a": "3\\/4", "b": "1\\/2"}'],
    [
      "escapes of a web page",
      '{"a": "x", "b": "\\u003cb\\u003e"}',
      "<i>",
      '{"a": "\\u003ci\\u003e", "b": "\\u003cb\\u003e"}',
    ],
    [
      "no half of a character escaped",
      '{"a": "x", "b": "\\ud83d\\ude00 é"}',
      "😀😁 é",
      '{"a": "\\ud83d\\ude00😁 é", "b": "\\ud83d\\ude00 é"}',
    ],
    ["none where the file has both", '{"a": "é", "b": "\\u00e9"}', "ä/", '{"a": "ä/", "b": "\\u00e9"}'],
    ["those of JSON", '{"a": "x", "b": ""}', '"\\\n\u0001\ud800', '{"a": "\\"\\\\\\n\\u0001\\ud800", "b": ""}'],
  ])("is written with %s", (_, text, value, wanted) => {
    expect(edited(text, (editor, node) => editor.setText(node("a"), value))).toBe(wanted);
  });

  test("is changed, and a key is renamed, without another byte", () => {
    const text = '\n{ "en" : {"a":"x" , "n": 1.50e+1 }\n}\n';
    const result = edited(text, (editor, node) => {
      editor.rename(node("en"), "fr");
      editor.setText(node("en", "a"), "y");
    });
    expect(result).toBe('\n{ "fr" : {"a":"y" , "n": 1.50e+1 }\n}\n');
  });
});
