import { expect, test } from "vitest";
import {
  DOCUMENT_EXTENSIONS,
  EXTENSIONS,
  FORMAT_NAMES,
  formatNamed,
  formatOf,
  MULTI_LOCALE_EXTENSIONS,
} from "./formats.ts";

test("each format has the name of its entry, and each ending its dot", async () => {
  for (const name of FORMAT_NAMES) expect((await formatNamed(name)).name).toBe(name);
  expect(EXTENSIONS.filter((extension) => !/^\.[a-z]+$/.test(extension))).toEqual([]);
});

test("without loading a parser, the entries know which formats hold all locales, and which are documents", async () => {
  const formats = await Promise.all(FORMAT_NAMES.map(formatNamed));
  const namesOf = async (extensions: readonly string[]) => {
    const found = await Promise.all(extensions.map((extension) => formatOf(`file${extension}`, new Uint8Array())));
    return [...new Set(found.map(({ name }) => name))].sort();
  };
  const whole = formats.filter(({ layout }) => layout === "multi-locale").map(({ name }) => name);
  expect(await namesOf(MULTI_LOCALE_EXTENSIONS)).toEqual(whole);
  const keyless = formats.filter(({ isKeyless }) => isKeyless === true).map(({ name }) => name);
  // The times of a cue are its key in the file, and no program asks for them.
  expect(await namesOf(DOCUMENT_EXTENSIONS)).toEqual([...keyless, "srt", "vtt"].sort());
});
