import { expect, test } from "vitest";
import type { Change } from "../contract.ts";
import { formatConformance } from "../testing/conformance.ts";
import { gettextPo } from "./gettext-po.ts";

const SAMPLE = String.raw`# A team's comment
msgid ""
msgstr ""
"Language: de\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

#. The button
#: shop/cart.py:12
msgid "Add to cart"
msgstr "In den Warenkorb"

#, fuzzy, python-format
#| msgid "Old %(name)s"
msgid "Hello %(name)s"
msgstr "Hallo %(name)s"

msgctxt "verb"
msgid "Open"
msgstr "Öffnen"

msgctxt "adjective"
msgid "Open"
msgstr ""

#, python-format
msgid "%(count)s file"
msgid_plural "%(count)s files"
msgstr[0] "%(count)s Datei"
msgstr[1] "%(count)s Dateien"

msgid ""
"A long text of several sentences, which gettext's own tools fold into lines. "
"It has\n"
"a line feed and \"quotes\"."
msgstr ""
"Ein langer Text aus mehreren Sätzen, den gettexts eigene Werkzeuge in Zeilen "
"falten. Er hat\n"
"einen Zeilenumbruch und \"Anführungszeichen\"."

#~ msgid "Gone"
#~ msgstr "Weg"
`;

formatConformance(gettextPo, [
  { name: "header, remarks, contexts, plurals, folded, obsolete", content: SAMPLE },
  { name: "CRLF without a header", content: 'msgid "a"\r\nmsgstr "b"\r\n\r\nmsgid "c"\r\nmsgstr "d"' },
]);

function read(content: string) {
  return gettextPo.read(Buffer.from(content), { file: "de.po" });
}

function written(...[changes, options]: Parameters<ReturnType<typeof read>["write"]>): string {
  return Buffer.from(read(SAMPLE).write(changes, options).bytes).toString();
}

test("units have their context, remarks, state and syntax", () => {
  const document = read(SAMPLE);
  expect(document.locale).toBe("de");
  expect(document.plurals?.forms.length).toBe(2);
  expect(document.units.map(({ id, state }) => [id, state])).toEqual([
    ["Add to cart", "translated"],
    ["Hello %(name)s", "needs-review"],
    ["verb\u0004Open", "translated"],
    ["adjective\u0004Open", "new"],
    ["%(count)s file", "translated"],
    [expect.stringMatching(/^A long text/), "translated"],
  ]);
  expect(document.units[0]).toMatchObject({ note: "The button", syntax: "auto" });
  expect(document.units[1]?.syntax).toBe("printf");
  expect(document.units[2]?.context).toBe("verb");
  expect(document.units[4]?.source).toEqual({
    forms: new Map([
      ["one", "%(count)s file"],
      ["other", "%(count)s files"],
    ]),
  });
});

test("a translated value loses the flag fuzzy and the text that it was made from, one to be reviewed gets it", () => {
  const text = written([
    { kind: "set", id: "Hello %(name)s", value: "Moin %(name)s", state: "translated" },
    { kind: "set", id: "verb\u0004Open", value: "Auf", state: "needs-review" },
  ]);
  expect(text).toContain('#, python-format\nmsgid "Hello %(name)s"\nmsgstr "Moin %(name)s"');
  expect(text).toContain('#, fuzzy\nmsgctxt "verb"\nmsgid "Open"\nmsgstr "Auf"');
  expect(text).not.toContain("#| msgid");
});

test.each([
  ["pl", 3],
  ["ar", 6],
  ["ja", 1],
  ["fr", 2],
  ["cs", 3],
])("a new target in %s says its language, its rule of plurals, and has %d forms", (locale, count) => {
  const forms = new Map(Array.from({ length: count }, (_, index) => [String(index), `%(count)s ${index}`]));
  const text = written([{ kind: "set", id: "%(count)s file", value: { forms } }], { locale });
  const document = read(text);
  expect(document.locale).toBe(locale);
  expect(document.plurals?.forms.length).toBe(count);
  expect(document.units[4]?.value).toEqual({ forms });
});

