import { expect, test } from "vitest";
import { formatConformance } from "../testing/conformance.ts";
import { androidXml } from "./android-xml.ts";

const SAMPLE = `<?xml version="1.0" encoding="utf-8"?>
<resources xmlns:xliff="urn:oasis:names:tc:xliff:document:1.2">
    <!-- The shop -->

    <!-- The button -->
    <string name="add">Add to cart</string>
    <string name="quote">What\\'s \\"new\\"\\u2026 &amp; &lt;old&gt;</string>
    <string name="quoted">"It's  here"</string>
    <string name="app" translatable="false">Shop</string>
    <string name="ref">@string/add</string>
    <string name="styled">Hello <b>big</b> <xliff:g id="name" example="Ann">%1$s</xliff:g>, it\\'s time</string>
    <string name="html"><![CDATA[<a href="https://example.com">It\\'s</a>]]></string>
    <string name="lines">one
        two</string>
    <string name="empty"></string>
    <string name="void"/>
    <plurals name="files">
        <!-- for one -->
        <item quantity="one">%d file</item>
        <item quantity="other">%d <b>files</b></item>
    </plurals>
    <string-array name="days">
        <item>Monday</item>
        <item>Tuesday</item>
    </string-array>
    <string-array name="inline"><item>One</item><item>Two</item></string-array>
    <string name="last">\\@home \\\\ 100%%</string>
</resources>
`;

formatConformance(androidXml, [
  { name: "strings, plurals, arrays, CDATA, tags", content: SAMPLE, unlike: ["lines"] },
  {
    name: "CRLF, a byte order mark, no indentation",
    content: '\uFEFF<resources>\r\n<string name="a">b</string>\r\n</resources>\r\n',
  },
]);

function read(content: string) {
  return androidXml.read(Buffer.from(content), { file: "strings.xml" });
}

test("values are what the program shows", () => {
  const values = new Map(read(SAMPLE).units.map(({ id, value }) => [id, value]));
  expect(values.get("quote")).toBe('What\'s "new"… & <old>');
  expect(values.get("quoted")).toBe("It's  here");
  expect(values.get("lines")).toBe("one two");
  expect(values.get("last")).toBe("@home \\ 100%%");
  expect(values.get("styled")).toBe('Hello <b>big</b> <xliff:g id="name" example="Ann">%1$s</xliff:g>, it\'s time');
  expect(values.get("html")).toBe('<a href="https://example.com">It\'s</a>');
});

test("texts that are not to be translated are told apart, and remarks are notes", () => {
  const { units } = read(SAMPLE);
  expect(units.filter(({ translate }) => !translate).map(({ id }) => id)).toEqual(["app", "ref", "empty", "void"]);
  expect(units.filter(({ note }) => note !== undefined).map(({ id, note }) => [id, note])).toEqual([
    ["add", "The button"],
  ]);
});

test("a family gets the categories of its language, in the indentation of its neighbours", () => {
  const forms = new Map([
    ["one", "%d plik"],
    ["few", "%d pliki"],
    ["many", "%d plików"],
    ["other", "%d pliku"],
  ]);
  const { bytes } = read(SAMPLE).write([{ kind: "set", id: "files", value: { forms } }]);
  expect(Buffer.from(bytes).toString()).toContain(`        <!-- for one -->
        <item quantity="one">%d plik</item>
        <item quantity="few">%d pliki</item>
        <item quantity="many">%d plików</item>
        <item quantity="other">%d pliku</item>
    </plurals>`);
});

test("a new text comes behind its neighbour, with its own attributes", () => {
  const from = read(SAMPLE);
  const target = read(
    '<resources>\n  <string name="add">Ajouter</string>\n  <string name="last">Fin</string>\n</resources>\n',
  );
  const { bytes } = target.write([
    { kind: "add", id: "quote", value: "l'été", from, after: "add" },
    { kind: "add", id: "days.0", value: "lundi", from, after: "quote" },
    { kind: "add", id: "days.1", value: "mardi", from, after: "days.0" },
  ]);
  expect(Buffer.from(bytes).toString()).toContain('Ajouter</string>\n  <string name="quote">l\\\'été</string>');
  expect(read(Buffer.from(bytes).toString()).units.map(({ id }) => id)).toEqual([
    "add",
    "quote",
    "days.0",
    "days.1",
    "last",
  ]);
});

