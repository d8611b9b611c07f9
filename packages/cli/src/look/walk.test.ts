import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test as base, expect } from "vitest";
import { filesUnder } from "./walk.ts";

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs from the pattern; this one has none
  .extend("root", async ({}, { onCleanup }): Promise<string> => {
    const root = await mkdtemp(join(tmpdir(), "walk-"));
    onCleanup(() => rm(root, { recursive: true }));
    return root;
  })
  .extend("make", ({ root }: { root: string }) => async (...files: [path: string, content?: string][]) => {
    for (const [path, content = ""] of files) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
  });

const { signal } = new AbortController();
const wants = (name: string) => name.endsWith(".json");
const walk = async (root: string) => (await filesUnder(root, { wants, signal })).files;

test("files of the wanted kind are found at any depth, sorted, and folders of tools are passed over", async ({
  root,
  make,
}) => {
  await make(
    ["z.json"],
    ["a/b/c.json"],
    ["a/b.txt"],
    ["node_modules/x/en.json"],
    [".next/en.json"],
    ["x/dist/en.json"],
  );
  await make(["vendor/x/en.json"], ["lang/vendor/x/en.json"], [".git/en.json"]);
  expect(await walk(root)).toEqual(["a/b/c.json", "lang/vendor/x/en.json", "z.json"]);
});

test("what .gitignore names is passed over, and the deepest file decides", async ({ root, make }) => {
  await make([".git/HEAD"], [".gitignore", "/generated\n*.tmp.json\n/app/locales/*\n!/app/locales/en.json\n"]);
  await make(
    ["generated/en.json"],
    ["a/generated/en.json"],
    ["a/en.tmp.json"],
    ["app/locales/en.json"],
    ["app/locales/fr.json"],
  );
  await make(
    ["b/.gitignore", "!keep.tmp.json\nsub/\n"],
    ["b/keep.tmp.json"],
    ["b/sub/en.json"],
    ["b/deep/sub/en.json"],
  );
  expect(await walk(root)).toEqual(["a/generated/en.json", "app/locales/en.json", "b/keep.tmp.json"]);
  expect(await walk(join(root, "a"))).toEqual(["generated/en.json"]);
});

test("a folder that was asked for is walked, though it is ignored", async ({ root, make }) => {
  await make([".git/HEAD"], [".gitignore", "/dist\n"], ["dist/en.json"]);
  expect(await walk(join(root, "dist"))).toEqual(["en.json"]);
});

test("loops of links end, links to files count, and links to nothing do not", async ({ root, make }) => {
  await make(["a/en.json"]);
  await symlink(root, join(root, "a/loop"));
  await symlink(join(root, "a"), join(root, "twin"));
  await symlink(join(root, "a/en.json"), join(root, "fr.json"));
  await symlink(join(root, "nothing"), join(root, "de.json"));
  expect(await walk(root)).toEqual(["a/en.json", "fr.json"]);
});

test("a walk ends with its signal, and a folder that is not there is an error", async ({ root }) => {
  await expect(filesUnder(root, { wants, signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  await expect(filesUnder(join(root, "no"), { wants, signal })).rejects.toThrow(/ENOENT/);
});
