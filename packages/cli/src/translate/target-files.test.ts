import { expect, test } from "vitest";
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
