import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sourceFiles } from "./source-files.ts";

let cwd: string;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "trans-hub-files-"));
  for (const file of [
    "packages/shop/locales/en.json",
    "packages/admin/locales/en.json",
    "packages/admin/locales/en/deep/er.json",
    "packages/admin/node_modules/lib/locales/en.json",
    "node_modules/lib/locales/en.json",
    ".cache/locales/en.json",
    "app/[locale]/en.json",
    "app/[locale]/(shop)/en.json",
    "10.json",
    "9.json",
  ]) {
    mkdirSync(join(cwd, dirname(file)), { recursive: true });
    writeFileSync(join(cwd, file), "{}");
  }
});

afterAll(() => rmSync(cwd, { recursive: true }));

test.for<[pattern: string, files: [path: string, captured: string | undefined][]]>([
  ["packages/shop/locales/en.json", [["packages/shop/locales/en.json", undefined]]],
  ["./nothing.json", [["./nothing.json", undefined]]],
  ["packages/*/nothing.json", []],
  [
    "packages/*/locales/en.json",
    [
      ["packages/admin/locales/en.json", "admin/locales"],
      ["packages/shop/locales/en.json", "shop/locales"],
    ],
  ],
  ["packages/{shop,nope}/**/*.json", [["packages/shop/locales/en.json", "shop/locales"]]],
  [
    "packages/admin/locales/**/*.json",
    [
      ["packages/admin/locales/en.json", ""],
      ["packages/admin/locales/en/deep/er.json", "en/deep"],
    ],
  ],
  [
    "*.json",
    [
      ["10.json", ""],
      ["9.json", ""],
    ],
  ],
  ["*/*/en.json", [["app/[locale]/en.json", "app/[locale]"]]],
  ["**/en", []],
  [".cache/*/en.json", [[".cache/locales/en.json", "locales"]]],
  ["node_modules/*/locales/en.json", [["node_modules/lib/locales/en.json", "lib/locales"]]],
  ["app/[locale]/en.json", [["app/[locale]/en.json", undefined]]],
  [
    "app/[locale]/**/*.json",
    [
      ["app/[locale]/(shop)/en.json", "(shop)"],
      ["app/[locale]/en.json", ""],
    ],
  ],
])("%s", ([pattern, files]) => {
  expect(sourceFiles(pattern, cwd)).toEqual(files.map(([path, captured]) => ({ path, captured })));
});

test("an absolute glob gives paths from the working directory", () => {
  expect(sourceFiles(join(cwd, "packages/s*/locales/en.json"), cwd)).toEqual([
    { path: "packages/shop/locales/en.json", captured: "shop/locales" },
  ]);
});
