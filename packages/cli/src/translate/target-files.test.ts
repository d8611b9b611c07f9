import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { UsageError } from "../usage-error.ts";
import { fileName, type TargetPattern, targetFiles, targetsOf } from "./target-files.ts";

test("each locale gets its own file", () => {
  expect(targetFiles(["locales/en.json"], ["fr", "zh-CN"], "locales/{locale}.json", { cwd: "/app" })).toEqual([
    { source: "locales/en.json", locale: "fr", path: "locales/fr.json" },
    { source: "locales/en.json", locale: "zh-CN", path: "locales/zh-CN.json" },
  ]);
  expect(targetFiles(["en/a.json", "en/b.json"], ["fr"], "{locale}/{name}.json", { cwd: "/app" })).toMatchObject([
    { path: "fr/a.json" },
    { path: "fr/b.json" },
  ]);
});

test("a pattern that would write one file twice, or over a source, is refused", () => {
  const refused = [
    () => targetFiles(["a.json", "b.json"], ["fr"], "{locale}.json", { cwd: "/app" }),
    () => targetFiles(["locales/en.json"], ["en"], "./locales/{locale}.json", { cwd: "/app" }),
    () => targetFiles(["a.json"], ["fr"], "{lang}.json", { cwd: "/app" }),
  ];
  for (const refuse of refused) expect(refuse).toThrow(UsageError);
});

test.each([
  [["a/x.json", "b/x.json"], ["fr"], "{locale}/{name}.json"],
  [["a/x.json", "a/x.yml"], ["fr"], "{dir}/{locale}"],
  [["x.json", "fr.json"], ["fr"], "{locale}.json"],
  [["a/x.json", "a/y.json"], ["fr"], "{dir}/{locale}.json"],
  [["x.json"], ["fr", "fr"], "{locale}.json"],
])("%j in %j as %s, which would be one file, is refused", (sources, locales, pattern) => {
  expect(() => targetFiles(sources, locales, pattern, { cwd: "/app" })).toThrow(/would hold/);
});

test("one locale needs no placeholder", () => {
  expect(targetFiles(["en.json"], ["fr"], "out.json", { cwd: "/app" })).toMatchObject([{ path: "out.json" }]);
});

test("a file is named relative to the working directory, with forward slashes", () => {
  expect(fileName("./locales/en.json", "/app")).toBe("locales/en.json");
  expect(fileName("/app/locales/en.json", "/app")).toBe("locales/en.json");
  expect(fileName("../x/en.json", "/app")).toBe("../x/en.json");
});

test("a file that exists with the locale in another spelling is the target", () => {
  const app = mkdtempSync(join(tmpdir(), "target-files-"));
  onTestFinished(() => rmSync(app, { recursive: true }));
  mkdirSync(join(app, "zh_hans"));
  for (const file of ["pt_BR.json", "zh-tw.json", "zh_hans/app.json"]) writeFileSync(join(app, file), "{}");
  const paths = (locales: string[], pattern: string) =>
    targetFiles(["en/app.json"], locales, pattern, { cwd: app }).map(({ path }) => path);
  expect(paths(["pt-BR", "zh-TW", "fr-CA"], "{locale}.json")).toEqual(["pt_BR.json", "zh-tw.json", "fr-CA.json"]);
  expect(paths(["zh-Hans"], "{locale}/{name}.json")).toEqual(["zh_hans/app.json"]);
  writeFileSync(join(app, "pt-BR.json"), "{}");
  expect(paths(["pt-BR"], "{locale}.json")).toEqual(["pt-BR.json"]);
});

test("a locale among the source files is one that lost its comma", () => {
  const refused = () => targetFiles(["en.json", "de"], ["fr"], "{locale}.json", { cwd: "/nowhere" });
  expect(refused).toThrow(expect.objectContaining({ hint: expect.stringContaining("--to fr,de") }));
});

test("a new file is spelled as the style, the fixed spelling, the folder or the other files say", () => {
  const app = mkdtempSync(join(tmpdir(), "target-files-"));
  onTestFinished(() => rmSync(app, { recursive: true }));
  const locales = ["fr", "pt-BR", "zh-Hans", "es-419", "id"];
  const paths = (pattern: string, more: Partial<TargetPattern> = {}, source = "en.json") =>
    targetsOf([{ path: source, captured: undefined }], locales, { name: "out", pattern, ...more }, app).map(
      ({ path }) => path,
    );
  expect(paths("{locale}")).toEqual(["fr", "pt-BR", "zh-Hans", "es-419", "id"]);
  expect(paths("{locale}", { localeStyle: "underscore" })).toEqual(["fr", "pt_BR", "zh_Hans", "es_419", "id"]);
  expect(paths("{locale}", { localeStyle: "apple" })).toEqual(["fr", "pt-BR", "zh-Hans", "es-419", "id"]);
  const android = ["fr", "pt-rBR", "b+zh+Hans", "b+es+419", "in"];
  expect(paths("{locale}", { localeStyle: "android" })).toEqual(android);
  expect(paths("{locale:android}")).toEqual(android);
  expect(paths("res/values-{locale}/s.xml")).toEqual(android.map((folder) => `res/values-${folder}/s.xml`));
  const fileLocales = new Map([
    ["zh-Hans", "zh_CN"],
    ["fr", "french"],
  ]);
  expect(paths("{locale}", { fileLocales })).toEqual(["french", "pt-BR", "zh_CN", "es-419", "id"]);
  expect(paths("{locale:android}", { fileLocales })).toEqual(["french", "pt-rBR", "zh-rCN", "b+es+419", "in"]);
  const likeSource = { sourceLocale: "en-US" };
  expect(paths("i18n/{locale}.json", likeSource, "i18n/en_us.json")[1]).toBe("i18n/pt_br.json");
  writeFileSync(join(app, "pt_BR.json"), "{}");
  expect(paths("{locale}.json")).toEqual(["fr.json", "pt_BR.json", "zh_Hans.json", "es_419.json", "id.json"]);
});

test("a file that a glob found and that is the target of another is no source", () => {
  const sources = ["docs/a.md", "docs/a.fr.md", "docs/deep/b.md"].map((path) => ({ path, captured: "" }));
  const pattern = { name: "out", pattern: "{dir}/{name}.{locale}.{ext}" };
  expect(targetsOf(sources, ["fr"], pattern, "/app").map(({ source, path }) => [source, path])).toEqual([
    ["docs/a.md", "docs/a.fr.md"],
    ["docs/deep/b.md", "docs/deep/b.fr.md"],
  ]);
});
