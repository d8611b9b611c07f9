import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CatalogError } from "@trans-hub/core/operations";
import { cpuMs } from "@trans-hub/test-support/load";
import { describe, expect, test } from "vitest";
import { FORMAT_NAMES, formatNamed } from "./formats.ts";
import { SIZE_BOUNDS, type SizeBounds } from "./size-limit.ts";

type Name = keyof typeof SIZE_BOUNDS;

const NAMES = FORMAT_NAMES as readonly Name[];
const BOUNDS: Readonly<Record<Name, SizeBounds>> = SIZE_BOUNDS;

async function faultOf(name: Name, bytes: Uint8Array): Promise<unknown> {
  const format = await formatNamed(name);
  try {
    format.read(bytes, { file: "sample" });
    return undefined;
  } catch (error) {
    return error;
  }
}

test("each format has bounds", () => {
  expect(Object.keys(SIZE_BOUNDS).sort()).toEqual([...NAMES]);
});

test.each(NAMES)("%s: a byte too many ends in an error with the size and the bound, at once", async (name) => {
  const { maxBytes } = BOUNDS[name];
  const bytes = new Uint8Array(maxBytes + 1).fill(0x61);
  let fault: unknown;
  await formatNamed(name); // loads the parser
  expect(
    await cpuMs(async () => {
      fault = await faultOf(name, bytes);
    }),
  ).toBeLessThan(100);
  expect(fault).toBeInstanceOf(CatalogError);
  const [size, bound] = [maxBytes + 1, maxBytes].map((count) => count.toLocaleString("en"));
  expect((fault as CatalogError).message).toBe(
    `sample: has ${size} bytes, and at most ${bound} are read of a file of this format`,
  );
  expect((fault as CatalogError).hint).toBe("Split it into several files.");
});

test.each(NAMES)("%s: a part too many ends in an error with its line and column", async (name) => {
  const { signs, maxSigns } = BOUNDS[name];
  const sign = signs.charAt(0);
  const fault = await faultOf(name, Buffer.from(`é${sign.repeat(maxSigns)}${sign}`));
  expect(fault).toBeInstanceOf(CatalogError);
  const { line, column, message } = fault as CatalogError;
  expect({ line, column }).toEqual(
    sign === "\n" ? { line: maxSigns + 1, column: 1 } : { line: 1, column: maxSigns + 2 },
  );
  expect(message).toContain(`has too many parts: more than ${maxSigns.toLocaleString("en")} `);
});

test.each(NAMES)("%s: as many parts as the bound are counted and not refused for their number", async (name) => {
  const { signs, maxSigns } = BOUNDS[name];
  const fault = await faultOf(name, Buffer.from(signs.charAt(0).repeat(maxSigns)));
  expect(String(fault)).not.toContain("too many parts");
});

test("UTF-16 is counted by its signs, too", async () => {
  const { maxSigns } = BOUNDS.properties;
  const text = `\ufeff${"\n".repeat(maxSigns + 1)}`;
  expect(String(await faultOf("properties", Buffer.from(text, "utf16le")))).toContain("too many parts");
});

describe("hostile files within the bounds", () => {
  const repeated = (head: string, part: (at: number) => string, count: number, tail = "") =>
    Buffer.from(head + Array.from({ length: count }, (_, at) => part(at)).join("") + tail);

  test.each<[string, Name, () => Uint8Array]>([
    ["lines of one literal", "gettext-po", () => repeated('msgid "a"\nmsgstr ""\n', () => '""\n', 490_000)],
    ["lines of one value", "properties", () => repeated("a=", () => "\\\n", 199_000)],
    ["an endless value in Latin-1", "properties", () => Buffer.alloc(8_000_000, 0xe9)],
    ["remarks on one entry", "yaml", () => repeated("", () => "#\n", 109_000, "a: b")],
    ["remarks on one entry", "toml", () => repeated("", () => "#\n", 74_000, "a='b'")],
    ["entries on one line", "php-array", () => repeated("<?php return [", (at) => `'k${at}'=>'v',`, 65_000, "];")],
    ["attributes of one message", "fluent", () => repeated("a = b\n", (at) => ` .a${at} = c\n`, 70_000)],
  ])("%s (%s) are read in a time that grows with the file", async (_, name, content) => {
    const bytes = content();
    await formatNamed(name);
    // A reader whose time is the square of the size took 20 s and more for these.
    expect(await cpuMs(() => faultOf(name, bytes))).toBeLessThan(5_000);
    expect(await faultOf(name, bytes)).toBeUndefined();
  });
});

test("the page about catalogs has the bounds", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/catalogs.md"), "utf8");
  const rows = page.split("\n").filter((line) => /^\| `[\w-]+`(?:, `[\w-]+`)* \| [\d,]+ [KM]iB \|/.test(line));
  const told = rows.flatMap((row) => {
    const [, names = "", bytes, signs = ""] = row.split(" | ").length > 0 ? row.split("|") : [];
    const count = /[\d,]+/.exec(signs)?.[0];
    return [...names.matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => [name, bytes?.trim(), count]);
  });
  const bounds = NAMES.map((name) => {
    const { maxBytes, maxSigns } = BOUNDS[name];
    const size = maxBytes >= 1_048_576 ? `${maxBytes / 1_048_576} MiB` : `${maxBytes / 1_024} KiB`;
    return [name, size, maxSigns.toLocaleString("en")];
  });
  expect(told.sort()).toEqual(bounds.sort());
});
