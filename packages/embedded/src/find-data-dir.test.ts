import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base, expect } from "vitest";
import { findDataDir } from "./index.ts";

const test = base.extend<{ root: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures a function needs from the pattern
  root: async ({}, use) => {
    const root = mkdtempSync(join(tmpdir(), "trans-hub-find-"));
    mkdirSync(join(root, "project/packages/shop/src"), { recursive: true });
    await use(root);
    rmSync(root, { recursive: true });
  },
});

test("the nearest .trans-hub of an ancestor wins, also over a nearer package.json", ({ root }) => {
  mkdirSync(join(root, "project/.trans-hub"));
  writeFileSync(join(root, "project/packages/shop/package.json"), "{}");
  expect(findDataDir(join(root, "project/packages/shop/src"))).toBe(join(root, "project/.trans-hub"));
});

test("without one, the data folder is beside the nearest package.json", ({ root }) => {
  writeFileSync(join(root, "project/package.json"), "{}");
  writeFileSync(join(root, "project/packages/shop/package.json"), "{}");
  expect(findDataDir(join(root, "project/packages/shop/src"))).toBe(join(root, "project/packages/shop/.trans-hub"));
});

test("without any mark, the data folder is in the working directory", ({ root }) => {
  expect(findDataDir(join(root, "project/packages"))).toBe(join(root, "project/packages/.trans-hub"));
});

test("a file named .trans-hub does not count as a data folder", ({ root }) => {
  writeFileSync(join(root, "project/.trans-hub"), "");
  writeFileSync(join(root, "project/packages/package.json"), "{}");
  expect(findDataDir(join(root, "project/packages/shop"))).toBe(join(root, "project/packages/.trans-hub"));
});

test("a configured folder wins, relative to the working directory; an empty setting counts as unset", ({ root }) => {
  mkdirSync(join(root, "project/.trans-hub"));
  expect(findDataDir(join(root, "project"), "/var/data")).toBe("/var/data");
  expect(findDataDir(join(root, "project"), "data")).toBe(join(root, "project/data"));
  expect(findDataDir(join(root, "project"), "")).toBe(join(root, "project/.trans-hub"));
});
