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
