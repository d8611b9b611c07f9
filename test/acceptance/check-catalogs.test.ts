/** `trans-hub check .`: catalogs are found by looking, and their values judged, without a database. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Commands, test } from "@trans-hub/test-support/command";
import { describe, expect } from "vitest";

/** The command must not even try to reach a database. */
const env = { TH_DATABASE_URL: "postgres://someone:hunter2@127.0.0.1:1/nothing" };

type Files = Record<string, string | object>;

async function put(commands: Commands, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(commands.cwd, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content, null, 2));
  }
}

interface Report {
  ok: boolean;
  problems: {
    file: string;
    locale: string;
    key: string;
    kind: string;
    severity: string;
    message: string;
    line?: number;
  }[];
  checked: number;
}

const check = (commands: Commands, code: number, ...args: string[]) =>
  commands.json<Report>(["check", ...args], { env, code });

/** `file:line key` */
const places = ({ problems }: Report) => problems.map(({ file, line, key }) => `${file}:${line} ${key}`);

const po = (locale: string, ...entries: string[]) =>
  `msgid ""\nmsgstr ""\n"Language: ${locale}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n${entries.join("\n\n")}\n`;

const strings = (...entries: string[]) => entries.map((entry) => `${entry};\n`).join("");

describe("check .", () => {
  test.for<[project: string, files: Files, checked: number, problems: string[]]>([
    [
      "tables, and string catalogs",
      {
        "i18n/texts.csv": "key,en,fr\nhi,Hi {name},Salut {nom}\nbye,Bye,Adieu\n",
        "data/i18n.csv": "any,data\n1,2\n",
        "Localizable.xcstrings": {
          sourceLanguage: "en",
          strings: {
            "Hi %@": { localizations: { de: { stringUnit: { state: "translated", value: "Hallo" } } } },
          },
          version: "1.0",
        },
      },
      3,
      ["Localizable.xcstrings:9 line 9", "i18n/texts.csv:2 hi"],
    ],
    [
      "i18next, with namespaces and plurals",
      {
        "package.json": { name: "shop" },
        "public/locales/en/common.json": {
          hi: "Hi {{name}}",
          mail_one: "{{count}} mail",
          mail_other: "{{count}} mails",
        },
        "public/locales/pl/common.json": {
          ...{ hi: "Cześć {{imię}}", mail_one: "{{count}} list", mail_few: "{{count}} listy", mail_many: "listów" },
          mail_other: "{{count}} listu",
        },
        "public/locales/ja/common.json": { hi: "こんにちは、{{name}}さん", mail_other: "メール{{count}}件" },
      },
      7,
      ["public/locales/pl/common.json:2 hi", "public/locales/pl/common.json:5 mail_many"],
    ],
    [
      "next-intl, with ICU",
      {
        "messages/en.json": { cart: { items: "{count, plural, one {# item} other {# items}}", it: "It''s {name}" } },
        "messages/fr.json": {
          cart: { items: "{count, plural, one {# article} other {# articles", it: "L'{name}" },
        },
      },
      2,
      ["messages/fr.json:3 cart.items", "messages/fr.json:4 cart.it"],
    ],
    [
      "Android",
      {
        "app/src/main/res/values/strings.xml": `<resources>
  <string name="hi">Hi %1$s</string>
  <string name="app" translatable="false">Shop</string>
  <plurals name="files"><item quantity="one">%d file</item><item quantity="other">%d files</item></plurals>
</resources>`,
        "app/src/main/res/values/colors.xml": `<resources><color name="red">#f00</color></resources>`,
        "app/src/main/res/values-zh-rCN/strings.xml": `<resources>
  <string name="hi">你好</string>
  <plurals name="files"><item quantity="other">%d 个文件</item></plurals>
</resources>`,
      },
      2,
      ["app/src/main/res/values-zh-rCN/strings.xml:2 hi"],
    ],
    [
      "iOS",
      {
        "App/en.lproj/Localizable.strings": strings('"hi" = "Hi %@"', '"Save all" = "Save all %d"'),
        "App/fr.lproj/Localizable.strings": strings('"hi" = "Salut %@"', '"Save all" = "Tout enregistrer %s"'),
      },
      2,
      ["App/fr.lproj/Localizable.strings:2 line 2"],
    ],
    [
      "Django, whose keys are the texts",
      {
        "locale/fr/LC_MESSAGES/django.po": po(
          "fr",
          '#, python-format\nmsgid "Secret %(name)s"\nmsgstr "Secret %(nom)s"',
          '#, fuzzy\nmsgid "Other %(name)s"\nmsgstr "Autre"',
          'msgid "%(n)s file"\nmsgid_plural "%(n)s files"\nmsgstr[0] "un fichier"\nmsgstr[1] "fichiers"',
        ),
      },
      3,
      ["locale/fr/LC_MESSAGES/django.po:9 line 9", "locale/fr/LC_MESSAGES/django.po:18 line 18"],
    ],
    [
      "gettext, whose sources are keys",
      {
        "locale/en/LC_MESSAGES/app.po": po("en", 'msgid "cart.hi"\nmsgstr "Hi %s"', 'msgid "cart.bye"\nmsgstr "Bye"'),
        "locale/fr/LC_MESSAGES/app.po": po(
          "fr",
          'msgid "cart.hi"\nmsgstr "Salut %s"',
          'msgid "cart.bye"\nmsgstr "Au %s"',
        ),
      },
      2,
      ["locale/fr/LC_MESSAGES/app.po:11 line 11"],
    ],
    [
      "Java",
      {
        "src/main/resources/messages.properties": "hi=Hi {0}\nit=It''s {0}\n",
        "src/main/resources/messages_fr.properties": "hi=Salut\nit=C''est {0}\n",
        "gradle.properties": "a=1\n",
      },
      2,
      ["src/main/resources/messages_fr.properties:1 hi"],
    ],
    [
      "Rails, with a gem of its own and plurals",
      {
        "config/locales/en.yml":
          'en:\n  hi: Hi %{name}\n  files:\n    one: "%{count} file"\n    other: "%{count} files"\n',
        "config/locales/pl.yml":
          'pl:\n  hi: Cześć %{imie}\n  files:\n    one: plik\n    few: "%{count} pliki"\n    many: "%{count} plików"\n    other: pliku\n',
        "config/locales/devise.en.yml": "en:\n  errors:\n    messages:\n      expired: has expired\n",
        "config/locales/devise.pl.yml": 'pl:\n  errors:\n    messages:\n      expired: "%{attribute} wygasł"\n',
        "config/database.yml": "default:\n  adapter: x\n",
        ".github/workflows/ci.yml": "on: push\n",
      },
      6,
      ["config/locales/pl.yml:2 hi", "config/locales/pl.yml:7 files[other]"],
    ],
    [
      "Fluent",
      {
        "locales/en-US/app.ftl": "hi = Hi { $name }\nbye = Bye\n",
        "locales/fr/app.ftl": "hi = Salut { $nom }\nbye = Au revoir\n",
      },
      2,
      ["locales/fr/app.ftl:1 hi"],
    ],
    [
      "formatjs, whose source has another name",
      {
        "locale/defaultMessages.json": { a: "Hi {name}", b: "Bye" },
        "locale/fr.json": { a: "Salut", b: "Au revoir" },
        "locale/unrelated.json": { x: "Hi {name}" },
      },
      2,
      ["locale/fr.json:2 a"],
    ],
    [
      "files named by countries",
      { "i18n/en.json": { a: "Hi {{name}}" }, "i18n/de.json": { a: "Hallo {{name}}" }, "i18n/cn.json": { a: "你好" } },
      2,
      ["i18n/cn.json:2 a"],
    ],
    [
      "files that only look like catalogs",
      {
        "data/en.json": { a: "x {n}" },
        "data/fr.json": { b: "y" },
        "src/in.json": { a: "{n}" },
        "src/to.json": { a: "x" },
      },
      0,
      [],
    ],
  ])("%s", async ([, files, checked, problems], { commands }) => {
    await put(commands, files);
    const report = await check(commands, problems.length > 0 ? 1 : checked > 0 ? 0 : 3, ".");
    expect(places(report)).toEqual(problems);
    expect(report).toMatchObject({ ok: problems.length === 0, checked });
    expect(JSON.stringify(report)).not.toMatch(/Secret|Save all/);
  });

  test("each problem has all facts, and no word of a text", async ({ commands }) => {
    await put(commands, {
      "l/en.json": { a: "Hi {{name}}" },
      "l/fr.json": { a: "Salut" },
      "l/de.json": { a: "Hallo {{name}}" },
    });
    expect(await check(commands, 1, ".")).toEqual({
      ok: false,
      problems: [
        {
          ...{ file: "l/fr.json", locale: "fr", key: "a", kind: "broken", severity: "error" },
          ...{ message: "1 placeholder missing", check: "placeholders", line: 2, column: 8 },
        },
      ],
      checked: 2,
    });
  });

  test("a form that stands for more numbers than the source's may follow either form", async ({ commands }) => {
    const forms = (one: string, other: string) => `<resources>
<plurals name="a"><item quantity="one">${one}</item><item quantity="other">${other}</item></plurals></resources>`;
    await put(commands, {
      "res/values/strings.xml": forms("A file in %1$s", "%2$d files in %1$s"),
      "res/values-fr/strings.xml": forms("Un fichier dans %1$s", "%2$d fichiers dans %1$s"),
      "res/values-de/strings.xml": forms("Eine Datei in %1$s", "Dateien in %1$s"),
    });
    expect(places(await check(commands, 1, "."))).toEqual(["res/values-de/strings.xml:2 a[other]"]);
  });

  test("a file that cannot be read is named with its place, and the others are judged", async ({ commands }) => {
    await put(commands, {
      "l/en.json": { a: "Hi {{name}}" },
      "l/fr.json": '{\n  "a": "Salut"\n  "b"}',
      "l/de.json": '<<<<<<< HEAD\n{"a": "secret"}\n=======\n',
      "l/it.json": { a: "Ciao" },
    });
    const { problems, checked } = await check(commands, 1, ".");
    expect(checked).toBe(1);
    expect(problems).toMatchObject([
      {
        file: "l/de.json",
        locale: "de",
        key: "",
        kind: "invalid",
        line: 1,
        column: 1,
        message: expect.stringMatching(/merge/),
      },
      {
        file: "l/fr.json",
        locale: "fr",
        key: "",
        kind: "invalid",
        line: 3,
        column: 3,
        message: expect.stringMatching(/invalid JSON/),
      },
      { file: "l/it.json", kind: "broken" },
    ]);
    expect(JSON.stringify(problems)).not.toMatch(/secret|Salut/);
  });

  test("files and folders narrow the check, and a source stands for its targets", async ({ commands }) => {
    await put(commands, {
      ".git/HEAD": "",
      ...{ "a/en.json": { a: "Hi {{name}}" }, "a/fr.json": { a: "Salut" }, "a/de.json": { a: "Hallo" } },
      ...{ "b/en.json": { a: "Hi {{name}}" }, "b/fr.json": { a: "Salut" } },
      ".gitignore": "/b\n",
    });
    const files = async (...paths: string[]) => (await check(commands, 1, ...paths)).problems.map(({ file }) => file);
    expect(await files(".")).toEqual(["a/de.json", "a/fr.json"]);
    expect(await files("a/fr.json")).toEqual(["a/fr.json"]);
    expect(await files("a/en.json")).toEqual(["a/de.json", "a/fr.json"]);
    expect(await files("b")).toEqual(["b/fr.json"]);
    expect(await files("a/de.json", "b/fr.json")).toEqual(["a/de.json", "b/fr.json"]);
    expect(await files(join(commands.cwd, "a"))).toEqual(["a/de.json", "a/fr.json"]);
  });

  test("a configuration says what is checked, and what is not", async ({ commands }) => {
    await put(commands, {
      "trans-hub.config.json": {
        ...{ source: "de", targets: ["fr"] },
        files: [{ in: "texte.json", out: "{locale}/texte.json", ignore: ["brand"] }],
      },
      "texte.json": { a: "Hallo {{name}}", brand: "{{x}}" },
      "fr/texte.json": { a: "Salut", brand: "" },
      "l/en.json": { a: "Hi {{name}}" },
      "l/fr.json": { a: "Salut" },
    });
    expect(places(await check(commands, 1, "."))).toEqual(["fr/texte.json:2 a"]);
    expect(places(await check(commands, 1, "l"))).toEqual(["l/fr.json:2 a"]);
  });

  test("warnings are named on request, and leave the exit code", async ({ commands }) => {
    await put(commands, {
      "l/en.json": { a: "Save all changes", b: "Really?" },
      "l/fr.json": { a: "Save all changes", b: "Vrai." },
    });
    expect((await check(commands, 0, ".")).problems).toEqual([]);
    const { ok, problems } = await check(commands, 0, ".", "--warnings");
    expect(ok).toBe(true);
    expect(problems).toMatchObject([
      { key: "a", kind: "same", severity: "warning" },
      { key: "b", kind: "broken", severity: "warning" },
    ]);
  });
});

