/** One way of writing a source catalog for each format: what a team has before its first `translate`. */

/** One text of the source, or one family of two forms. */
export interface SourceText {
  readonly key: string;
  readonly text: string;
  /** Of a family: its form for one; `text` is that for others. */
  readonly one?: string | undefined;
  /** Of an array: its items; `text` is none of them. */
  readonly items?: readonly string[] | undefined;
  readonly note?: string | undefined;
}

export interface Notation {
  readonly name: string;
  /** Of the source; the targets have the same name in another folder. */
  readonly file: string;
  readonly format?: string;
  /** The placeholder of a text. Empty: the format has none. */
  readonly placeholder: string;
  /** The number of a family. */
  readonly count: string;
  /** The texts have no keys: a person edits the file itself, and not a value under a key. */
  readonly blocks?: BlockEditor;
  /** A family that the source has no more goes with the forms that people wrote. Default: those stay. */
  readonly losesFamilies?: boolean;
  /** Whether it has arrays. Default: no. */
  readonly hasArrays?: boolean;
  print(texts: readonly SourceText[]): string;
  /** The key as the format spells it. Default: as it is. */
  spelled?(key: string): string;
}

/** How a person edits a document. */
export interface BlockEditor {
  /** The stretches that are texts, in order. */
  find(content: string): { start: number; end: number }[];
}

type Tree = Map<string, Tree | SourceText>;

function tree(texts: readonly SourceText[]): Tree {
  const root: Tree = new Map();
  for (const text of texts) {
    const path = text.key.split(".");
    let at = root;
    for (const step of path.slice(0, -1)) {
      const next = at.get(step);
      const made: Tree = next instanceof Map ? next : new Map();
      at.set(step, made);
      at = made;
    }
    at.set(path.at(-1) ?? "", text);
  }
  return root;
}

