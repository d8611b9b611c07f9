/** A family of two English forms has exactly the forms of each target language, in each notation of plurals. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testOnDatabase } from "@trans-hub/test-support/command";
import { expect } from "vitest";

/** By CLDR. */
const CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  pl: ["one", "few", "many", "other"],
  ar: ["zero", "one", "two", "few", "many", "other"],
  ja: ["other"],
  fr: ["one", "many", "other"],
  ru: ["one", "few", "many", "other"],
  cs: ["one", "few", "many", "other"],
  cy: ["zero", "one", "two", "few", "many", "other"],
};

/** By the rules of gettext, which counts whole numbers alone and has no form for millions. */
const COUNTED: Readonly<Record<string, number>> = { pl: 3, ar: 6, ja: 1, fr: 2, ru: 3, cs: 3, cy: 6 };

interface Notation {
  name: string;
  file: string;
  content: string;
  /** The forms of the family in a target, in the order of the file. */
  forms(content: string, locale: string): string[];
  wanted?(locale: string): readonly string[];
}

const all = (pattern: RegExp) => (content: string) => [...content.matchAll(pattern)].map(([, form = ""]) => form);

/** The branches of the message, at its own depth. */
const icuForms = all(/(?:^|[\s}])(zero|one|two|few|many|other) ?\{/g);

const indexes = (length = 0) => Array.from({ length }, (_, at) => String(at));

const NOTATIONS: readonly Notation[] = [
  {
    name: "i18next",
    file: "i18next.json",
    content: '{\n  "files_one": "{{count}} file",\n  "files_other": "{{count}} files"\n}\n',
    forms: all(/"files_(\w+)":/g),
  },
  {
    name: "ICU in JSON",
    file: "icu.json",
    content: '{ "files": "{count, plural, one {# file} other {# files}}" }\n',
    forms: icuForms,
  },
  {
    name: "Flutter",
    file: "app.arb",
    content: '{ "files": "{count, plural, one {{count} file} other {{count} files}}" }\n',
    forms: icuForms,
  },
  {
    name: "XLIFF of Angular",
    file: "messages.xlf",
    content: `<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"><file source-language="en" datatype="plaintext" original="a"><body>
<trans-unit id="files"><source>{VAR_PLURAL, plural, one {one file} other {some files}}</source></trans-unit>
</body></file></xliff>
`,
    forms: (content) => icuForms(/<target>([^<]*)/.exec(content)?.[1] ?? ""),
  },
  {
    name: "Android",
    file: "strings.xml",
    content:
      '<resources>\n  <plurals name="files">\n    <item quantity="one">%d file</item>\n    <item quantity="other">%d files</item>\n  </plurals>\n</resources>\n',
    forms: all(/quantity="(\w+)"/g),
  },
  {
    name: "gettext",
    file: "messages.po",
    content: `msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n#, c-format\nmsgid "%d file"\nmsgid_plural "%d files"\nmsgstr[0] ""\nmsgstr[1] ""\n`,
    forms: all(/msgstr\[(\d)\] "[^"]/g),
    wanted: (locale) => indexes(COUNTED[locale]),
  },
  {
    name: "stringsdict",
    file: "Localizable.stringsdict",
    content: `<plist version="1.0"><dict>
  <key>files</key>
  <dict>
    <key>NSStringLocalizedFormatKey</key><string>%#@n@</string>
    <key>n</key>
    <dict>
      <key>NSStringFormatSpecTypeKey</key><string>NSStringPluralRuleType</string>
      <key>NSStringFormatValueTypeKey</key><string>d</string>
      <key>one</key><string>%d file</string>
      <key>other</key><string>%d files</string>
    </dict>
  </dict>
</dict></plist>
`,
    forms: all(/<key>(zero|one|two|few|many|other)<\/key>/g),
  },
  {
    name: "string catalog",
    file: "Localizable.xcstrings",
    content: `{ "sourceLanguage" : "en", "strings" : { "files" : { "localizations" : { "en" : { "variations" : { "plural" : {
  "one" : { "stringUnit" : { "state" : "translated", "value" : "%d file" } },
  "other" : { "stringUnit" : { "state" : "translated", "value" : "%d files" } }
} } } } } }, "version" : "1.0" }
`,
    forms: (content, locale) => {
      const { strings } = JSON.parse(content);
      return Object.keys(strings.files.localizations[locale].variations.plural);
    },
    // As Xcode sorts them.
    wanted: (locale) => [...(CATEGORIES[locale] ?? [])].sort(),
  },
  {
    name: "Rails",
    file: "rails.yml",
    content: "en:\n  files:\n    one: '%{count} file'\n    other: '%{count} files'\n",
    forms: all(/^ {4}(\w+):/gm),
  },
  {
    name: "Fluent",
    file: "app.ftl",
    content: "files = { $count ->\n    [one] { $count } file\n   *[other] { $count } files\n}\n",
    forms: all(/^ +\*?\[(\w+)\]/gm),
  },
  {
    name: "go-i18n",
    file: "active.toml",
    content: '[files]\none = "{{ .Count }} file"\nother = "{{ .Count }} files"\n',
    forms: all(/^(\w+) =/gm),
  },
  {
    name: "Laravel",
    file: "shop.php",
    content: "<?php\n\nreturn [\n    'files' => ':count file|:count files',\n];\n",
    forms: (content) => Object.keys((/=> '([^']*)'/.exec(content)?.[1] ?? "").split("|")),
    wanted: (locale) => indexes(CATEGORIES[locale]?.length),
  },
];

const CASES = NOTATIONS.flatMap((notation) => Object.keys(CATEGORIES).map((locale) => ({ ...notation, locale })));

testOnDatabase("with pseudo alone, each family has the forms of each language", async ({ commands }) => {
  const path = (file: string) => join(commands.cwd, file);
  await mkdir(path("en"));
  for (const { file, content } of NOTATIONS) await writeFile(path(`en/${file}`), content);
  const files = NOTATIONS.map(({ file }) => ({ in: `en/${file}`, out: `{locale}/${file}` }));
  const config = { source: "en", targets: Object.keys(CATEGORIES), files };
  await writeFile(path("trans-hub.config.json"), JSON.stringify(config));
  const env = { TH_ENGINES: "pseudo" };
  expect(await commands.json(["translate"], { env })).toMatchObject({ failed: 0, unsupported: 0, broken: [] });

  for (const { name, locale, file, forms, wanted = (other: string) => CATEGORIES[other] } of CASES) {
    const content = await readFile(path(`${locale}/${file}`), "utf8");
    expect(forms(content, locale), `${name} in ${locale}`).toEqual(wanted(locale));
  }
  expect(await commands.json(["translate", "--check"], { env })).toMatchObject({ ok: true });
  expect(await commands.json(["translate"], { env })).toMatchObject({ written: [], translated: 0 });
});
