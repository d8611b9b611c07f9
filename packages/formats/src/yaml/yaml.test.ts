import { expect, test } from "vitest";
import type { CatalogDocument, Change, ReadOptions } from "../contract.ts";
import { formatConformance } from "../testing/conformance.ts";
import { randomEdits } from "../testing/random-edits.ts";
import { yaml } from "./yaml.ts";

const RAILS = `# The shop
en: &base
  "yes": "Yes"
  'no': 'Don''t'
  # The button
  # on each page
  cart:
    add: Add to %{name} # badge
    "dotted.key": plain
  boxes:
    one: "%{count} box"
    other: '%{count} boxes'
  flow: {one: "a file", other: files}
  text: |
    First line
      indented

  kept: |+
    kept

  stripped: |2-
      two in
  folded: >-
    one
    two

    three
  anchored: &name Named
  alias: *name
  days: [~, Monday, "Tuesday"]
  months:
  - January
  - 'February'
  steps:
    - title: First
      text: "One: a"
    - title: Second
  escaped: "caf\\u00e9 \\"x\\" \\x41 \\u2026"
  empty: ""
  nothing:
  tilde: ~
  time: 12:30
  price: 1.0
  on: off
  short: :sym
  order: [:year, :month]
  ruby: !ruby/symbol foo
  text_tag: !!str 1
  multi: plain on
    two lines
  merged:
    <<: *name
    own: Own
defaults: &defaults
  shared: Shared
`;

formatConformance(yaml, [
  { name: "Rails", content: RAILS, unlike: ["multi", "folded", "text_tag", "kept"] },
  { name: "CRLF, a byte order mark", content: "\uFEFFfr:\r\n  a: b\r\n  c: |\r\n    d\r\n    e\r\n  f: 'g'\r\n" },
  {
    name: "plain, four columns, no line end",
    content:
      '---\nsite:\n    title: "Shop"\n    nav:\n        home: Home # the link\n        list:\n            - one\n            - two\nlast: End',
  },
  { name: "in brackets", content: '{"a": "b", c: {d: e, "f": \'g\'},\n  list: [one, two], h: i\n}\n' },
]);

randomEdits(yaml, [RAILS, "a: b\nc:\n    - d: e\n      f: g\n    - h\ni: {j: k, l: m}"]);

function read(content: string, options: Partial<ReadOptions> = {}): CatalogDocument {
  return yaml.read(Buffer.from(content), { file: "en.yml", ...options });
}

function written(document: CatalogDocument, changes: Change[], locale?: string): string {
  const { bytes, refused } = document.write(changes, { locale });
  expect(refused).toEqual([]);
  return Buffer.from(bytes).toString();
}

test("values are what Ruby reads", () => {
  const values = new Map(read(RAILS).units.map(({ id, value }) => [id, value]));
  expect(values.get("no")).toBe("Don't");
  expect(values.get("cart.dotted\\.key")).toBe("plain");
  expect(values.get("text")).toBe("First line\n  indented\n");
  expect(values.get("kept")).toBe("kept\n\n");
  expect(values.get("stripped")).toBe("  two in");
  expect(values.get("folded")).toBe("one two\nthree");
  expect(values.get("escaped")).toBe('café "x" A …');
  expect(values.get("boxes")).toEqual({
    forms: new Map([
      ["one", "%{count} box"],
      ["other", "%{count} boxes"],
    ]),
  });
  expect(values.get("steps.1.title")).toBe("Second");
  expect(values.get("\\~defaults.shared")).toBe("Shared");
  expect(values.has("alias")).toBe(false);
});

test("what is no text is listed and not translated", () => {
  const closed = read(RAILS).units.filter(({ translate }) => !translate);
  expect(closed.map(({ id, value }) => [id, value])).toEqual([
    ["days.0", undefined],
    ["empty", ""],
    ["nothing", undefined],
    ["tilde", undefined],
    ["time", "12:30"],
    ["price", "1.0"],
    ["on", "off"],
    ["short", ":sym"],
    ["order.0", ":year"],
    ["order.1", ":month"],
    ["ruby", "foo"],
  ]);
});

test("remarks above a key and beside a value are its note", () => {
  const notes = read(RAILS).units.flatMap(({ id, note }) => (note === undefined ? [] : [[id, note]]));
  expect(notes).toEqual([["cart.add", "badge"]]);
  expect(read("en:\n  # One\n  # two\n  a: b # three\n").units[0]?.note).toBe("One\ntwo\nthree");
});