test("an item of an array is added and removed at its end alone", () => {
  const array = (...items: string[]) =>
    `<resources>\n  <string-array name="days">\n${items.map((item) => `    <item>${item}</item>\n`).join("")}  </string-array>\n</resources>\n`;
  const from = read(array("Mon", "Tue", "Wed"));
  const grown = read(array("lun")).write([
    { kind: "set", id: "days.0", value: "lundi" },
    { kind: "add", id: "days.1", value: "l'été", from, after: "days.0" },
    { kind: "add", id: "days.2", value: "mer", from, after: "days.1" },
  ]);
  expect(grown.refused).toEqual([]);
  expect(Buffer.from(grown.bytes).toString()).toBe(array("lundi", "l\\'été", "mer"));

  const removal = (id: string) => ({ kind: "remove", id }) as const;
  const shrunk = from.write([removal("days.1"), removal("days.2")]);
  expect(Buffer.from(shrunk.bytes).toString()).toBe(array("Mon"));
  expect(from.write([removal("days.0"), removal("days.2")]).refused.map(({ id }) => id)).toEqual(["days.0"]);
});

test("resources of one name, but of two kinds or for two products, are texts of their own", () => {
  const content =
    '<resources><string name="m">Minutes</string><plurals name="m"><item quantity="other">%d minutes</item></plurals>' +
    '<string-array name="m"><item>One</item></string-array><string name="w" product="tablet">Tablet</string>' +
    '<string name="w" product="default">Phone</string><string name="w">Again</string></resources>';
  const source = read(content);
  expect(source.units.map(({ id, value }) => [id, typeof value])).toEqual([
    ["m", "string"],
    ["m#plurals", "object"],
    ["m.0", "string"],
    ["w#tablet", "string"],
    ["w", "string"],
  ]);
  const { bytes, refused } = source.write([
    { kind: "set", id: "m#plurals", value: { forms: new Map([["other", "%d Minuten"]]) } },
    { kind: "set", id: "w", value: "Handy" },
    { kind: "remove", id: "m" },
  ]);
  expect(refused).toEqual([]);
  const target = androidXml.read(bytes, { file: "strings.xml", source });
  expect(target.units.map(({ id }) => id)).toEqual(["m#plurals", "m.0", "w#tablet", "w"]);
  expect(Buffer.from(bytes).toString()).toBe(
    content
      .replace('<string name="m">Minutes</string>', "")
      .replace("%d minutes", "%d Minuten")
      .replace("Phone", "Handy"),
  );
});

test.each([
  ["a text", '<resources><string name="a">x</string></resources>'],
  ["a text in quotes", '<resources><string name="a">" x "</string></resources>'],
  ["CDATA", '<resources><string name="a"><![CDATA[<p>x</p>]]></string></resources>'],
  ["a text with elements", '<resources><string name="a"><b>x</b> y</string></resources>'],
])("characters that XML forbids or changes are escaped in %s", (_, content) => {
  const value = "a\u0001b\u000bc\r\nd\re\ufffe";
  const { bytes, refused } = read(content).write([{ kind: "set", id: "a", value }]);
  expect(refused).toEqual([]);
  expect(read(Buffer.from(bytes).toString()).units[0]?.value).toBe(value);
});

test.each([
  [
    "an entity of its own",
    '<!DOCTYPE r [<!ENTITY e "secret">]><resources><string name="a">&e;</string></resources>',
    /:1:\d+: invalid XML/,
  ],
  ["nesting without end", "<resources>".repeat(50_000), /too deeply/],
  ["another root", "<a/>", /:1:1: has no element resources/],
])("%s is refused without a text", (_, content, message) => {
  expect(() => read(content)).toThrow(message);
  expect(() => read(content)).not.toThrow(/secret/);
});

const DECLARED = 'xmlns:xliff="urn:oasis:names:tc:xliff:document:1.2"';

