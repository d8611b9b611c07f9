import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test as base, expect } from "vitest";
import type { Config, FileConfig } from "./config-types.ts";
import { loadConfig } from "./load-config.ts";

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs from the pattern; this one has none
  .extend("cwd", async ({}, { onCleanup }): Promise<string> => {
    const cwd = await mkdtemp(join(tmpdir(), "trans-hub-config-"));
    onCleanup(() => rm(cwd, { recursive: true }));
    return cwd;
  })
  .extend("write", ({ cwd }: { cwd: string }) => async (files: Record<string, string>) => {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(join(cwd, file)), { recursive: true });
      await writeFile(join(cwd, file), content);
    }
  });

const CONTENT = {
  source: "en",
  targets: ["fr", "zh_CN", "fr"],
  files: [{ in: "en.json", out: "{locale}.json", ignore: ["brand.*"], review: true, fileLocales: { fr: "french" } }],
  fileLocales: { "zh-hans": "zh" },
  localeStyle: "underscore",
};
const JSON_CONTENT = JSON.stringify(CONTENT);

test.for([
  ["trans-hub.config.json", JSON_CONTENT],
  ["trans-hub.config.json", `\uFEFF${JSON_CONTENT.replace("{", '{"$schema": "x",')}`],
  ["trans-hub.config.json", JSON_CONTENT.replace("{", "{\n  // The shop.\n  ")],
  ["trans-hub.config.mjs", `export default ${JSON_CONTENT}`],
  ["trans-hub.config.js", `export default ${JSON_CONTENT}`],
  ["trans-hub.config.js", `module.exports = ${JSON_CONTENT}`],
  ["trans-hub.config.ts", `const config: object = ${JSON_CONTENT};\nexport default config satisfies object;`],
  ["package.json", JSON.stringify({ name: "shop", "trans-hub": CONTENT })],
] as const)("%s is found and read: %.60s", async ([file, content], { cwd, write }) => {
  await write({ "package.json": "{}", [file]: content });
  expect(await loadConfig({ cwd })).toEqual({
    file: file === "package.json" ? 'package.json, key "trans-hub"' : file,
    folder: cwd,
    source: "en",
    targets: ["fr", "zh-CN"],
    files: [
      {
        name: expect.stringMatching(/: files\[0\]$/),
        in: "en.json",
        out: "{locale}.json",
        format: undefined,
        syntax: undefined,
        ignore: ["brand.*"],
        copy: [],
        keep: [],
        distinct: [],
        review: true,
        fileLocales: new Map([
          ["zh-Hans", "zh"],
          ["fr", "french"],
        ]),
        localeStyle: "underscore",
      },
    ],
    lock: "trans-hub.lock",
    project: undefined,
  });
});

test("every key that the type has is accepted", async ({ cwd, write }) => {
  const files: Required<FileConfig>[] = [
    {
      ...{ in: "{locale}/*.json", out: "{locale:android}/{name}.{ext}", format: "json", syntax: "icu", review: false },
      ...{ ignore: ["a"], copy: ["b"], keep: ["c"], distinct: ["d"], fileLocales: { fr: "f" }, localeStyle: "apple" },
    },
  ];
  const all: Required<Config> = {
    ...{ source: "und", targets: ["fr"], files, fileLocales: { fr: "x" }, localeStyle: "bcp47" },
    ...{ lock: "i18n.lock", project: "web" },
  };
  await write({ "trans-hub.config.json": JSON.stringify(all) });
  const { fileLocales, localeStyle, ...rest } = all;
  expect(await loadConfig({ cwd })).toMatchObject({
    ...rest,
    files: [{ ...files[0], fileLocales: new Map([["fr", "f"]]) }],
  });
});

test("without a file there is no configuration, and --config names one elsewhere", async ({ cwd, write }) => {
  await write({ "package.json": '{"name": "shop"}', "app/i18n.json": JSON_CONTENT });
  expect(await loadConfig({ cwd })).toBeUndefined();
  expect(await loadConfig({ cwd, config: "app/i18n.json" })).toMatchObject({
    file: "app/i18n.json",
    folder: join(cwd, "app"),
  });
});

const one = (change: object) => JSON.stringify({ ...CONTENT, ...change });
const file = (change: object) => one({ files: [{ in: "en.json", out: "{locale}.json", ...change }] });

