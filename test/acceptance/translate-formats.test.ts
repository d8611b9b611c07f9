/** `translate` on catalogs that are no JSON: only values change, a second run changes nothing, and a person's value stays. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { testOnDatabase } from "@trans-hub/test-support/command";
import { expect } from "vitest";

interface Case {
  name: string;
  source: string;
  out: string;
  target: string;
  content: string;
  /** The target after the first run, by the engine `pseudo` with each of its texts as `*`. */
  wanted: string;
  /** A translator's edit of the target: a value of the first run, and another. */
  edit: [from: RegExp, to: string];
  /** A new text of the source, and how it comes into the target. */
  added: [before: string, after: string, inTarget: RegExp];
}

const CASES: readonly Case[] = [
  {
    name: "Android",
    source: "res/values/strings.xml",
    out: "res/values-{locale}/strings.xml",
    target: "res/values-pl/strings.xml",
    content: `<?xml version="1.0" encoding="utf-8"?>
<resources>
    <!-- The button -->
    <string name="add">Add to cart</string>
    <string name="app" translatable="false">Shop</string>
    <plurals name="files">
        <item quantity="one">%d file</item>
        <item quantity="other">%d files</item>
    </plurals>
</resources>
`,
    wanted: `<?xml version="1.0" encoding="utf-8"?>
<resources>
    <!-- The button -->
    <string name="add">*</string>
    <plurals name="files">
        <item quantity="one">*</item>
        <item quantity="few">*</item>
        <item quantity="many">*</item>
        <item quantity="other">*</item>
    </plurals>
</resources>
`,
    edit: [/(name="add">)[^<]*/, "$1Do koszyka"],
    added: [
      '    <plurals name="files">',
      '    <string name="pay">Pay</string>\n    <plurals name="files">',
      /Do koszyka<\/string>\n {4}<string name="pay">\[/,
    ],
  },
  {
    name: "gettext",
    source: "messages.pot",
    out: "locale/{locale}.po",
    target: "locale/pl.po",
    content: `msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

#: shop.py:1
msgid "Add to cart"
msgstr ""

#, python-format
msgid "%(n)s file"
msgid_plural "%(n)s files"
msgstr[0] ""
msgstr[1] ""
`,
    wanted: `msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Language: pl\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\\n"

#: shop.py:1
msgid "Add to cart"
msgstr "*"

#, python-format
msgid "%(n)s file"
msgid_plural "%(n)s files"
msgstr[0] "*"
msgstr[1] "*"
msgstr[2] "*"
`,
    edit: [/(msgid "Add to cart"\nmsgstr )"[^"]*"/, '$1"Do koszyka"'],
    added: [
      "#, python-format",
      'msgctxt "verb"\nmsgid "Pay"\nmsgstr ""\n\n#, python-format',
      /"Do koszyka"\n\nmsgctxt "verb"\nmsgid "Pay"\nmsgstr "\[/,
    ],
  },
  {
    name: ".properties",
    source: "messages.properties",
    out: "messages_{locale}.properties",
    target: "messages_pl.properties",
    content: "# The button\nadd = Add to cart\nback=Back\n",
    wanted: "# The button\nadd = *\nback=*\n",
    edit: [/(add = ).*/, "$1Do koszyka"],
    added: ["back=", "pay=Pay\nback=", /add = Do koszyka\npay=\[/],
  },
  {
    name: ".strings",
    source: "en.lproj/Localizable.strings",
    out: "{locale}.lproj/Localizable.strings",
    target: "pl.lproj/Localizable.strings",
    content: '/* The button */\n"add" = "Add to \\"cart\\"";\n"back" = "Back";\n',
    wanted: '/* The button */\n"add" = "*";\n"back" = "*";\n',
    edit: [/("add" = ).*/, '$1"Do koszyka";'],
    added: ['"back"', '"pay" = "Pay";\n"back"', /"Do koszyka";\n"pay" = "\[/],
  },
];

testOnDatabase.for(CASES)(
  "$name files keep all but their values, and a person's values",
  async (given, { commands }) => {
    const path = (file: string) => join(commands.cwd, file);
    const read = () => readFile(path(given.target), "utf8");
    const args = ["translate", given.source, "--from", "en", "--to", "pl", "--out", given.out];
    const translate = () => commands.json(args, { env: { TH_ENGINES: "pseudo" } });
    await mkdir(dirname(path(given.source)), { recursive: true });
    await writeFile(path(given.source), given.content);

    expect(await translate()).toMatchObject({ failed: 0, unsupported: 0, written: [given.target], notices: [] });
    const first = await read();
    // A text by pseudo stands in brackets, and ends with dots.
    expect(first.replace(/\[(?:\\.|[^\]\n\\])*(?:·|\\u00b7)\]/g, "*")).toBe(given.wanted);

    expect(await translate()).toMatchObject({ translated: 0, written: [], notices: [] });
    expect(await read()).toBe(first);

    const edited = first.replace(...given.edit);
    expect(edited).not.toBe(first);
    await writeFile(path(given.target), edited);
    const [before, after, inTarget] = given.added;
    await writeFile(path(given.source), given.content.replace(before, after));
    expect(await translate()).toMatchObject({ failed: 0, written: [given.target] });
    const last = await read();
    expect(last).toContain("Do koszyka");
    expect(last).toMatch(inTarget);
    expect(await translate()).toMatchObject({ translated: 0, written: [] });
  },
);