test("a text gets quotes only where it needs them, in the habit of its file", () => {
  const written = (content: string, values: string[]) =>
    values.map((value) => {
      const { bytes } = read(content).write([{ kind: "set", id: "a", value }]);
      return /a: ([^\r\n]*)/.exec(Buffer.from(bytes).toString())?.[1];
    });
  const plain = ["Ja, bitte", "3 Dateien", "x:y", "a#b", "http://x.y", "-5 Grad", "100 %", "It's"];
  expect(written("en:\n  a: b\n", plain)).toEqual(plain);
  const quoted =
    "no|yes|On|off|y|N|null|~|true|1.0|1e3|0x1f|1_000|12:30|2001-01-01|.5|=|<<|: x|x: y|x:|x #y|#x|@x|`x`|%x|*x|&x|!x|>x|- x|? x|[x|{x|,x|:sym| x|x ";
  expect(
    written(
      "en:\n  a: b\n",
      quoted.split("|").map((text) => text.replaceAll("§", "|")),
    ),
  ).toEqual(quoted.split("|").map((text) => `"${text}"`));
  expect(written("en:\n  a: b\n  c: 'd'\n", ["no", "l'an: x", "two\nlines"])).toEqual([
    "'no'",
    "'l''an: x'",
    '"two\\nlines"',
  ]);
});

test("a block that cannot hold a text becomes a line, and the next key stays on its own", () => {
  const { bytes } = read("en:\n  a: |\n    b\n  c: d\n").write([{ kind: "set", id: "a", value: "\n lead\u0007" }]);
  expect(Buffer.from(bytes).toString()).toBe('en:\n  a: "\\n lead\\a"\n  c: d\n');
});

test("a new file says its locale, also where that is a boolean", () => {
  const source = "en:\n  a: b\n";
  expect(written(read(source), [{ kind: "set", id: "a", value: "c" }], "pt-BR")).toBe("pt-BR:\n  a: c\n");
  expect(written(read(source), [], "no")).toBe('"no":\n  a: b\n');
  expect(written(read("en_US:\n  a: b\n"), [], "pt-BR")).toBe("pt_BR:\n  a: b\n");
  expect(written(read("a: b\n", { file: "messages.yaml" }), [], "fr")).toBe("a: b\n");
});

test("a word of three letters at the root is a locale only where the file's name says so", () => {
  expect(read("new:\n  a: b\n", { file: "messages.yml" }).units[0]?.id).toBe("new.a");
  expect(read("fil:\n  a: b\n", { file: "shop.fil.yml" }).units[0]?.id).toBe("a");
  expect(read("faq:\n  a: b\n", { file: "faq.yml" }).units[0]?.id).toBe("faq.a");
  expect(read("a:\n  b: c\nfr:\n  d: e\n", { file: "messages.yml" }).locale).toBeUndefined();
});

const FROM = `en:
  cart:
    add: "Add"
    back: "Back"
  nested:
    deep:
      one_more: "One more"
      text: |
        Two
        lines
  boxes:
    one: "%{count} box"
    other: "%{count} boxes"
  days:
    - Monday
    - Tuesday
  order: [a, b]
`;

function added(
  id: string,
  value: Change extends infer C ? (C extends { value: infer V } ? V : never) : never,
  after?: string,
): Change {
  return { kind: "add", id, value, from: read(FROM), after };
}

test("new texts come behind their neighbours, with the maps around them, in the habits of the file", () => {
  const target = read("fr:\n    cart:\n        add: 'Ajouter' # bouton\n    last: 'Fin'\n", { file: "fr.yml" });
  const forms = new Map([
    ["one", "boîte"],
    ["many", "de boîtes"],
    ["other", "boîtes"],
  ]);
  const content = written(target, [
    added("cart.back", "Retour", "cart.add"),
    added("nested.deep.one_more", "Un: de plus", "cart.back"),
    added("nested.deep.text", "Deux\nlignes\n", "nested.deep.one_more"),
    added("boxes", { forms }, "nested.deep.text"),
    added("days.0", "lundi", "boxes"),
    added("days.1", "mardi", "days.0"),
    added("order.0", "a", "days.1"),
    added("order.1", "b", "order.0"),
  ]);
  expect(content).toBe(`fr:
    cart:
        add: 'Ajouter' # bouton
        back: 'Retour'
    nested:
        deep:
            one_more: 'Un: de plus'
            text: |
                Deux
                lignes
    boxes:
        one: 'boîte'
        many: 'de boîtes'
        other: 'boîtes'
    days:
        - 'lundi'
        - 'mardi'
    order: ['a', 'b']
    last: 'Fin'
`);
});

