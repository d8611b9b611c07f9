/** `translate` on files that hold all locales: in place, by a configuration or by the command line, and into another file. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testOnDatabase } from "@trans-hub/test-support/command";
import { expect } from "vitest";

const unit = (value: string) =>
  `{\n          "stringUnit" : {\n            "state" : "translated",\n            "value" : "${value}"\n          }\n        }`;

function xcstrings(pay: Record<string, string>): string {
  const localizations = Object.entries(pay).map(([locale, text]) => `        "${locale}" : ${unit(text)}`);
  const body = localizations.length === 0 ? "\n" : `      "localizations" : {\n${localizations.join(",\n")}\n      }`;
  return `{
  "sourceLanguage" : "en",
  "strings" : {
    "" : {

    },
    "Brand" : {
      "shouldTranslate" : false
    },
    "Pay" : {
${body}
    }
  },
  "version" : "1.0"
}`;
}

const NEW_KEY = '\n    "New" : {\n\n    },';
const BOXES = `
    "%lld boxes" : {
      "comment" : "Badge",
      "localizations" : {
        "en" : {
          "variations" : {
            "plural" : {
              "one" : {
                "stringUnit" : {
                  "state" : "translated",
                  "value" : "%lld box"
                }
              },
              "other" : {
                "stringUnit" : {
                  "state" : "translated",
                  "value" : "%lld boxes"
                }
              }
            }
          }
        }
      }
    },`;

interface Case {
  name: string;
  file: string;
  content: string;
  /** After the first run into `pl` and `fr`, with each text by `pseudo` as `*`. */
  wanted: string;
  edit: [from: RegExp, to: string];
  added: [before: string, after: string];
  inLast: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: "xcstrings",
    file: "Localizable.xcstrings",
    content: xcstrings({ de: "Zahlen" }),
    wanted: xcstrings({ de: "Zahlen", fr: "*", pl: "*" }),
    edit: [/("pl" : \{[^}]*"value" : )"[^"]*"/, '$1"Do koszyka"'],
    added: ['\n    "Pay"', `${NEW_KEY}${BOXES}\n    "Pay"`],
    inLast: /"New" : \{\n +"localizations"[\s\S]*"pl" : \{\n +"variations" : \{\n +"plural" : \{\n +"few" : /,
  },
  {
    name: "CSV",
    file: "texts.csv",
    content: 'key,en,de,note\r\nadd,"Add, please",,The button\r\npay,Pay,Zahlen,\r\n',
    wanted: 'key,en,de,note,pl,fr\r\nadd,"Add, please",,The button,"*","*"\r\npay,Pay,Zahlen,,*,*\r\n',
    edit: [/(Zahlen,,)[^,]*/, "$1Do koszyka"],
    added: ["pay,", "new,New,,\r\npay,"],
    inLast: /\r\nnew,New,,,\[[^,]*,\[[^,]*\r\npay/,
  },
];

const PSEUDO = { env: { TH_ENGINES: "pseudo" } };

const WAYS = [
  { way: "by a configuration without out", out: undefined, hasConfig: true },
  { way: "by a command without --out", out: undefined, hasConfig: false },
  { way: "by an --out that is the file", out: "./{name}.{ext}", hasConfig: false },
  { way: "into another file", out: "Translated.{ext}", hasConfig: false },
];

testOnDatabase.for(CASES.flatMap((given) => WAYS.map((way) => ({ ...given, ...way }))))(
  "$name: all locales are written into one file $way",
  async (given, { commands }) => {
    const { file, out, hasConfig } = given;
    const ending = file.slice(file.lastIndexOf(".") + 1);
    const target = out === "Translated.{ext}" ? `Translated.${ending}` : file;
    const path = (name: string) => join(commands.cwd, name);
    const read = () => readFile(path(target), "utf8");
    const args = hasConfig
      ? ["translate"]
      : ["translate", file, "--from", "en", "--to", "pl,fr", ...(out === undefined ? [] : ["--out", out])];
    const translate = () => commands.json(args, PSEUDO);
    await writeFile(path(file), given.content);
    if (hasConfig) {
      const config = { source: "en", targets: ["pl", "fr"], files: [{ in: file }] };
      await writeFile(path("trans-hub.config.json"), JSON.stringify(config));
    }

    const report = await translate();
    expect(report).toMatchObject({ failed: 0, unsupported: 0, notices: [], broken: [] });
    expect((report as { written: string[] }).written.map((name) => name.replace(/^\.\//, ""))).toEqual([target]);
    const first = await read();
    expect(first.replace(/\[[^\]\n]*·\]/g, "*")).toBe(given.wanted);
    if (target !== file) expect(await readFile(path(file), "utf8")).toBe(given.content);

    expect(await translate()).toMatchObject({ translated: 0, written: [], notices: [] });
    expect(await read()).toBe(first);
    await expect(commands.json([...args, "--check"])).resolves.toMatchObject({ ok: true });

    const edited = first.replace(...given.edit);
    expect(edited).not.toBe(first);
    await writeFile(path(target), edited);
    await writeFile(path(file), (await readFile(path(file), "utf8")).replace(...given.added));
    expect(await translate()).toMatchObject({ failed: 0, broken: [] });
    const last = await read();
    expect(last).toContain("Do koszyka");
    expect(last).toMatch(given.inLast);
    const { mtimeMs } = await stat(path(target));
    expect(await translate()).toMatchObject({ translated: 0, written: [] });
    expect((await stat(path(target))).mtimeMs).toBe(mtimeMs);
    await expect(commands.json([...args, "--check"])).resolves.toMatchObject({ ok: true, problems: [] });
  },
);
