import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CatalogError } from "@trans-hub/core/operations";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatCatalog, parseCatalog } from "./json-catalog.ts";
import {
  decideValue,
  formatLock,
  hashesAfterWrite,
  type Lock,
  readLockFile,
  sourceHash,
  targetName,
  writeLockFile,
} from "./lock-file.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock-"));
  file = join(folder, "trans-hub.lock");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const one = sourceHash("One");
const two = sourceHash("Two");

test("a hash is the first half of SHA-256 in hex, and a context changes it", () => {
  expect(one).toBe(createHash("sha256").update("One").digest("hex").slice(0, 32));
  expect(sourceHash("One", "")).toBe(one);
  expect(sourceHash("One", '{"screen":"cart"}')).not.toBe(one);
  expect(sourceHash("On", "e")).not.toBe(one);
});

test("a written lock is read back, and a missing file is an empty lock", async () => {
  expect(await readLockFile(file)).toEqual(new Map());
  const lock: Lock = new Map([
    [
      "locales/fr.json",
      new Map([
        ["__proto__", one],
        ["a\\.b", two],
      ]),
    ],
  ]);
  await writeLockFile(file, lock);
  expect(await readLockFile(file)).toEqual(lock);
  await writeLockFile(file, new Map());
  expect(await readLockFile(file)).toEqual(new Map());
});

test("lines are sorted by code unit, one per value, independent of the order of insertion, and hold no text", () => {
  const hashes = new Map([
    ["b", one],
    ["10", one],
    ["é", one],
    ["9", two],
    ["B", one],
  ]);
  expect(
    formatLock(
      new Map([
        ["fr.json", hashes],
        ["de.json", new Map([["a", two]])],
        ["empty.json", new Map()],
      ]),
    ),
  ).toBe(
    `{
  "version": 1,
  "targets": {
    "de.json": {
      "a": "${two}"
    },
    "fr.json": {
      "10": "${one}",
      "9": "${two}",
      "B": "${one}",
      "b": "${one}",
      "é": "${one}"
    }
  }
}
`,
  );
});

test.each([
  ["", "not valid JSON"],
  ['{"version": 1, "targets": {"fr.json": {', "not valid JSON"],
  ['{"version": 1, "targets": {\n<<<<<<< HEAD\n"fr.json": {}\n=======\n>>>>>>> x\n}}', "unresolved merge"],
  [`{"version": 1, "targets": {"fr.json": {"a": "${"0".repeat(32)}", "a": "${"1".repeat(32)}"}}}`, "damaged"],
  ['{"version": 1}', '"targets" is missing'],
  ['{"targets": {}}', '"version" must be 1'],
  ['{"version": "1", "targets": {}}', '"version" must be 1'],
  ['{"version": 1, "targets": []}', "must be an object"],
  ['{"version": 1, "targets": {"fr.json": "x"}}', "must be an object"],
  ['{"version": 1, "targets": {"fr.json": {"a": "zz"}}}', "32 hexadecimal digits"],
  ['{"version": 1, "targets": {"fr.json": {"a": 1}}}', "32 hexadecimal digits"],
])("a damaged lock is an error that names the file and the remedy: %j", async (text, problem) => {
  await writeFile(file, text);
  const error: unknown = await readLockFile(file).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CatalogError);
  expect(error).toMatchObject({
    file,
    line: expect.any(Number),
    message: expect.stringContaining(problem),
    hint: expect.stringContaining("version control"),
  });
});

test("a lock of a newer release is not touched", async () => {
  await writeFile(file, '{"version": 2, "other": true}');
  await expect(readLockFile(file)).rejects.toMatchObject({ hint: expect.stringContaining("Upgrade") });
  expect(await readFile(file, "utf8")).toBe('{"version": 2, "other": true}');
});

test("a lock checked out with CRLF can be read", async () => {
  const lock: Lock = new Map([["fr.json", new Map([["a", one]])]]);
  await writeFile(file, formatLock(lock).replaceAll("\n", "\r\n"));
  expect(await readLockFile(file)).toEqual(lock);
});

test("a target is named relative to the lock's folder, with forward slashes", () => {
  expect(targetName("/shop/trans-hub.lock", "/shop/locales/fr.json")).toBe("locales/fr.json");
  expect(targetName("trans-hub.lock", "./locales/fr.json")).toBe("locales/fr.json");
  expect(targetName("/shop/web/trans-hub.lock", "/shop/mail/fr.json")).toBe("../mail/fr.json");
});

test.each([
  ["a value made from this source is kept", "Un", one, false, "keep"],
  ["a value whose source changed is translated", "Un", two, false, "translate"],
  ["a value from before Trans-Hub is adopted", "Un", undefined, false, "adopt"],
  ["no value is translated, whatever the lock says", undefined, one, false, "translate"],
  ["an empty value is none", "", undefined, false, "translate"],
  ["force translates a current value", "Un", one, true, "translate"],
  ["force translates a value from before Trans-Hub", "Un", undefined, true, "translate"],
] as const)("%s", (_, existing, lockedHash, force, decision) => {
  expect(decideValue({ existing, sourceHash: one, lockedHash, force })).toBe(decision);
});

test("the entries after a write follow the file's content: new, stale, left out, gone", () => {
  const source = parseCatalog("en.json", '{"a": "new", "left": "failed", "list": ["same", "changed", "failed"]}');
  const existing = parseCatalog("fr.json", '{"a": "vieux", "list": ["MÊME", "AVANT"], "gone": "x"}');
  const hashes = new Map([...source.texts].map(([key, text]) => [key, sourceHash(text)]));
  const previous = new Map([
    ["a", sourceHash("old")],
    ["left", sourceHash("old")],
    ["list.0", sourceHash("same")],
    ["list.1", sourceHash("before")],
    ["gone", sourceHash("x")],
  ]);
  const values = new Map([
    ["a", "nouveau"],
    ["list.0", "MÊME"],
    ["list.1", "APRÈS"],
  ]);
  const formatted = formatCatalog(source, values, { existing, managed: previous });
  expect(formatted.text).toBe('{"a": "nouveau", "list": ["MÊME", "AVANT"]}');
  expect(hashesAfterWrite(formatted, hashes, previous)).toEqual(
    new Map([
      ["a", sourceHash("new")],
      ["list.0", sourceHash("same")],
      ["list.1", sourceHash("before")],
    ]),
  );
});
