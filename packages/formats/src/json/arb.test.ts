import { expect, test } from "vitest";
import type { Change } from "../contract.ts";
import { formatConformance } from "../testing/conformance.ts";
import { randomEdits } from "../testing/random-edits.ts";
import { arb } from "./json.ts";

const SAMPLE = `{
  "@@locale": "en",
  "@@x-author": "the shop",
  "title": "Welcome",
  "@title": {
    "description": "Shown at the top"
  },
  "boxes_one": "One box",
  "boxes_other": "{count, plural, =0{No box} =1{One box} other{{count} boxes}}",
  "@boxes_other": {
    "description": "Badge",
    "placeholders": { "count": { "type": "int", "example": "3" } }
  },
  "greet": "Caf\\u00e9 of {name}",
  "empty": "",
  "last": "End"
}
`;

const BARE =
  '{"title": "Welcome", "@title": {}, "pay": "Pay {amount}", "list": ["no text"], "@gone": {"description": "d"}}';

formatConformance(arb, [
  { name: "with metadata", content: SAMPLE },
  { name: "one line, no locale", content: BARE },
  { name: "CRLF and a byte order mark", content: `\uFEFF${SAMPLE.replaceAll("\n", "\r\n")}` },
]);

randomEdits(arb, [SAMPLE, BARE]);

function read(content: string) {
  return arb.read(Buffer.from(content), { file: "app_en.arb" });
}

function written(content: string, changes: Change[], locale?: string): string {
  const { bytes, refused } = read(content).write(changes, { locale });
  expect(refused).toEqual([]);
  return Buffer.from(bytes).toString();
}

test("the texts are ICU messages, each with its description, and metadata is none of them", () => {
  const open = read(SAMPLE).units.filter(({ translate }) => translate);
  expect(open.map(({ id, syntax, note }) => [id, syntax, note])).toEqual([
    ["title", "auto", "Shown at the top"],
    ["boxes_one", "auto", undefined],
    ["boxes_other", "icu", "Badge"],
    ["greet", "icu", undefined],
    ["last", "auto", undefined],
  ]);
  expect(read(SAMPLE).locale).toBe("en");
  expect(
    read(BARE)
      .units.filter(({ translate }) => translate)
      .map(({ id }) => id),
  ).toEqual(["title", "pay"]);
});

test("a file says its locale as Flutter spells it", () => {
  expect(written(SAMPLE, [], "pt-BR")).toBe(SAMPLE.replace('"en"', '"pt_BR"'));
  expect(written(BARE, [], "pt-BR")).toBe(BARE);
});

test("of two equal keys the last counts, and both go", () => {
  const twice = '{\n  "a": "first",\n  "b": "B",\n  "a": "last"\n}\n';
  expect(read(twice).units.map(({ id, value }) => [id, value])).toEqual([
    ["b", "B"],
    ["a", "last"],
  ]);
  expect(written(twice, [{ kind: "set", id: "a", value: "x" }])).toBe(twice.replace("last", "x"));
  expect(written(twice, [{ kind: "remove", id: "a" }])).toBe('{\n  "b": "B"\n}\n');
});

test("what is told about a text goes with it", () => {
  expect(written(SAMPLE, [{ kind: "remove", id: "title" }])).not.toContain("title");
});

test("what is told about a text comes only into a target that has the like", () => {
  const from = read(SAMPLE);
  const add: Change[] = ["title", "boxes_other"].map((id) => ({ kind: "add", id, value: "*", from, after: undefined }));
  expect(written('{\n  "@@locale": "fr",\n  "last": "Fin"\n}\n', add)).toBe(`{
  "@@locale": "fr",
  "title": "*",
  "boxes_other": "*",
  "last": "Fin"
}
`);
  expect(written('{\n  "title": "Hé",\n  "@title": {},\n  "last": "Fin"\n}\n', add.slice(1))).toBe(`{
  "title": "Hé",
  "@title": {},
  "boxes_other": "*",
  "@boxes_other": {
    "description": "Badge",
    "placeholders": { "count": { "type": "int", "example": "3" } }
  },
  "last": "Fin"
}
`);
});
