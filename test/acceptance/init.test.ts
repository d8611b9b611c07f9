/** `trans-hub init`: a configuration from a look at the files, and a lock that knows the values that stand there. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Commands, test, testOnDatabase } from "@trans-hub/test-support/command";
import { describe, expect } from "vitest";

/** The command must not even try to reach a database. */
const env = { TH_DATABASE_URL: "postgres://someone:hunter2@127.0.0.1:1/nothing" };

type Files = Record<string, string | object>;

async function put({ cwd }: Commands, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, path)), { recursive: true });
    await writeFile(join(cwd, path), typeof content === "string" ? content : JSON.stringify(content, null, 2));
  }
}

const read = async ({ cwd }: Commands, file: string) => JSON.parse(await readFile(join(cwd, file), "utf8"));

interface Result {
  config: string;
  files: { in: string; out?: string; format: string }[];
  adopted: number;
  same: number;
  leftOut: object[];
}

const init = (commands: Commands, ...args: string[]) => commands.json<Result>(["init", "--yes", ...args], { env });

const WEB: Files = {
  "public/locales/en/common.json": {
    hi: "Hi {{name}}",
    mail_one: "{{count}} mail",
    mail_other: "{{count}} mails",
    ok: "OK then",
  },
  "public/locales/en/cart.json": { pay: "Pay" },
  "public/locales/pt_BR/common.json": {
    hi: "Oi {{name}}",
    mail_one: "{{count}} e-mail",
    mail_other: "{{count}} e-mails",
    ok: "OK then",
  },
  "public/locales/pl/common.json": { mail_few: "{{count}} listy", hi: "" },
};

