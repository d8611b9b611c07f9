import { expect, test } from "vitest";
import { configOf } from "./config-of.ts";
import type { ProjectFile } from "./project.ts";

/** `source → pattern: token=locale` */
function file(line: string, syntax?: ProjectFile["syntax"]): ProjectFile {
  const [, source = "", pattern = "", list = ""] = /^(\S+) → (\S+): ?(.*)$/.exec(line) ?? [];
  const targets = list
    .split(" ")
    .filter((part) => part !== "")
    .map((part) => {
      const [token = "", locale = token] = part.split("=");
      return { token, locale, path: pattern.replaceAll("{locale}", token) };
    });
  return { source, pattern, targets, syntax };
}

function proposed(lines: readonly string[], more: { to?: string[]; beside?: string[] } = {}) {
  const files = lines.map((line) => file(line));
  const paths = [
    ...files.flatMap(({ source, targets }) => [source, ...targets.map(({ path }) => path)]),
    ...(more.beside ?? []),
  ];
  return configOf({ sourceLocale: "en", files, paths, leftOut: [] }, more.to ?? []).config;
}

test("one file becomes one entry, with the locales of its targets and those that were asked for", () => {
  expect(proposed(["locales/en.json → locales/{locale}.json: fr de"], { to: ["ja"] })).toEqual({
    source: "en",
    targets: ["de", "fr", "ja"],
    files: [{ in: "locales/en.json", out: "locales/{locale}.json" }],
  });
});

test("the syntax of the texts is said", () => {
  const files = [file("en.json → {locale}.json: fr", "icu")];
  expect(configOf({ sourceLocale: "en", files, paths: [], leftOut: [] }, []).config.files).toEqual([
    { in: "en.json", out: "{locale}.json", syntax: "icu" },
  ]);
});

test("files of one folder become a glob, unless it would name others as well", () => {
  const lines = ["l/en/a.json → l/{locale}/a.json: fr", "l/en/b.json → l/{locale}/b.json: fr"];
  expect(proposed(lines).files).toEqual([{ in: "l/en/*.json", out: "l/{locale}/{name}.json" }]);
  expect(proposed(lines, { beside: ["l/en/data.json"] }).files).toHaveLength(2);
  expect(proposed(lines, { beside: ["l/en/deep/data.json", "l/en/data.yml"] }).files).toHaveLength(1);
});

test("files in folders below those of the locales become one glob", () => {
  const lines = [
    "l/en/a.ftl → l/{locale}/a.ftl: fr",
    "l/en/shop/cart/b.ftl → l/{locale}/shop/cart/b.ftl: fr",
    "l/en/x.json → l/{locale}/x.json: fr",
  ];
  expect(proposed(lines).files).toEqual([
    { in: "l/en/**/*.ftl", out: "l/{locale}/{path}/{name}.ftl" },
    { in: "l/en/x.json", out: "l/{locale}/x.json" },
  ]);
  expect(proposed(lines, { beside: ["l/en/other/data.ftl"] }).files).toHaveLength(3);
});

test("equal files of several packages become a glob, unless it would name others as well", () => {
  const lines = [
    "packages/a/i18n/en.json → packages/a/i18n/{locale}.json: fr",
    "packages/b/i18n/en.json → packages/b/i18n/{locale}.json: fr",
  ];
  expect(proposed(lines).files).toEqual([{ in: "packages/*/i18n/en.json", out: "{dir}/{locale}.json" }]);
  expect(proposed(lines, { beside: ["packages/c/i18n/en.json"] }).files).toHaveLength(2);
});

test.for<[lines: string[], expected: object]>([
  [["en.json → {locale}.json: fr pt-BR"], {}],
  [["en.json → {locale}.json: fr pt_BR=pt-BR"], { localeStyle: "underscore" }],
  [
    ["en.json → {locale}.json: fr pt_BR=pt-BR chinese=zh-CN"],
    { localeStyle: "underscore", fileLocales: { "zh-CN": "chinese" } },
  ],
  [["en.json → {locale}.json: fr cn=zh-CN"], { fileLocales: { "zh-CN": "cn" } }],
  [["en.json → {locale}.json: fr pt-br=pt-BR"], { fileLocales: { "pt-BR": "pt-br" } }],
  [["values/a.xml → values-{locale}/a.xml: pt-rBR=pt-BR b+sr+Latn=sr-Latn"], {}],
  [["en.lproj/a.strings → {locale}.lproj/a.strings: zh-Hans"], {}],
])("of %s, the spelling of locales is said where it is needed", ([lines, expected]) => {
  const { source: _, targets: __, files: ___, ...rest } = proposed(lines);
  expect(rest).toEqual(expected);
});

test("files that spell locales in different ways say so each for itself", () => {
  const config = proposed([
    "a/en.json → a/{locale}.json: pt_BR=pt-BR",
    "b/en.json → b/{locale}.json: pt-BR",
    "c/en.json → c/{locale}.json: fr",
  ]);
  expect(config).not.toHaveProperty("localeStyle");
  expect(config.files.map(({ localeStyle }) => localeStyle)).toEqual(["underscore", undefined, undefined]);
});

test("two names of one locale become one, which most files use, and stay apart where one source has both", () => {
  const lines = [
    "a/en.json → a/{locale}.json: de zh-CN",
    "b/en.json → b/{locale}.json: de-DE",
    "c/en.json → c/{locale}.json: de",
    "en.lproj/a.strings → {locale}.lproj/a.strings: zh-Hans",
  ];
  const config = proposed(lines);
  expect(config.targets).toEqual(["de", "zh-CN"]);
  expect(config.files[1]).toEqual({ in: "b/en.json", out: "b/{locale}.json", fileLocales: { de: "de-DE" } });
  expect(config.files[3]).toEqual({ in: "en.lproj/a.strings", out: "{locale}.lproj/a.strings" });
  expect(proposed(["a/en.json → a/{locale}.json: pt pt-BR", "b/en.json → b/{locale}.json: pt-BR"]).targets).toEqual([
    "pt",
    "pt-BR",
  ]);
});