describe("the command line of check", () => {
  test("wrong use is refused with the cure", async ({ commands }) => {
    for (const [args, message] of [
      [[], /nothing to check was named.*\n.*check \./],
      [["nowhere"], /nowhere does not exist/],
      [[".", "--file", "x"], /--file and paths of catalogs exclude each other/],
      [[".", "--format", "icu"], /--format: "icu" is not one of text, json, github, sarif, junit/],
      [["--file", "-", "--format", "sarif"], /--format: "sarif" is not one of auto, text, icu/],
      [[".", "--to", "fr"], /--to goes with --file/],
    ] as const) {
      const { code, stderr, stdout } = await commands.run(["check", ...args], { env });
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(message);
    }
  });

  test("a folder without catalogs is not taken for one in order", async ({ commands }) => {
    await put(commands, { "src/data.json": { a: 1 } });
    const { code, stdout, stderr } = await commands.run(["check", "."], { env });
    expect({ code, stdout }).toEqual({ code: 3, stdout: "0 values in 0 files checked, 0 errors\n" });
    expect(stderr).toBe("no catalog was found in .\n");
  });

  test("each form of the report is printed", async ({ commands }) => {
    await put(commands, { "l/en.json": { a: "Hi {{name}}" }, "l/fr.json": { a: "Salut" } });
    const print = async (...args: string[]) => (await commands.run(["check", ".", ...args], { env })).stdout;
    expect(await print()).toBe(
      "l/fr.json:2:8: error: 1 placeholder missing [broken/placeholders fr a]\n1 value in 1 file checked, 1 error\n",
    );
    expect(await print("--format", "github")).toMatch(
      /^::error file=l\/fr\.json,line=2,col=8,title=[^:\n]+::fr a: 1 placeholder missing\n$/,
    );
    expect(JSON.parse(await print("--format", "sarif"))).toMatchObject({ version: "2.1.0" });
    expect(await print("--format", "junit")).toMatch(/^<\?xml [\s\S]*<\/testsuites>\n$/);
    expect(await print("--format", "json")).toBe(await print("--json"));
  });
});