describe("init", () => {
  test("finds the locales inside of files that hold them all", async ({ commands }) => {
    const value = (text: string) => ({ stringUnit: { state: "translated", value: text } });
    const strings = { Pay: { localizations: { "pt-BR": value("Pagar") } } };
    await put(commands, {
      "App/Localizable.xcstrings": { sourceLanguage: "en", strings, version: "1.0" },
      "i18n/texts.csv": "key,fr,en\npay,Payer,Pay\n",
      "data/fr.csv": "name,fr\na,b\n",
    });
    expect(await init(commands)).toMatchObject({
      files: [
        { in: "App/Localizable.xcstrings", format: "xcstrings" },
        { in: "i18n/texts.csv", format: "csv" },
      ],
      source: "en",
      targets: ["fr", "pt-BR"],
      adopted: 2,
    });
  });

  test("writes what it finds, and reports it", async ({ commands }) => {
    await put(commands, WEB);
    const result = await init(commands);
    expect(result).toEqual({
      config: "trans-hub.config.json",
      files: [
        { in: "public/locales/en/cart.json", out: "public/locales/{locale}/cart.json", format: "json" },
        expect.anything(),
      ],
      source: "en",
      targets: ["pl", "pt-BR"],
      lock: "trans-hub.lock",
      adopted: 5,
      same: 1,
      leftOut: [],
    });
    expect(await readFile(join(commands.cwd, "trans-hub.config.json"), "utf8")).toBe(`{
  "source": "en",
  "targets": ["pl", "pt-BR"],
  "files": [
    {
      "in": "public/locales/en/cart.json",
      "out": "public/locales/{locale}/cart.json"
    },
    {
      "in": "public/locales/en/common.json",
      "out": "public/locales/{locale}/common.json",
      "syntax": "i18next"
    }
  ],
  "localeStyle": "underscore"
}
`);
    const { targets } = await read(commands, "trans-hub.lock");
    const hash = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(Object.keys(targets)).toEqual(["public/locales/pl/common.json", "public/locales/pt_BR/common.json"]);
    expect(targets["public/locales/pl/common.json"]).toEqual({ mail_few: { source: hash, person: hash } });
    expect(Object.keys(targets["public/locales/pt_BR/common.json"])).toEqual(["hi", "mail_one", "mail_other", "ok"]);
  });

  test("ICU messages with arguments at the beginning of a branch are no texts of i18next", async ({ commands }) => {
    const text = "{n, plural, one {{who, select, her {her photo} other {a photo}}} other {{name} has # photos}}";
    await put(commands, {
      "messages/en.json": { a: text, b: "Hi, {name}" },
      "messages/fr.json": { b: "Salut, {name}" },
    });
    await init(commands);
    expect(await read(commands, "trans-hub.config.json")).toMatchObject({
      files: [{ in: "messages/en.json", out: "messages/{locale}.json", syntax: "icu" }],
    });
  });

  test("--ts, --from and --to say what the files do not", async ({ commands }) => {
    await put(commands, { "texte/de.json": { a: "Hallo" }, "texte/en.json": { a: "Hello" } });
    await init(commands, "--ts", "--from", "de", "--to", "ja");
    expect(await readFile(join(commands.cwd, "trans-hub.config.ts"), "utf8")).toMatch(
      /^export default \{\n {2}"source": "de",\n {2}"targets": \["en", "ja"\],/,
    );
    expect(await commands.json(["check", "."], { env })).toEqual({ ok: true, problems: [], checked: 1 });
  });

  test("a configuration that exists stays, unless it is to be replaced", async ({ commands }) => {
    await put(commands, { ...WEB, "trans-hub.config.json": "{}" });
    const refused = await commands.run(["init", "--yes"], { env });
    expect(refused).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/exists already\n.*--force/) });
    expect(await readFile(join(commands.cwd, "trans-hub.config.json"), "utf8")).toBe("{}");
    const other = await commands.run(["init", "--yes", "--force", "--ts"], { env });
    expect(other).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/trans-hub\.config\.json configures this folder/),
    });
    await init(commands, "--force");
    expect(await read(commands, "trans-hub.config.json")).toMatchObject({ source: "en" });
  });

  test("the key of a manifest is a configuration too", async ({ commands }) => {
    await put(commands, { ...WEB, "package.json": { "trans-hub": {} } });
    const { code, stderr } = await commands.run(["init", "--yes"], { env });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/"trans-hub" in package\.json configures/),
    });
  });

  test("without a terminal nothing is written unasked", async ({ commands }) => {
    await put(commands, WEB);
    const { code, stdout, stderr } = await commands.run(["init"], { env });
    expect(code).toBe(2);
    expect(stdout).toContain("public/locales/en/cart.json → public/locales/{locale}/cart.json");
    expect(stderr).toMatch(/would write trans-hub\.config\.json and enter 5 values into trans-hub\.lock\n.*--yes/);
    expect(await readdir(commands.cwd)).toEqual(["public"]);
  });

  test("a folder without catalogs, or without a locale to translate into, is refused with the cure", async ({
    commands,
  }) => {
    const empty = await commands.run(["init", "--yes"], { env });
    expect(empty).toMatchObject({ code: 2, stderr: expect.stringMatching(/no catalogs were found/) });
    await put(commands, { "locales/en.json": { a: "A" } });
    const alone = await commands.run(["init", "--yes"], { env });
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringMatching(/no target locale was found\n.*--to fr,de/) });
    expect(await init(commands, "--to", "fr")).toMatchObject({ adopted: 0, files: [{ in: "locales/en.json" }] });
    expect(await readdir(commands.cwd)).toEqual(["locales", "trans-hub.config.json"]);
  });

  test("a file that cannot be read is named, and the others are adopted", async ({ commands }) => {
    await put(commands, {
      "l/en.json": { a: "A b" },
      "l/fr.json": "{",
      "l/de.json": { a: "A c" },
      "m/en.json": "{",
      "m/fr.json": "{}",
      "m/de.json": "{}",
    });
    const { code, stderr, stdout } = await commands.run(["init", "--yes", "--json"], { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ adopted: 1, leftOut: [{ path: "m/en.json" }] });
    expect(stderr).toMatch(/m\/en\.json is left out: invalid JSON.*\n.*l\/fr\.json:1:\d: invalid JSON/);
  });

  test("what the lock knows already stays", async ({ commands }) => {
    await put(commands, { "l/en.json": { a: "A b", b: "B c" }, "l/fr.json": { a: "X", b: "Y" } });
    const known = { source: "0".repeat(32), written: "1".repeat(32) };
    await put(commands, {
      "trans-hub.lock": { version: 2, targets: { "l/fr.json": { a: known }, "old.json": { a: known } } },
    });
    expect((await init(commands)).adopted).toBe(1);
    expect((await read(commands, "trans-hub.lock")).targets).toMatchObject({
      "l/fr.json": { a: known, b: { person: expect.any(String) } },
      "old.json": { a: known },
    });
  });
});