test.for<[content: string, message: RegExp]>([
  ["{}", /json: source: is missing: .*; .*json: targets: is missing: .*; .*json: files: is missing/],
  [one({ source: "english" }), /json: source: is not a locale that is known\. Did you mean "en"\?$/],
  [one({ sorce: "en" }), /json: sorce: is not a key of the configuration; did you mean "source"\?$/],
  [one({ colour: "en" }), /json: colour: is not a key of the configuration; the keys are source, targets, files,/],
  [one({ targets: "fr" }), /json: targets: must be a list of locales .* such as \["fr", "pt-BR"\]$/],
  [one({ targets: [] }), /json: targets: names no locale/],
  [one({ targets: ["fr", "en"] }), /json: targets: holds the source locale en/],
  [one({ files: [] }), /json: files: names no file: add one/],
  [one({ files: ["en.json"] }), /json: files\[0\]: must be an object such as/],
  [one({ localeStyle: "Android" }), /json: localeStyle: must be one of bcp47, .*; did you mean "android"\?$/],
  [one({ fileLocales: { german: "de" } }), /json: fileLocales\.german: is not a locale that is known\./],
  [one({ project: "" }), /json: project: is empty/],
  [file({ in: undefined }), /json: files\[0\]\.in: is missing: give a path or a glob/],
  [file({ in: "{lang}/*.json" }), /files\[0\]\.in: \{lang\} is not a placeholder; did you mean \{locale\}\?$/],
  [
    file({ out: "{androidLocale}/x" }),
    /\.out: \{androidLocale\} is not a placeholder; did you mean \{locale:android\}\?$/,
  ],
  [file({ out: "{filename}.x" }), /\.out: \{filename\} is not a placeholder; did you mean \{name\}\?$/],
  [
    file({ out: "{stuff}.x" }),
    /\.out: \{stuff\} is not a placeholder; the placeholders are \{locale\}, \{locale:bcp47\},/,
  ],
  [file({ ignor: [] }), /files\[0\]\.ignor: is not a key of the configuration; did you mean "ignore"\?$/],
  [file({ keep: ["{a"] }), /files\[0\]\.keep\[0\]: has a \{ without its \}/],
  [file({ copy: "brand" }), /files\[0\]\.copy: must be a list of patterns over keys, such as \["brand\.\*"\]$/],
  [file({ format: "androidxml" }), /files\[0\]\.format: must be one of .*; did you mean "android-xml"\?$/],
  [file({ syntax: "i18nxt" }), /files\[0\]\.syntax: must be one of .*; did you mean "i18next"\?$/],
  [file({ review: 1 }), /files\[0\]\.review: must be true or false$/],
  ['{\n  "source" "en"\n}', /json:2:12: /],
  ['{\n  "source": "en",\n  "source": "de"\n}', /json:3:\d+: /],
  ["[]", /json: must hold an object with source/],
])("of a bad value, file, key and cure are named: %s", async ([content, message], { cwd, write }) => {
  await write({ "trans-hub.config.json": content });
  const failed = loadConfig({ cwd });
  await expect(failed).rejects.toMatchObject({ name: "SettingsError", message: expect.stringMatching(message) });
  await expect(failed).rejects.toMatchObject({ message: expect.stringMatching(/^trans-hub\.config\.json:/) });
});

test.for<[content: string, message: RegExp]>([
  ["throw new Error('first\\nsecond')", /^c\.ts: cannot be loaded: Error: first$/],
  ["export const config = {};", /^c\.ts: exports nothing: write `export default/],
  ["export default 3;", /^c\.ts: must hold an object with source, targets and files$/],
])("a module that cannot be loaded is named with the reason: %s", async ([content, message], { cwd, write }) => {
  await write({ "c.ts": content });
  const failed = loadConfig({ cwd, config: "c.ts" });
  await expect(failed).rejects.toMatchObject({ name: "SettingsError", message: expect.stringMatching(message) });
});

test("two configurations in one folder, a file that does not exist, and one of no known kind are refused", async ({
  cwd,
  write,
}) => {
  await write({ "i18n.yaml": "", "package.json": "{}" });
  await expect(loadConfig({ cwd, config: "nope.json" })).rejects.toThrow("--config: nope.json does not exist");
  await expect(loadConfig({ cwd, config: "i18n.yaml" })).rejects.toThrow(
    "--config: i18n.yaml is no configuration file",
  );
  await expect(loadConfig({ cwd, config: "package.json" })).rejects.toThrow('package.json has no key "trans-hub"');
  await write({ "trans-hub.config.json": JSON_CONTENT, "package.json": '{"trans-hub": {}}' });
  await expect(loadConfig({ cwd })).rejects.toThrow(
    'trans-hub.config.json and the key "trans-hub" in package.json both configure this folder',
  );
});