test.each([
  ["a locale without texts", "fr:\n", "fr:\n  cart:\n    add: Ajouter\n"],
  ["an empty map", "fr: {}\n", "fr:\n  cart:\n    add: Ajouter\n"],
  ["an empty file", "", "fr:\n  cart:\n    add: Ajouter\n"],
  ["a file of remarks", "# fr\n", "# fr\nfr:\n  cart:\n    add: Ajouter\n"],
  ["a key without a value", "fr:\n  cart:\n  z: y\n", "fr:\n  cart:\n    add: Ajouter\n  z: y\n"],
  ["an alias in its place", "fr:\n  x: &x y\n  cart:\n    add: *x\n", "fr:\n  x: &x y\n  cart:\n    add: Ajouter\n"],
])("a text is added to %s", (_, content, wanted) => {
  const from = read("en:\n  cart:\n    add: Add\n");
  const target = read(content, { file: "fr.yml" });
  expect(written(target, [{ kind: "add", id: "cart.add", value: "Ajouter", from, after: undefined }])).toBe(wanted);
});

test("a family gets the categories of its language, and `zero` of Rails is the number", () => {
  const source = read("en:\n  boxes:\n    zero: none\n    one: a box\n    other: boxes\n");
  const value = source.units[0]?.value;
  expect(typeof value === "object" && [...value.forms.keys()]).toEqual(["zero", "one", "other"]);
  expect(source.zeroIsNumber).toBe(true);
  expect(read("boxes:\n  zero: none\n  one: a box\n  other: boxes\n", { file: "x.yaml" }).zeroIsNumber).toBe(false);
  const forms = new Map([
    ["zero", "brak"],
    ["one", "1"],
    ["few", "2"],
    ["many", "5"],
    ["other", "1,5"],
  ]);
  expect(written(source, [{ kind: "set", id: "boxes", value: { forms } }], "pl")).toBe(
    'pl:\n  boxes:\n    zero: brak\n    one: "1"\n    few: "2"\n    many: "5"\n    other: 1,5\n'.replace(
      "1,5",
      '"1,5"',
    ),
  );
});

test.each(["---\n...\n", "%YAML 1.2\n---\n# fr\n...\n", "...\n"])(
  "a text is added before the end that a file without texts marks: %j",
  (content) => {
    const from = read("en:\n  a: Add\n");
    const target = read(content, { file: "fr.yml" });
    const text = written(target, [{ kind: "add", id: "a", value: "Ajouter", from, after: undefined }]);
    expect(text).toBe(content.replace("...", "fr:\n  a: Ajouter\n..."));
    expect(read(text).units.map(({ id, value }) => [id, value])).toEqual([["a", "Ajouter"]]);
  },
);

test("`other` alone is a family where the source has one, or the language no other form", () => {
  const ja = "ja:\n  boxes:\n    other: 箱\n";
  expect(typeof read(ja).units[0]?.value).toBe("object");
  expect(read("en:\n  kinds:\n    other: Other\n").units[0]?.id).toBe("kinds.other");
  expect(read(ja, { source: read("en:\n  boxes:\n    other: Other\n") }).units[0]?.id).toBe("boxes.other");
  expect(
    read("a:\n  other: x\n", { file: "x.yaml", source: read("a:\n  one: y\n  other: x\n", { file: "y.yaml" }) })
      .units[0]?.id,
  ).toBe("a");
});

test("a text that became a family changes its shape, and one that was a family too", () => {
  const forms = new Map([
    ["one", "a"],
    ["other", "b"],
  ]);
  expect(written(read("en:\n  a: b\n  c: d\n"), [{ kind: "set", id: "a", value: { forms } }])).toBe(
    "en:\n  a:\n    one: a\n    other: b\n  c: d\n",
  );
  expect(written(read("en:\n  a:\n    one: a\n    other: b\n  c: d\n"), [{ kind: "set", id: "a", value: "x" }])).toBe(
    "en:\n  a: x\n  c: d\n",
  );
});

test("an array goes as a whole or from its end, and is left out of a new file without all its texts", () => {
  const content = "en:\n  a: b\n  days:\n    - Monday\n    - Tuesday\n    - Wednesday\n";
  expect(written(read(content), [{ kind: "remove", id: "days.2" }])).toBe(
    "en:\n  a: b\n  days:\n    - Monday\n    - Tuesday\n",
  );
  expect(read(content).write([{ kind: "remove", id: "days.0" }]).refused).toHaveLength(1);
  const { bytes, refused } = read(content).write(
    [
      { kind: "set", id: "days.0", value: "lundi" },
      { kind: "remove", id: "days.1" },
    ],
    { locale: "fr" },
  );
  expect(Buffer.from(bytes).toString()).toBe("fr:\n  a: b\n");
  expect(refused.map(({ id }) => id)).toEqual(["days.0"]);
  expect(
    read("fr:\n  days:\n    - lundi\n")
      .write([added("days.0", "x"), added("days.1", "mardi")])
      .refused.map(({ id }) => id),
  ).toEqual(["days.0"]);
});

