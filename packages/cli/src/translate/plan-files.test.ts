import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { planFiles } from "./plan-files.ts";

test.each([
  ["the marks of a merge", '{\n<<<<<<< HEAD\n"a": "à"\n=======\n"a": "á"\n>>>>>>> x\n}', /fr\.json:2:1: /],
  ["an end too early", '{"a": "à', /fr\.json:1:\d+: /],
  ["a key twice", '{"a": "à",\n "a": "á"}', /fr\.json:2:2: /],
  ["an array", '["à"]', /fr\.json:1:1: .*object/],
  ["bytes of no encoding", Buffer.from([0x7b, 0xff, 0x7d]), /fr\.json/],
  ["a folder in its place", undefined, /fr\.json/],
])("a target with %s is named with its place, and its neighbours are planned", async (_, content, message) => {
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-broken-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  await writeFile(path("en.json"), '{"a": "A"}');
  await writeFile(path("de.json"), '{"a": "ä"}');
  if (content === undefined) await mkdir(path("fr.json"));
  else await writeFile(path("fr.json"), content);

  const targets = ["fr", "de"].map((locale) => ({ source: path("en.json"), locale, path: path(`${locale}.json`) }));
  const { files, broken } = await planFiles({ targets, lockFile: path("lock"), force: false, sourceLocale: "en" });
  expect(files.map(({ target, existing }) => [target.locale, existing?.texts.get("a")])).toEqual([["de", "ä"]]);
  expect(broken).toMatchObject([{ file: path("fr.json"), locales: ["fr"], message: expect.stringMatching(message) }]);
});

test.each([
  ["en.json", ["zh-CN", "zh-TW"], "zh.json"],
  ["en.yml", ["pt-BR", "pt-PT"], "pt.yml"],
  ["en.po", ["fr", "de"], "out.po"],
  ["en.md", ["fr", "fr-CA"], "fr.md"],
  ["en.xlf", ["fr", "de", "pl"], "all.xlf"],
])("%s in %j would be one file %s, and is refused before anything is written", async (name, locales, out) => {
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-shared-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const source = join(folder, name);
  await writeFile(source, SOURCES[name] ?? "");
  const targets = locales.map((locale) => ({ source, locale, path: join(folder, out) }));
  const planned = planFiles({ targets, lockFile: join(folder, "lock"), force: false, sourceLocale: "en" });
  await expect(planned).rejects.toThrow(/would hold/);
  expect(await readdir(folder)).toEqual([name]);
});

const SOURCES: Readonly<Record<string, string>> = {
  "en.json": '{"a": "A"}',
  "en.yml": "a: Alpha\n",
  "en.po": 'msgid "Alpha"\nmsgstr ""\n',
  "en.md": "# Alpha\n",
  "en.xlf":
    '<xliff version="1.2"><file source-language="en" original="a" datatype="plaintext"><body><trans-unit id="a"><source>A</source></trans-unit></body></file></xliff>',
};