test("a text with tags of a namespace brings the declaration that the file lacks", () => {
  const from = read(
    `<resources ${DECLARED} xmlns:tools="http://schemas.android.com/tools">
    <string name="by">by <xliff:g id="author">%s</xliff:g></string>
    <string name="at" tools:ignore="Typos">at</string>
    <string name="own" ${DECLARED}>of <xliff:g id="author">%s</xliff:g></string>
    <string name="url">see urn:x="y" http://example.com</string>
</resources>`,
  );
  const add = (id: string, value: string) => ({ kind: "add", id, value, from, after: undefined }) as const;
  const by = add("by", 'von <xliff:g id="author">%s</xliff:g>');
  const text = (content: string, ...changes: Parameters<typeof from.write>[0]) =>
    Buffer.from(read(content).write(changes).bytes).toString();
  const bare = '<resources>\n    <string name="a">A</string>\n</resources>\n';
  expect(text(bare, by)).toContain(`<resources ${DECLARED}>\n    <string name="by">von`);
  expect(text(bare, by, add("at", "an"))).toContain(
    `<resources ${DECLARED} xmlns:tools="http://schemas.android.com/tools">`,
  );
  for (const change of [add("own", 'von <xliff:g id="author">%s</xliff:g>'), add("url", "siehe b:a=c")]) {
    expect(text(bare, change)).toContain("<resources>\n");
  }
  expect(text(bare.replace("<resources>", `<resources ${DECLARED}>`), by)).toContain(`<resources ${DECLARED}>\n`);
  // The source's text got the tags after it had been translated.
  const set = { kind: "set", id: "by", value: 'von <xliff:g id="author">%s</xliff:g>', from } as const;
  expect(text('<resources>\n    <string name="by">von <b>%s</b></string>\n</resources>\n', set)).toContain(
    `<resources ${DECLARED}>\n    <string name="by">von <xliff:g`,
  );
});

test("an array grows and shrinks at its end", () => {
  const from = read(SAMPLE);
  const target = read(
    '<resources>\n  <string-array name="days">\n    <item>lundi</item>\n  </string-array>\n  <string name="a">A</string>\n</resources>\n',
  );
  const add = (id: string, value: string) => ({ kind: "add", id, value, from, after: "days.0" }) as const;
  const { bytes, refused } = target.write([add("days.1", "l'autre")]);
  expect(refused).toEqual([]);
  const grown = Buffer.from(bytes).toString();
  expect(grown).toContain("    <item>lundi</item>\n    <item>l\\'autre</item>\n  </string-array>");
  const shrunk = read(grown).write([{ kind: "remove", id: "days.1" }]);
  expect(shrunk.refused).toEqual([]);
  expect(Buffer.from(shrunk.bytes).toString()).toBe(
    '<resources>\n  <string-array name="days">\n    <item>lundi</item>\n  </string-array>\n  <string name="a">A</string>\n</resources>\n',
  );
});

test("a hole in an array is refused", () => {
  const three = read(
    '<resources><string-array name="days"><item>Monday</item><item>Tuesday</item><item>Wednesday</item></string-array></resources>',
  );
  const one = read('<resources><string-array name="days"><item>lundi</item></string-array></resources>');
  const { bytes, refused } = one.write([
    { kind: "add", id: "days.2", value: "mercredi", from: three, after: "days.0" },
  ]);
  expect(refused.map(({ id }) => id)).toEqual(["days.2"]);
  expect(Buffer.from(bytes).toString()).toContain("<item>lundi</item></string-array>");
  const removal = three.write([{ kind: "remove", id: "days.1" }]);
  expect(removal.refused.map(({ id }) => id)).toEqual(["days.1"]);
});

test("an element of an array that is not to be translated is copied with its array", () => {
  const from = read(
    '<resources><string-array name="n"><item>One</item><item>@string/two</item></string-array></resources>',
  );
  const target = read('<resources>\n    <string name="a">A</string>\n</resources>\n');
  const { bytes, refused } = target.write([{ kind: "add", id: "n.0", value: "Un", from, after: "a" }]);
  expect(refused).toEqual([]);
  expect(Buffer.from(bytes).toString()).toContain("<item>Un</item><item>@string/two</item>");
});

test.each(["<resources/>", "<resources />\n", "<resources></resources>\n"])("texts are added to %j", (content) => {
  const from = read(SAMPLE);
  const { bytes } = read(content).write([
    { kind: "add", id: "add", value: "Ajouter", from, after: undefined },
    { kind: "add", id: "styled", value: 'Salut <xliff:g id="name">%1$s</xliff:g>', from, after: "add" },
  ]);
  const written = Buffer.from(bytes).toString();
  expect(read(written).units.map(({ id }) => id)).toEqual(["add", "styled"]);
  expect(written).toContain(`<resources ${DECLARED}>\n    <string name="add">Ajouter</string>\n`);
});