function object(node: Tree, of: (text: SourceText, name: string) => [string, unknown][]): object {
  return Object.fromEntries(
    [...node].flatMap(([name, child]): [string, unknown][] =>
      child instanceof Map ? [[name, object(child, of)]] : of(child, name),
    ),
  );
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const lines = (texts: readonly SourceText[], of: (text: SourceText) => string) => texts.map(of).join("");

const remark = (text: string | undefined, before: string, after: string) =>
  text === undefined ? "" : `${before}${text}${after}`;

function yamlTexts(node: Tree, indent: string): string {
  return [...node]
    .map(([name, child]) => {
      if (child instanceof Map) return `${indent}${name}:\n${yamlTexts(child, `${indent}  `)}`;
      const note = remark(child.note, `${indent}# `, "\n");
      if (child.items)
        return `${note}${indent}${name}:\n${child.items.map((item) => `${indent}  - "${item}"\n`).join("")}`;
      if (child.one === undefined) return `${note}${indent}${name}: "${child.text}"\n`;
      return `${note}${indent}${name}:\n${indent}  one: '${child.one}'\n${indent}  other: '${child.text}'\n`;
    })
    .join("");
}

function phpTexts(node: Tree, indent: string): string {
  return [...node]
    .map(([name, child]) => {
      if (child instanceof Map) return `${indent}'${name}' => [\n${phpTexts(child, `${indent}    `)}${indent}],\n`;
      if (child.items) return `${indent}'${name}' => [${child.items.map((item) => `'${item}'`).join(", ")}],\n`;
      const text = child.one === undefined ? child.text : `${child.one}|${child.text}`;
      return `${remark(child.note, `${indent}// `, "\n")}${indent}'${name}' => '${text}',\n`;
    })
    .join("");
}

/** The times of a cue say its key: none of two keys begins in the same second. */
function cue({ key }: SourceText, mark: string): string {
  const seconds = [...key].reduce((sum, character) => sum + character.charCodeAt(0), 0);
  const time = [0, Math.floor(seconds / 60), seconds % 60].map((part) => String(part).padStart(2, "0")).join(":");
  return `${time}${mark}000 --> ${time}${mark}500`;
}

/** The stretches of the first group of a pattern. */
const found = (pattern: RegExp): BlockEditor => ({
  find: (content) =>
    [...content.matchAll(pattern)].map((match) => {
      const [start, end] = match.indices?.[1] ?? [0, 0];
      return { start, end };
    }),
});

const PARAGRAPHS = found(/(?:^|\n\n)(?:#+ |- )?([^\s#<`:{-][^\n]*)/dg);
const CUES = found(/-->[^\n]*\n([^\n]+)/dg);

export const NOTATIONS: readonly Notation[] = [
  {
    name: "i18next",
    file: "common.json",
    losesFamilies: true,
    hasArrays: true,
    placeholder: "{{name}}",
    count: "{{count}}",
    print: (texts) =>
      json({
        $schema: "./schema.json",
        "@@locale": "en",
        ...object(tree(texts), ({ text, one, items }, name) =>
          one === undefined
            ? [[name, items ?? text]]
            : [
                [`${name}_one`, one],
                [`${name}_other`, text],
              ],
        ),
      }),
  },
  {
    name: "JSON with remarks",
    file: "flat.jsonc",
    hasArrays: true,
    placeholder: "{name}",
    count: "{count}",
    print: (texts) =>
      `// the shop\n{\n${lines(
        texts,
        ({ key, text, note, items }) =>
          `${remark(note, "  // ", "\n")}  "${key}": ${items === undefined ? `"${text}"` : JSON.stringify(items)},\n`,
      )}}\n`,
  },
  {
    name: "next-intl, on one line",
    file: "messages.json",
    hasArrays: true,
    placeholder: "{name}",
    count: "{count}",
    print: (texts) => JSON.stringify(object(tree(texts), ({ text, items }, name) => [[name, items ?? text]])),
  },
  {
    name: "vue-i18n",
    file: "vue.json",
    placeholder: "@:shop.name",
    count: "{n}",
    print: (texts) =>
      json({
        shop: { name: "Shop" },
        ...object(tree(texts), ({ text, one }, name) => [[name, one === undefined ? text : `${one} | ${text}`]]),
      }),
  },
  {
    name: "formatjs",
    file: "extracted.json",
    format: "formatjs-json",
    placeholder: "{name}",
    count: "{count}",
    print: (texts) =>
      json(
        Object.fromEntries(
          texts.map(({ key, text, note }) => [key, { defaultMessage: text, description: note ?? "none" }]),
        ),
      ),
  },
  {
    name: "browser extension",
    file: "chrome.json",
    format: "chrome-json",
    placeholder: "$NAME$",
    count: "$1",
    print: (texts) =>
      json(
        Object.fromEntries(texts.map(({ key, text, note }) => [key, { message: text, description: note ?? "none" }])),
      ),
  },
  {
    name: "Flutter",
    file: "app.arb",
    placeholder: "{name}",
    count: "{count}",
    spelled: (key) => key.replaceAll(".", "_"),
    print: (texts) =>
      json({
        "@@locale": "en",
        ...Object.fromEntries(
          texts.flatMap(({ key, text, note }): [string, unknown][] => {
            const name = key.replaceAll(".", "_");
            return [
              [name, text],
              [`@${name}`, { description: note ?? "none" }],
            ];
          }),
        ),
      }),
  },
  {
    name: "Android",
    file: "strings.xml",
    hasArrays: true,
    placeholder: "%s",
    count: "%d",
    print: (texts) =>
      `<?xml version="1.0" encoding="utf-8"?>\n<resources>\n${lines(
        texts,
        ({ key, text, one, note, items }) =>
          remark(note, "    <!-- ", " -->\n") +
          (items !== undefined
            ? `    <string-array name="${key}">\n${items.map((item) => `        <item>${item}</item>\n`).join("")}    </string-array>\n`
            : one === undefined
              ? `    <string name="${key}">${text}</string>\n`
              : `    <plurals name="${key}">\n        <item quantity="one">${one}</item>\n        <item quantity="other">${text}</item>\n    </plurals>\n`),
      )}</resources>\n`,
  },
  {
    name: "gettext",
    file: "messages.po",
    placeholder: "%s",
    count: "%d",
    print: (texts) =>
      `msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n${lines(
        texts,
        ({ key, text, one, note }) =>
          `\n${remark(note, "#. ", "\n")}${one === undefined ? "" : "#, c-format\n"}msgctxt "${key}"\n${
            one === undefined
              ? `msgid "${text}"\nmsgstr ""\n`
              : `msgid "${one}"\nmsgid_plural "${text}"\nmsgstr[0] ""\nmsgstr[1] ""\n`
          }`,
      )}`,
  },
  {
    name: "Apple strings",
    file: "Localizable.strings",
    placeholder: "%@",
    count: "%d",
    print: (texts) => lines(texts, ({ key, text, note }) => `${remark(note, "/* ", " */\n")}"${key}" = "${text}";\n\n`),
  },
  {
    name: "stringsdict",
    file: "Localizable.stringsdict",
    placeholder: "%@",
    count: "%d",
    print: (texts) =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0">\n<dict>\n${lines(texts, ({ key, text, one }) =>
        one === undefined
          ? `\t<key>${key}</key>\n\t<dict>\n\t\t<key>NSStringLocalizedFormatKey</key>\n\t\t<string>${text}</string>\n\t</dict>\n`
          : `\t<key>${key}</key>\n\t<dict>\n\t\t<key>NSStringLocalizedFormatKey</key>\n\t\t<string>%#@n@</string>\n\t\t<key>n</key>\n\t\t<dict>\n\t\t\t<key>NSStringFormatSpecTypeKey</key>\n\t\t\t<string>NSStringPluralRuleType</string>\n\t\t\t<key>NSStringFormatValueTypeKey</key>\n\t\t\t<string>d</string>\n\t\t\t<key>one</key>\n\t\t\t<string>${one}</string>\n\t\t\t<key>other</key>\n\t\t\t<string>${text}</string>\n\t\t</dict>\n\t</dict>\n`,
      )}</dict>\n</plist>\n`,
  },
  {
    name: "string catalog",
    file: "Localizable.xcstrings",
    placeholder: "%@",
    count: "%d",
    print: (texts) => {
      const unit = (value: string) => ({ stringUnit: { state: "translated", value } });
      const strings = texts.map(({ key, text, one, note }) => [
        key,
        {
          ...(note !== undefined && { comment: note }),
          localizations: {
            en: one === undefined ? unit(text) : { variations: { plural: { one: unit(one), other: unit(text) } } },
          },
        },
      ]);
      return json({ sourceLanguage: "en", strings: Object.fromEntries(strings), version: "1.0" });
    },
  },
  {
    name: "CSV",
    file: "table.csv",
    placeholder: "{name}",
    count: "{count}",
    print: (texts) => `key,en,note\r\n${lines(texts, ({ key, text, note = "" }) => `${key},"${text}",${note}\r\n`)}`,
  },
  {
    name: "Fluent",
    file: "app.ftl",
    placeholder: "{ $name }",
    count: "{ $count }",
    spelled: (key) => key.replaceAll(".", "-"),
    print: (texts) =>
      lines(texts, ({ key, text, one, note }) => {
        const name = key.replaceAll(".", "-");
        return `${remark(note, "# ", "\n")}${name} = ${
          one === undefined ? text : `{ $count ->\n    [one] ${one}\n   *[other] ${text}\n}`
        }\n`;
      }),
  },
  {
    name: "TOML",
    file: "i18n.toml",
    hasArrays: true,
    placeholder: "{{ .Name }}",
    count: "{{ .Count }}",
    print: (texts) =>
      lines(texts, ({ key, text, one, note, items }) => {
        const about = remark(note, 'description = "', '"\n');
        if (items !== undefined) return `[${key}]\nitems = ${JSON.stringify(items)}\n\n`;
        return one === undefined
          ? `[${key}]\n${about}other = "${text}"\n\n`
          : `[${key}]\n${about}one = "${one}"\nother = '${text}'\n\n`;
      }),
  },
  {
    name: "Laravel",
    file: "shop.php",
    hasArrays: true,
    placeholder: ":name",
    count: ":count",
    print: (texts) => `<?php\n\nreturn [\n${phpTexts(tree(texts), "    ")}];\n`,
  },
  {
    name: "Java properties",
    file: "messages.properties",
    placeholder: "{0}",
    count: "{0}",
    print: (texts) => lines(texts, ({ key, text, note }) => `${remark(note, "# ", "\n")}${key} = ${text}\n`),
  },
  {
    name: ".NET resources",
    file: "Strings.resx",
    placeholder: "{0}",
    count: "{0}",
    print: (texts) =>
      `<?xml version="1.0" encoding="utf-8"?>\n<root>\n${lines(
        texts,
        ({ key, text, note }) =>
          `  <data name="${key}" xml:space="preserve">\n    <value>${text}</value>\n${remark(
            note,
            "    <comment>",
            "</comment>\n",
          )}  </data>\n`,
      )}</root>\n`,
  },
  {
    name: "XLIFF 1.2",
    file: "messages.xlf",
    placeholder: '<x id="INTERPOLATION"/>',
    count: '<x id="N"/>',
    print: (texts) =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">\n  <file source-language="en" datatype="plaintext" original="shop">\n    <body>\n${lines(
        texts,
        ({ key, text, note }) =>
          `      <trans-unit id="${key}">\n        <source>${text}</source>\n${remark(
            note,
            "        <note>",
            "</note>\n",
          )}      </trans-unit>\n`,
      )}    </body>\n  </file>\n</xliff>\n`,
  },
  {
    name: "XLIFF 2.0",
    file: "messages.xliff",
    placeholder: '<ph id="0"/>',
    count: '<ph id="0"/>',
    print: (texts) =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<xliff version="2.0" xmlns="urn:oasis:names:tc:xliff:document:2.0" srcLang="en">\n  <file id="f1">\n${lines(
        texts,
        ({ key, text, note }) =>
          `    <unit id="${key}">\n${remark(
            note,
            "      <notes><note>",
            "</note></notes>\n",
          )}      <segment>\n        <source>${text}</source>\n      </segment>\n    </unit>\n`,
      )}  </file>\n</xliff>\n`,
  },
  {
    name: "Rails",
    file: "rails.yml",
    hasArrays: true,
    placeholder: "%{name}",
    count: "%{count}",
    print: (texts) => (texts.length === 0 ? "en: {}\n" : `en:\n${yamlTexts(tree(texts), "  ")}`),
  },
  {
    name: "plain YAML",
    file: "plain.yaml",
    hasArrays: true,
    placeholder: "{name}",
    count: "{count}",
    print: (texts) => (texts.length === 0 ? "{}\n" : yamlTexts(tree(texts), "")),
  },
  {
    name: "Markdown",
    file: "page.md",
    placeholder: "",
    count: "",
    blocks: PARAGRAPHS,
    print: (texts) =>
      `# Shop\n\n${lines(texts, ({ key, text, one }) =>
        one === undefined ? `${key < "b" ? "## " : ""}${text}\n\n` : `- ${one}\n\n- ${text}\n\n`,
      )}\`\`\`sh\nnpm start\n\`\`\`\n`,
  },
  {
    name: "MDX",
    file: "page.mdx",
    placeholder: "",
    count: "",
    blocks: PARAGRAPHS,
    print: (texts) =>
      `import { Box } from "./box"\n\n# Shop\n\n${lines(texts, ({ text, one }) =>
        one === undefined ? `${text}\n\n` : `<Box />\n\n${one}\n\n${text}\n\n`,
      )}`,
  },
  {
    name: "HTML",
    file: "page.html",
    placeholder: "",
    count: "",
    blocks: found(/<(?:p|li|title)>([^<]+)</dg),
    print: (texts) =>
      `<!doctype html>\n<html lang="en">\n<head><title>Shop</title></head>\n<body>\n${lines(texts, ({ text, one }) =>
        one === undefined ? `  <p>${text}</p>\n` : `  <ul>\n    <li>${one}</li>\n    <li>${text}</li>\n  </ul>\n`,
      )}</body>\n</html>\n`,
  },
  {
    name: "SubRip",
    file: "film.srt",
    placeholder: "",
    count: "",
    blocks: CUES,
    print: (texts) => texts.map((text, at) => `${at + 1}\n${cue(text, ",")}\n${text.text}\n`).join("\n"),
  },
  {
    name: "WebVTT",
    file: "film.vtt",
    placeholder: "",
    count: "",
    blocks: CUES,
    print: (texts) => `WEBVTT\n\n${texts.map((text) => `${cue(text, ".")}\n${text.text}\n`).join("\n")}`,
  },
];
