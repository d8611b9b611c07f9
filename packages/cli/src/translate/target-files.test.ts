import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { UsageError } from "../usage-error.ts";
import { fileName, targetFiles } from "./target-files.ts";

test("each locale gets its own file", () => {
  expect(targetFiles(["locales/en.json"], ["fr", "zh-CN"], "locales/{locale}.json", "/app")).toEqual([
    { source: "locales/en.json", locale: "fr", path: "locales/fr.json" },
    { source: "locales/en.json", locale: "zh-CN", path: "locales/zh-CN.json" },
  ]);
  expect(targetFiles(["en/a.json", "en/b.json"], ["fr"], "{locale}/{name}.json", "/app")).toMatchObject([
    { path: "fr/a.json" },
    { path: "fr/b.json" },
  ]);
});

test("a pattern that would write one file twice, or over a source, is refused", () => {
  const refused = [
    () => targetFiles(["en.json"], ["fr", "de"], "out.json", "/app"),
    () => targetFiles(["a.json", "b.json"], ["fr"], "{locale}.json", "/app"),
    () => targetFiles(["locales/en.json"], ["en"], "./locales/{locale}.json", "/app"),
    () => targetFiles(["a.json"], ["fr"], "{lang}.json", "/app"),
  ];
  for (const refuse of refused) expect(refuse).toThrow(UsageError);
});

test("one locale needs no placeholder", () => {
  expect(targetFiles(["en.json"], ["fr"], "out.json", "/app")).toMatchObject([{ path: "out.json" }]);
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
    targetFiles(["en/app.json"], locales, pattern, app).map(({ path }) => path);
  expect(paths(["pt-BR", "zh-TW", "fr-CA"], "{locale}.json")).toEqual(["pt_BR.json", "zh-tw.json", "fr-CA.json"]);
  expect(paths(["zh-Hans"], "{locale}/{name}.json")).toEqual(["zh_hans/app.json"]);
  writeFileSync(join(app, "pt-BR.json"), "{}");
  expect(paths(["pt-BR"], "{locale}.json")).toEqual(["pt-BR.json"]);
});

test("a locale among the source files is one that lost its comma", () => {
  const refused = () => targetFiles(["en.json", "de"], ["fr"], "{locale}.json", "/nowhere");
  expect(refused).toThrow(expect.objectContaining({ hint: expect.stringContaining("--to fr,de") }));
});
