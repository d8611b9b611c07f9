/** `translate` on catalogs of each format: only values change, a second run changes nothing, and a person's value stays. */
import { readFileSync } from "node:fs";
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
    name: "Flutter",
    source: "lib/l10n/app_en.arb",
    out: "lib/l10n/app_{locale}.arb",
    target: "lib/l10n/app_pl.arb",
    content: `{
  "@@locale": "en",
  "add": "Add to cart",
  "@add": {
    "description": "The button"
  },
  "boxes": "{count, plural, =0 {No box} one {One box} other {{count} boxes}}",
  "@boxes": { "placeholders": { "count": { "type": "int", "example": "3" } } },
  "back": "Back"
}
`,
    wanted: `{
  "@@locale": "pl",
  "add": "*",
  "@add": {
    "description": "The button"
  },
  "boxes": "{count, plural, =0 {*} one {*} few {*} many {*} other {*}}",
  "@boxes": { "placeholders": { "count": { "type": "int", "example": "3" } } },
  "back": "*"
}
`,
    edit: [/("add": ).*/, '$1"Do koszyka",'],
    added: [
      '  "back"',
      '  "pay": "Pay",\n  "@pay": {},\n  "back"',
      /"example": "3" } } },\n {2}"pay": "\[[^\n]*",\n {2}"@pay": \{\},\n/,
    ],
  },
  {
    name: "JSON with remarks",
    source: "en.jsonc",
    out: "{locale}.jsonc",
    target: "pl.jsonc",
    content: `{
  // The button
  "add": "Add to cart", // short
  "files_one": "{{count}} file",
  "files_other": "{{count}} files",
}
`,
    wanted: `{
  // The button
  "add": "*", // short
  "files_one": "*",
  "files_few": "*",
  "files_many": "*",
  "files_other": "*",
}
`,
    edit: [/("add": )"[^"]*"/, '$1"Do koszyka"'],
    added: ['  "files_one"', '  "pay": "Pay",\n  "files_one"', /"Do koszyka", \/\/ short\n {2}"pay": "\[/],
  },
  {
    name: "formatjs",
    source: "en.json",
    out: "{locale}.json",
    target: "pl.json",
    content: '{\n  "add": {\n    "defaultMessage": "Add to cart",\n    "description": "The button"\n  }\n}\n',
    wanted: '{\n  "add": {\n    "defaultMessage": "*",\n    "description": "The button"\n  }\n}\n',
    edit: [/("defaultMessage": )"[^"]*"/, '$1"Do koszyka"'],
    added: [
      "{\n",
      '{\n  "pay": {\n    "defaultMessage": "Pay",\n    "description": "A verb"\n  },\n',
      /^\{\n {2}"pay": \{\n {4}"defaultMessage": "\[.*\n {4}"description": "A verb"\n {2}\},\n {2}"add"/,
    ],
  },
  {
    name: "browser extension",
    source: "_locales/en/messages.json",
    out: "_locales/{locale}/messages.json",
    target: "_locales/pl/messages.json",
    content:
      '{\n  "add": { "message": "Add to cart", "description": "The button" },\n  "back": { "message": "Back" }\n}\n',
    wanted: '{\n  "add": { "message": "*", "description": "The button" },\n  "back": { "message": "*" }\n}\n',
    edit: [/("add": \{ "message": )"[^"]*"/, '$1"Do koszyka"'],
    added: [
      '  "back"',
      '  "pay": { "message": "Pay" },\n  "back"',
      /"Do koszyka", "description": "The button" \},\n {2}"pay": \{ "message": "\[[^"]*" \},/,
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
  {
    name: "Rails",
    source: "config/locales/en.yml",
    out: "config/locales/{locale}.yml",
    target: "config/locales/pl.yml",
    content: `# The shop
en:
  cart:
    add: 'Add to cart' # the button
    boxes:
      one: "%{count} box"
      other: "%{count} boxes"
    precision: 2
    order: [:year, :month]
  back: Back
`,
    wanted: `# The shop
pl:
  cart:
    add: '*' # the button
    boxes:
      one: "*"
      few: "*"
      many: "*"
      other: "*"
    precision: 2
    order: [:year, :month]
  back: "*"
`,
    edit: [/(add: ).*/, "$1'Do koszyka'"],
    added: ["  back:", "  pay:\n    now: Pay now\n  back:", /order: \[:year, :month\]\n {2}pay:\n {4}now: ["'[]/],
  },
  {
    name: "Fluent",
    source: "locales/en/app.ftl",
    out: "locales/{locale}/app.ftl",
    target: "locales/pl/app.ftl",
    content: `# The button
add = Add to cart
    .title = Adds it
boxes = { $count ->
    [one] One box
   *[other] { $count } boxes
}
back = Back
`,
    wanted: `# The button
add = *
    .title = *
boxes = { $count ->
    [one] *
    [few] *
    [many] *
   *[other] *
}
back = *
`,
    edit: [/(add = ).*/, "$1Do koszyka"],
    added: ["back =", "pay = Pay\nback =", /}\npay = .*·/],
  },
  {
    name: "go-i18n",
    source: "i18n/en.toml",
    out: "i18n/{locale}.toml",
    target: "i18n/pl.toml",
    content: `# The button
[add]
other = "Add to cart"

[boxes]
description = "In the cart"
one = "{{ .Count }} box"
other = "{{ .Count }} boxes"

[back]
other = 'Back'
`,
    wanted: `# The button
[add]
other = "*"

[boxes]
description = "In the cart"
one = "*"
few = "*"
many = "*"
other = "*"

[back]
other = '*'
`,
    edit: [/("?\[add\]\nother = ).*/, '$1"Do koszyka"'],
    added: ["[back]", "[pay]\nother = 'Pay'\n\n[back]", /\n\n\[pay\]\nother = '\[/],
  },
  {
    name: "Laravel",
    source: "lang/en/shop.php",
    out: "lang/{locale}/shop.php",
    target: "lang/pl/shop.php",
    content: `<?php

return [
    // The button
    'add' => 'Add to cart',
    'boxes' => '1 box|:count boxes',
    'nested' => array("back" => "Back"),
    'url' => config('app.url'),
];
`,
    wanted: `<?php

return [
    // The button
    'add' => '*',
    'boxes' => ' *| *| *| *',
    'nested' => array("back" => "*"),
    'url' => config('app.url'),
];
`,
    edit: [/('add' => ).*/, "$1'Do koszyka',"],
    added: ["    'nested'", "    'pay' => 'Pay',\n    'nested'", /\n {4}'pay' => '\[/],
  },
  {
    name: "XLIFF 1.2",
    source: "src/messages.xlf",
    out: "src/messages.{locale}.xlf",
    target: "src/messages.pl.xlf",
    content: `<?xml version="1.0" encoding="UTF-8" ?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
  <file source-language="en" datatype="plaintext" original="ng2.template">
    <body>
      <trans-unit id="add" datatype="html">
        <source>Add to cart</source>
        <note priority="1" from="description">The button</note>
      </trans-unit>
      <trans-unit id="app" translate="no"><source>Parcel</source></trans-unit>
      <trans-unit id="hello" datatype="html">
        <source>Hello <x id="INTERPOLATION" equiv-text="{{ name }}"/></source>
      </trans-unit>
    </body>
  </file>
</xliff>
`,
    wanted: `<?xml version="1.0" encoding="UTF-8" ?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
  <file source-language="en" target-language="pl" datatype="plaintext" original="ng2.template">
    <body>
      <trans-unit id="add" datatype="html">
        <source>Add to cart</source>
        <target>*</target>
        <note priority="1" from="description">The button</note>
      </trans-unit>
      <trans-unit id="app" translate="no"><source>Parcel</source></trans-unit>
      <trans-unit id="hello" datatype="html">
        <source>Hello <x id="INTERPOLATION" equiv-text="{{ name }}"/></source>
        <target>*</target>
      </trans-unit>
    </body>
  </file>
</xliff>
`,
    edit: [/(<target>)[^<]*(<\/target>\n\s*<note)/, "$1Do koszyka$2"],
    added: [
      '      <trans-unit id="app"',
      '      <trans-unit id="pay"><source>Pay</source></trans-unit>\n      <trans-unit id="app"',
      /<\/trans-unit>\n {6}<trans-unit id="pay"><source>Pay<\/source><target>\[[^<]*<\/target><\/trans-unit>/,
    ],
  },
  {
    name: "XLIFF 2.0",
    source: "messages.xliff",
    out: "messages.{locale}.xliff",
    target: "messages.pl.xliff",
    content: `<xliff version="2.0" xmlns="urn:oasis:names:tc:xliff:document:2.0" srcLang="en">
  <file id="ngi18n" original="ng.template">
    <unit id="add"><segment state="initial"><source>Add to cart</source></segment></unit>
    <unit id="last"><segment><source>Last</source></segment></unit>
  </file>
</xliff>
`,
    wanted: `<xliff version="2.0" xmlns="urn:oasis:names:tc:xliff:document:2.0" srcLang="en" trgLang="pl">
  <file id="ngi18n" original="ng.template">
    <unit id="add"><segment state="translated"><source>Add to cart</source><target>*</target></segment></unit>
    <unit id="last"><segment><source>Last</source><target>*</target></segment></unit>
  </file>
</xliff>
`,
    edit: [/(cart<\/source><target>)[^<]*/, "$1Do koszyka"],
    added: [
      '    <unit id="last"',
      '    <unit id="pay"><segment><source>Pay</source></segment></unit>\n    <unit id="last"',
      /Do koszyka<\/target><\/segment><\/unit>\n {4}<unit id="pay"><segment><source>Pay<\/source><target>\[/,
    ],
  },
  {
    name: "RESX",
    source: "Strings.resx",
    out: "Strings.{locale}.resx",
    target: "Strings.pl.resx",
    content: `<root>
  <data name="add" xml:space="preserve">
    <value>Add to cart</value>
    <comment>The button</comment>
  </data>
  <data name="icon" type="System.Resources.ResXFileRef"><value>icon.png;System.Drawing.Bitmap</value></data>
  <data name="back" xml:space="preserve"><value>Back</value></data>
</root>
`,
    wanted: `<root>
  <data name="add" xml:space="preserve">
    <value>*</value>
    <comment>The button</comment>
  </data>
  <data name="back" xml:space="preserve"><value>*</value></data>
</root>
`,
    edit: [/(<value>)[^<]*/, "$1Do koszyka"],
    added: [
      '  <data name="back"',
      '  <data name="pay"><value>Pay</value></data>\n  <data name="back"',
      /Do koszyka<\/value>\n[^\n]*\n {2}<\/data>\n {2}<data name="pay"><value>\[/,
    ],
  },
  {
    name: "stringsdict",
    source: "en.lproj/Localizable.stringsdict",
    out: "{locale}.lproj/Localizable.stringsdict",
    target: "pl.lproj/Localizable.stringsdict",
    content: stringsdict("files", ["zero", "one", "other"]),
    wanted: stringsdict("files", ["zero", "one", "few", "many", "other"]).replace(/(<string>)(?:No|%d) files?/g, "$1*"),
    edit: [/(<key>zero<\/key>\n\s*<string>)[^<]*/, "$1Do koszyka"],
    added: [
      "</dict>\n</plist>",
      `${stringsdict("more", ["one", "other"]).split("<dict>\n").slice(1).join("<dict>\n")}`,
      /<key>more<\/key>[\s\S]*<key>many<\/key>/,
    ],
  },
  {
    name: "Markdown",
    source: "docs/guide.md",
    out: "docs/{locale}/guide.md",
    target: "docs/pl/guide.md",
    content:
      "---\ntitle: Cart\nweight: 2\n---\n\n# Add to cart {#add}\n\n- One `item`\n- Two items\n\n```sh\nbuy\n```\n",
    wanted: '---\ntitle: "*"\nweight: 2\n---\n\n# * {#add}\n\n- *\n- *\n\n```sh\nbuy\n```\n',
    edit: [/# .* \{/, "# Do koszyka {"],
    added: ["- Two", "- Pay now\n- Two", /# Do koszyka \{#add\}\n\n- \[.*\]\n- \[.*\]\n- \[.*\]\n\n```sh/],
  },
  {
    name: "MDX",
    source: "docs/guide.mdx",
    out: "docs/{locale}/guide.mdx",
    target: "docs/pl/guide.mdx",
    content: "import { Box } from './box';\n\n# Add to cart\n\n<Box>\n  In the box.\n</Box>\n\nBack\n",
    wanted: "import { Box } from './box';\n\n# *\n\n<Box>\n  *\n</Box>\n\n*\n",
    edit: [/# .*/, "# Do koszyka"],
    added: [
      "Back",
      "<Box>\n  Pay now\n</Box>\n\nBack",
      /# Do koszyka\n[\s\S]*<\/Box>\n\n<Box>\n {2}\[.*\]\n<\/Box>\n\n\[/,
    ],
  },
  {
    name: "HTML",
    source: "en/mail.html",
    out: "{locale}/mail.html",
    target: "pl/mail.html",
    content:
      '<html lang="en">\n<body>\n<p>Add to cart</p>\n<img src="a.png" alt="A box">\n<p>Back</p>\n</body>\n</html>\n',
    wanted: '<html lang="pl">\n<body>\n<p>*</p>\n<img src="a.png" alt="*">\n<p>*</p>\n</body>\n</html>\n',
    edit: [/<p>[^<]*/, "<p>Do koszyka"],
    added: ["<p>Back", "<p>Pay now</p>\n<p>Back", /lang="pl"[\s\S]*<p>Do koszyka<\/p>\n<img.*>\n<p>\[.*\]<\/p>\n<p>\[/],
  },
  {
    name: "SubRip",
    source: "talk.srt",
    out: "talk.{locale}.srt",
    target: "talk.pl.srt",
    content: "1\n00:00:01,000 --> 00:00:02,000\nAdd to cart\n\n2\n00:00:05,000 --> 00:00:06,000\nBack\n",
    wanted: "1\n00:00:01,000 --> 00:00:02,000\n*\n\n2\n00:00:05,000 --> 00:00:06,000\n*\n",
    edit: [/(02[.,]000.*\n)\[.*/, "$1Do koszyka"],
    added: ["2\n", "2\n00:00:03,000 --> 00:00:04,000\nPay\n\n3\n", /Do koszyka\n\n2\n00:00:03,000 --> .*\n\[.*\]\n\n/],
  },
  {
    name: "WebVTT",
    source: "talk.vtt",
    out: "talk.{locale}.vtt",
    target: "talk.pl.vtt",
    content:
      "WEBVTT\n\nNOTE keep\n\n00:01.000 --> 00:02.000 line:0\nAdd to cart\n\n00:05.000 --> 00:06.000\n<i>Back</i>\n",
    wanted: "WEBVTT\n\nNOTE keep\n\n00:01.000 --> 00:02.000 line:0\n*\n\n00:05.000 --> 00:06.000\n*\n",
    edit: [/(02[.,]000.*\n)\[.*/, "$1Do koszyka"],
    added: ["00:05", "00:03.000 --> 00:04.000\nPay\n\n00:05", /Do koszyka\n\n00:03\.000 --> .*\n\[.*\]\n\n00:05/],
  },
];

/** Of each format, by its name: so a failure shows the format. */
const each = <Value>(value: (given: Case) => Value) =>
  Object.fromEntries(CASES.map((given) => [given.name, value(given)]));

/** Each format has a folder of its own. One run translates them all: a run for each would be some hundred more processes. */
const folderOf = ({ name }: Case) => name.toLowerCase().replace(/[^a-z0-9]+/g, "-");

testOnDatabase("files of each format keep all but their values, and a person's values", async ({ commands }) => {
  const source = (given: Case) => join(commands.cwd, folderOf(given), given.source);
  const target = (given: Case) => join(commands.cwd, folderOf(given), given.target);
  const read = () => each((given) => readFileSync(target(given), "utf8"));
  const write = (files: [path: string, content: string][]) =>
    Promise.all(
      files.map(async ([path, content]) => {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content);
      }),
    );
  const written = CASES.map((given) => `${folderOf(given)}/${given.target}`).sort();
  const translate = async () => {
    const report = await commands.json<{ written: string[] }>(["translate"], { env: { TH_ENGINES: "pseudo" } });
    return { ...report, written: report.written.sort() };
  };
  const files = CASES.map((given) => ({
    in: `${folderOf(given)}/${given.source}`,
    out: `${folderOf(given)}/${given.out}`,
  }));
  const config = { source: "en", targets: ["pl"], files };
  await write([[join(commands.cwd, "trans-hub.config.json"), JSON.stringify(config)]]);
  await write(CASES.map((given) => [source(given), given.content]));

  expect(await translate()).toMatchObject({ failed: 0, unsupported: 0, written, notices: [] });
  const first = read();
  // A text by pseudo stands in brackets, and ends with dots.
  const starred = (text = "") => text.replace(/\[(?:\\.|[^\]\n\\])*(?:·|\\u00b7)\]/g, "*");
  expect(each(({ name }) => starred(first[name]))).toEqual(each(({ wanted }) => wanted));

  expect(await translate()).toMatchObject({ translated: 0, written: [], notices: [] });
  expect(read()).toEqual(first);

  const edited = each(({ name, edit: [from, to] }) => (first[name] ?? "").replace(from, to));
  for (const { name } of CASES) expect({ [name]: edited[name] }).not.toEqual({ [name]: first[name] });
  await write(CASES.map((given) => [target(given), edited[given.name] ?? ""]));
  await write(CASES.map((given) => [source(given), given.content.replace(given.added[0], given.added[1])]));
  expect(await translate()).toMatchObject({ failed: 0, written });
  const last = read();
  expect(last).toEqual(each(() => expect.stringContaining("Do koszyka")));
  expect(last).toEqual(each(({ added }) => expect.stringMatching(added[2])));
  expect(await translate()).toMatchObject({ translated: 0, written: [] });
  expect(read()).toEqual(last);
});

testOnDatabase.for([
  ["en.yml", "en:\n  boxes:\n    one: a box\n    other: boxes\n", /other: .*/, "other: 箱です"],
  [
    "en.toml",
    '[boxes]\none = "a box"\nother = "boxes"\n[text]\nother = "Text"\n',
    /(\[boxes\]\nother) = .*/,
    '$1 = "箱です"',
  ],
  ["lang/en/shop.php", "<?php return ['boxes' => 'a box|boxes'];\n", /'boxes' => '.*'/, "'boxes' => '箱です'"],
  ["en.ftl", "boxes = { $count ->\n    [one] a box\n   *[other] boxes\n}\n", /boxes = [\s\S]*\}\n/, "boxes = 箱です\n"],
] as const)(
  "a person's only form of a language with one stays in %s",
  async ([source, content, from, to], { commands }) => {
    const path = (file: string) => join(commands.cwd, file);
    const target = source.replace(/\ben\b/, "ja");
    const args = ["translate", source, "--from", "en", "--to", "ja", "--out", source.replace(/\ben\b/, "{locale}")];
    const translate = () => commands.json(args, { env: { TH_ENGINES: "pseudo" } });
    await mkdir(dirname(path(source)), { recursive: true });
    await writeFile(path(source), content);

    expect(await translate()).toMatchObject({ failed: 0, written: [target], notices: [] });
    const edited = (await readFile(path(target), "utf8")).replace(from, to);
    expect(edited).toContain("箱です");
    await writeFile(path(target), edited);
    expect(await translate()).toMatchObject({ translated: 0, written: [] });
    expect(await readFile(path(target), "utf8")).toBe(edited);
  },
);

/** A property list with one entry of one variable. */
function stringsdict(key: string, categories: readonly string[]): string {
  const forms = categories.map((category) => {
    const text = { zero: "No files", one: "%d file" }[category] ?? "%d files";
    return `      <key>${category}</key>\n      <string>${text}</string>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>${key}</key>
  <dict>
    <key>NSStringLocalizedFormatKey</key>
    <string>%#@n@</string>
    <key>n</key>
    <dict>
      <key>NSStringFormatSpecTypeKey</key>
      <string>NSStringPluralRuleType</string>
      <key>NSStringFormatValueTypeKey</key>
      <string>d</string>
${forms.join("")}    </dict>
  </dict>
</dict>
</plist>
`;
}