test("a form that the file's rule does not count is refused", () => {
  const forms = new Map([
    ["0", "a"],
    ["1", "b"],
    ["2", "c"],
  ]);
  const { refused } = read(SAMPLE).write([{ kind: "set", id: "%(count)s file", value: { forms } }]);
  expect(refused).toEqual([{ id: "%(count)s file", reason: "the file's Plural-Forms has no such form" }]);
});

test("of a text that comes back, the obsolete entry goes with its remarks, and no other one", () => {
  const gone = (words: string) => `#~ msgid "${words}"\n#~ msgstr "x"\n`;
  const target = read(
    `msgid "a"\nmsgstr "b"\n\n${gone("One")}\n# Remark\n#, fuzzy\n#~| msgid "Tow"\n#~ msgid ""\n#~ "Two \\n"\n#~ "lines"\n#~ msgstr "x"\n` +
      `#~ msgctxt "menu"\n${gone("One")}#~ msgid "Three"\n#~ msgid_plural "Threes"\n#~ msgstr[0] "x"\n#~ msgstr[1] "y"\n\n` +
      `# Of b\nmsgid "b"\nmsgstr "c"\n`,
  );
  const from = read(
    'msgid "Two \\nlines"\nmsgstr ""\n\nmsgctxt "menu"\nmsgid "One"\nmsgstr ""\n\nmsgid "New"\nmsgstr ""\n',
  );
  const add = (id: string): Change => ({ kind: "add", id, value: "y", from, after: "b" });
  const { bytes, refused } = target.write([add("Two \nlines"), add("menu\u0004One"), add("New")]);
  expect(refused).toEqual([]);
  const text = Buffer.from(bytes).toString();
  expect(text).toBe(
    `msgid "a"\nmsgstr "b"\n\n${gone("One")}\n#~ msgid "Three"\n#~ msgid_plural "Threes"\n#~ msgstr[0] "x"\n#~ msgstr[1] "y"\n\n` +
      '# Of b\nmsgid "b"\nmsgstr "c"\n\nmsgid "Two \\nlines"\nmsgstr "y"\n\nmsgctxt "menu"\nmsgid "One"\nmsgstr "y"\n\n' +
      'msgid "New"\nmsgstr "y"\n',
  );
});

test("a new text comes with its remarks behind its neighbour", () => {
  const target = read('msgid ""\nmsgstr "Language: fr\\n"\n\nmsgid "Hello %(name)s"\nmsgstr "Bonjour %(name)s"\n');
  const { bytes } = target.write([
    { kind: "add", id: "Add to cart", value: "Ajouter", from: read(SAMPLE), after: undefined },
  ]);
  expect(Buffer.from(bytes).toString()).toBe(
    'msgid ""\nmsgstr "Language: fr\\n"\n\n#. The button\n#: shop/cart.py:12\nmsgid "Add to cart"\nmsgstr "Ajouter"\n\n' +
      'msgid "Hello %(name)s"\nmsgstr "Bonjour %(name)s"\n',
  );
});

test.each([
  [
    "an entry without msgstr before the next",
    'msgid "a"\n\nmsgid "b"\nmsgstr "c"\n',
    "de.po:3:7: has msgid twice in one entry",
  ],
  ["an entry without msgstr at the end", 'msgid "a"\n', "de.po:1:1: has an entry without msgstr"],
  ["a literal that never ends", 'msgid "a\nmsgstr "b"\n', "de.po:1:7: has a literal that never ends"],
  ["another line", 'msgid "a"\nsecret\n', "de.po:2:1: has a line that is no comment, no keyword and no literal"],
  [
    "another charset",
    'msgid ""\nmsgstr "Content-Type: text/plain; charset=KOI8-R\\n"\n',
    "de.po:2:8: says a charset other than UTF-8",
  ],
])("%s is refused with its place", (_, content, message) => {
  expect(() => read(content)).toThrow(message);
});