test("an alias goes with the anchor that it shows", () => {
  const content = "en:\n  a: &name Name\n  b: *name\n  c: d\n";
  expect(written(read(content), [{ kind: "set", id: "a", value: "Nom" }])).toBe(
    "en:\n  a: &name Nom\n  b: *name\n  c: d\n",
  );
  expect(written(read(content), [{ kind: "remove", id: "a" }])).toBe("en:\n  c: d\n");
});

test("of two equal keys the last counts, and both go", () => {
  const content = "en:\n  a: first\n  a: second\n  b: c\n";
  expect(read(content).units.map(({ id, value }) => [id, value])).toEqual([
    ["a", "second"],
    ["b", "c"],
  ]);
  expect(written(read(content), [{ kind: "set", id: "a", value: "x" }])).toBe("en:\n  a: first\n  a: x\n  b: c\n");
  expect(written(read(content), [{ kind: "remove", id: "a" }])).toBe("en:\n  b: c\n");
});

test("keys that look alike are different texts", () => {
  const ids = read('"a.b": x\na:\n  b: y\n  "b\\\\": z\n', { file: "m.yaml" }).units.map(({ id }) => id);
  expect(ids).toEqual(["a\\.b", "a.b", "a.b\\\\"]);
});

test("the first key of a list's item goes without its dash", () => {
  const content = "en:\n  steps:\n    - title: One\n      text: Two\n    - title: Three\n";
  expect(written(read(content), [{ kind: "remove", id: "steps.1.title" }])).toBe(
    "en:\n  steps:\n    - title: One\n      text: Two\n",
  );
});

test.each([
  ["a tab as indentation", "en:\n\ta: secret\n", /^sample:2:1: invalid YAML: a tab/],
  ["a quote without an end", 'en:\n  a: "secret\n', /^sample:\d+:\d+: invalid YAML: a quote/],
  ["a colon in a text", "en:\n  a: secret: b\n", /^sample:2:6: invalid YAML: a map/],
  ["several documents", "a: secret\n---\nb: c\n", /^sample:2:1: holds several documents/],
  ["several locales", "en:\n  a: secret\nfr:\n  a: c\n", /^sample:3:1: holds several locales/],
  ["another encoding", Buffer.from("a: caf\u00e9\n", "latin1"), /is not valid UTF-8/],
  ["a huge file", `a: "${"secret".repeat(1_500_000)}"`, /has 9,000,005 bytes, and at most 4,194,304 are read/],
])("%s is refused with its place and without a text", (_, content, message) => {
  const open = () => yaml.read(Buffer.from(content), { file: "sample" });
  expect(open).toThrow(message);
  expect(open).not.toThrow(/secret/);
});

test("nesting without end ends in an error or a document, and soon", () => {
  for (const content of [
    "[".repeat(50_000),
    "- ".repeat(20_000),
    "{a: ".repeat(20_000),
    "a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
  ]) {
    try {
      expect(yaml.read(Buffer.from(content), { file: "sample" }).units.length).toBeGreaterThanOrEqual(0);
    } catch (error) {
      expect(String(error)).toMatch(/^(?:CatalogError: )?sample/);
    }
  }
});

test("new texts at the end of a list and behind it come in this order", () => {
  const from = read("en:\n  steps:\n    - title: One\n    - title: Two\n  last: Last\n  z: z\n");
  const target = read("fr:\n  steps:\n    - title: Un\n  z: z\n", { file: "fr.yml" });
  const content = written(target, [
    { kind: "add", id: "last", value: "Fin", from, after: "steps.0.title" },
    { kind: "add", id: "steps.1.title", value: "Deux", from, after: "steps.0.title" },
  ]);
  expect(content).toBe("fr:\n  steps:\n    - title: Un\n    - title: Deux\n  last: Fin\n  z: z\n");
});

test("a block text that keeps its last line ends takes no empty line from its neighbour", () => {
  const content = "en:\n  a: |+\n    b\n  c: d\n\n  e: f\n";
  const { bytes } = read(content).write([{ kind: "remove", id: "c" }]);
  expect(read(Buffer.from(bytes).toString()).units.map(({ value }) => value)).toEqual(["b\n", "f"]);
  const from = read("en:\n  a: |+\n    b\n\n  c: d\n");
  const target = read("fr:\n  z: z\n\n  c: d\n", { file: "fr.yml" });
  expect(written(target, [{ kind: "add", id: "a", value: "b\n\n", from, after: "z" }])).toBe(
    'fr:\n  z: z\n  a: "b\\n\\n"\n\n  c: d\n',
  );
});