describe("a project of each kind is found whole", () => {
  const xml = (...lines: string[]) =>
    `<?xml version="1.0" encoding="utf-8"?>\n<resources>\n${lines.join("\n")}\n</resources>\n`;
  const po = (locale: string, value: string) =>
    `msgid ""\nmsgstr ""\n"Language: ${locale}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Save it"\nmsgstr "${value}"\n`;

  test.for<[kind: string, files: Files, entries: Result["files"], adopted: number]>([
    [
      "Android",
      {
        "app/src/main/res/values/strings.xml": xml('<string name="a">Save it</string>'),
        "app/src/main/res/values-pt-rBR/strings.xml": xml('<string name="a">Salvar</string>'),
        "app/src/main/res/values/colors.xml": xml('<color name="red">#f00</color>'),
      },
      [
        {
          in: "app/src/main/res/values/strings.xml",
          out: "app/src/main/res/values-{locale}/strings.xml",
          format: "android-xml",
        },
      ],
      1,
    ],
    [
      "iOS",
      {
        "App/en.lproj/Localizable.strings": '"a" = "Save it";\n',
        "App/pt-BR.lproj/Localizable.strings": '"a" = "Salvar";\n',
      },
      [
        {
          in: "App/en.lproj/Localizable.strings",
          out: "App/{locale}.lproj/Localizable.strings",
          format: "apple-strings",
        },
      ],
      1,
    ],
    [
      "Django",
      { "locale/django.pot": po("", ""), "locale/pt_BR/LC_MESSAGES/django.po": po("pt_BR", "Salvar") },
      [{ in: "locale/django.pot", out: "locale/{locale}/LC_MESSAGES/django.po", format: "gettext-po" }],
      1,
    ],
    [
      "Java",
      {
        "src/main/resources/messages.properties": "a=Save it\n",
        "src/main/resources/messages_pt_BR.properties": "a=Salvar\n",
      },
      [
        {
          in: "src/main/resources/messages.properties",
          out: "src/main/resources/messages_{locale}.properties",
          format: "properties",
        },
      ],
      1,
    ],
    [
      "Rails",
      {
        "config/locales/en.yml": "en:\n  a: Save it\n",
        "config/locales/pt-BR.yml": "pt-BR:\n  a: Salvar\n",
        "config/database.yml": "default:\n  adapter: x\n",
      },
      [{ in: "config/locales/en.yml", out: "config/locales/{locale}.yml", format: "yaml" }],
      1,
    ],
    [
      "a monorepo",
      {
        "packages/a/i18n/en.json": { a: "Save it" },
        "packages/a/i18n/pt-BR.json": { a: "Salvar" },
        "packages/b/i18n/en.json": { b: "Save it" },
        "node_modules/x/i18n/en.json": { a: "Save it" },
      },
      [{ in: "packages/*/i18n/en.json", out: "{dir}/{locale}.json", format: "json" }],
      1,
    ],
  ])("%s", async ([, files, entries, adopted], { commands }) => {
    await put(commands, files);
    expect(await init(commands)).toMatchObject({ files: entries, targets: ["pt-BR"], adopted, leftOut: [] });
    expect(await commands.json(["check", "."], { env })).toEqual({ ok: true, problems: [], checked: adopted });
  });
});

describe("after init", () => {
  testOnDatabase("translate fills what is missing, and keeps every value that stood there", async ({ commands }) => {
    await put(commands, WEB);
    await init(commands);
    const before = await read(commands, "public/locales/pt_BR/common.json");
    const report = await commands.json(["translate", "--engine", "pseudo"]);
    expect(report).toMatchObject({ failed: 0, kept: 5 });
    expect(await read(commands, "public/locales/pt_BR/common.json")).toMatchObject(before);
    const pl = await read(commands, "public/locales/pl/common.json");
    expect(pl).toMatchObject({ mail_few: "{{count}} listy", hi: expect.stringContaining("{{name}}") });
    expect(await readdir(join(commands.cwd, "public/locales"))).toEqual(["en", "pl", "pt_BR"]);
    expect(await commands.json(["translate", "--engine", "pseudo"])).toMatchObject({ written: [], translated: 0 });
  });
});
