import { expect, test } from "vitest";
import type { CatalogDocument, Change, ReadOptions } from "../contract.ts";
import { formatConformance } from "../testing/conformance.ts";
import { randomEdits } from "../testing/random-edits.ts";
import { fluent } from "./fluent.ts";

const SAMPLE = `### Shop

-brand = Parcel
    .gender = masculine
# $count (Number) - boxes
boxes = { $count ->
    [one] One box
   *[other] { $count } boxes
}
counted =
    { NUMBER($count) ->
        [0] none
        [one] One
            box
       *[other] { $count } boxes
    }

## Sign in

# The button
login = Sign in to { -brand }
    .title = Opens the door
    .aria-label = Door
multi =
    First
      kept indent

    third
inline = First
    second
brace = Use {"{"}name{"}"}
edge = {" "}led {"\\u00a0"}
list = {"*"} star
mixed = { $count ->
    [one] One box
   *[other] { $count } boxes
} in { -brand }
gender = { $gender ->
    [feminine] she
   *[other] they
}
only =
    .label = Label
last = { brand-name } { DATETIME($day) }`;

formatConformance(fluent, [
  { name: "messages, terms, attributes, selections", content: SAMPLE },
  {
    name: "CRLF and a byte order mark",
    content:
      "\uFEFF# note\r\na = b\r\n    c\r\n    .d = e\r\n\r\nf = { $n ->\r\n    [one] g\r\n   *[other] h\r\n }\r\n",
  },
]);

randomEdits(fluent, [SAMPLE]);

function read(content: string, options: Partial<ReadOptions> = {}): CatalogDocument {
  return fluent.read(Buffer.from(content), { file: "app.ftl", ...options });
}

function written(document: CatalogDocument, changes: Change[]): string {
  const { bytes, refused } = document.write(changes);
  expect(refused).toEqual([]);
  return Buffer.from(bytes).toString();
}

test("values are Fluent's own, families are told apart from other selections, comments are notes", () => {
  const { units } = read(SAMPLE);
  const values = new Map(units.map(({ id, value }) => [id, value]));
  expect(values.get("boxes")).toEqual({
    argument: "count",
    forms: new Map([
      ["one", "One box"],
      ["other", "{ $count } boxes"],
    ]),
  });
  expect(values.get("counted")).toMatchObject({
    forms: new Map([
      ["=0", "none"],
      ["one", "One\nbox"],
      ["other", "{ $count } boxes"],
    ]),
  });
  expect(values.get("multi")).toBe("First\n  kept indent\n\nthird");
  expect(values.get("brace")).toBe('Use {"{"}name{"}"}');
  expect(values.get("edge")).toBe(' led {"\\u00a0"}');
  expect(values.get("mixed")).toBe("{ $count ->\n    [one] One box\n   *[other] { $count } boxes\n} in { -brand }");
  expect(typeof values.get("gender")).toBe("string");
  expect(units.every(({ syntax }) => syntax === "fluent")).toBe(true);
  expect(units.flatMap(({ id, note }) => (note === undefined ? [] : [[id, note]]))).toEqual([
    ["boxes", "$count (Number) - boxes"],
    ["login", "The button"],
    ["login.title", "The button"],
    ["login.aria-label", "The button"],
  ]);
});

test("a family gets the variants of its language, before the default", () => {
  const forms = new Map([
    ["one", "a"],
    ["few", "b"],
    ["many", "c"],
    ["other", "d"],
  ]);
  expect(written(read(SAMPLE), [{ kind: "set", id: "boxes", value: { forms } }])).toContain(
    "boxes = { $count ->\n    [one] a\n    [few] b\n    [many] c\n   *[other] d\n}\n",
  );
  const ja = written(read(SAMPLE), [{ kind: "set", id: "boxes", value: { forms: new Map([["other", "箱"]]) } }]);
  expect(ja).toContain("boxes = { $count ->\n   *[other] 箱\n}\n");
});

test("a target without a selection is a family where its source has one", () => {
  const source = read(SAMPLE);
  const target = read("boxes = { $count } 個\n", { source });
  expect(target.units[0]?.value).toEqual({ argument: "count", forms: new Map([["other", "{ $count } 個"]]) });
  expect(written(target, [{ kind: "set", id: "boxes", value: { forms: new Map([["other", "箱"]]) } }])).toBe(
    "boxes = 箱\n",
  );
  const forms = new Map([
    ["one", "a"],
    ["other", "b"],
  ]);
  expect(written(target, [{ kind: "set", id: "boxes", value: { forms } }])).toBe(
    "boxes = { $count ->\n        [one] a\n       *[other] b\n    }\n",
  );
});

test("new messages come behind their neighbours, with their attributes and without comments", () => {
  const from = read(SAMPLE);
  const target = read("# Marke\n-brand = Parcel\n\nmulti = Erste\n");
  const content = written(target, [
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
      after: "-brand",
    },
    { kind: "add", id: "login", value: "Anmelden", from, after: "boxes" },
    { kind: "add", id: "login.title", value: "Tür", from, after: "login" },
    { kind: "add", id: "-brand.gender", value: "n", from, after: "-brand" },
  ]);
  expect(content).toBe(
    "# Marke\n-brand = Parcel\n    .gender = n\nboxes = { $count ->\n    [one] a\n   *[other] b\n}\nlogin = Anmelden\n    .title = Tür\n\nmulti = Erste\n",
  );
});

test("what Fluent cannot read is refused, and what it would drop stands in literals", () => {
  const document = read("a = b\n");
  expect(document.write([{ kind: "set", id: "a", value: "{ broken" }]).refused).toHaveLength(1);
  expect(written(document, [{ kind: "set", id: "a", value: " x\n* y\n.z\n" }])).toBe(
    'a = {" "}x\n    {"*"} y\n    {"."}z\n    {""}\n',
  );
});

test.each([
  ["a line that is no message", "a = b\nsecret\n", /^sample:2:7: invalid Fluent/],
  ["a selection without a default", "a = { $n ->\n    [one] secret\n}\n", /^sample:3:1: invalid Fluent/],
  ["nesting without end", `a = ${"{".repeat(50_000)}`, /^sample(?:: is nested too deeply|:1:\d+: invalid Fluent)/],
])("%s is refused with its place and without a text", (_, content, message) => {
  const open = () => fluent.read(Buffer.from(content), { file: "sample" });
  expect(open).toThrow(message);
  expect(open).not.toThrow(/secret/);
});
