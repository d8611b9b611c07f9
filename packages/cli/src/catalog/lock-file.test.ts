import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CatalogError } from "@trans-hub/core/operations";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatCatalog, parseCatalog } from "./json-catalog.ts";
import {
  entriesAfterWrite,
  entryOf,
  formatLock,
  type Lock,
  type LockEntry,
  readLockFile,
  sourceHash,
  standingOf,
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
        ["__proto__", { source: one, written: two }],
        ["a\\.b", { source: two, person: one, seen: two }],
        ["old", { source: two }],
      ]),
    ],
  ]);
  await writeLockFile(file, lock);
  expect(await readLockFile(file)).toEqual(lock);
  await writeLockFile(file, new Map());
  expect(await readLockFile(file)).toEqual(new Map());
});

test("lines are sorted by code unit, one per value, independent of the order of insertion, and hold no text", () => {
  const entries = new Map([
    ["b", { source: one, written: two }],
    ["10", { source: one }],
    ["é", { source: one }],
    ["9", { source: two, person: one }],
    ["B", { source: one }],
  ]);
  expect(
    formatLock(
      new Map([
        ["fr.json", entries],
        ["de.json", new Map([["a", { source: two }]])],
        ["empty.json", new Map()],
      ]),
    ),
  ).toBe(
    `{
  "version": 2,
  "targets": {
    "de.json": {
      "a": {"source":"${two}"}
    },
    "fr.json": {
      "10": {"source":"${one}"},
      "9": {"source":"${two}","person":"${one}"},
      "B": {"source":"${one}"},
      "b": {"source":"${one}","written":"${two}"},
      "é": {"source":"${one}"}
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
  ['{"targets": {}}', '"version" must be 2'],
  ['{"version": "1", "targets": {}}', '"version" must be 2'],
  ['{"version": 1, "targets": []}', "must be an object"],
  ['{"version": 1, "targets": {"fr.json": "x"}}', "must be an object"],
  ['{"version": 1, "targets": {"fr.json": {"a": "zz"}}}', "32 hexadecimal digits"],
  ['{"version": 2, "targets": {"fr.json": {"a": 1}}}', "must be an object"],
  ['{"version": 2, "targets": {"fr.json": {"a": {"written": "x"}}}}', "32 hexadecimal digits"],
  ['{"version": 2, "targets": {"fr.json": {"a": {}}}}', '"source" is missing'],
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
  await writeFile(file, '{"version": 3, "other": true}');
  await expect(readLockFile(file)).rejects.toMatchObject({ hint: expect.stringContaining("Upgrade") });
  expect(await readFile(file, "utf8")).toBe('{"version": 3, "other": true}');
});

test("a lock checked out with CRLF can be read", async () => {
  const lock: Lock = new Map([["fr.json", new Map([["a", { source: one }]])]]);
  await writeFile(file, formatLock(lock).replaceAll("\n", "\r\n"));
  expect(await readLockFile(file)).toEqual(lock);
});

test("a target is named relative to the lock's folder, with forward slashes", () => {
  expect(targetName("/shop/trans-hub.lock", "/shop/locales/fr.json")).toBe("locales/fr.json");
  expect(targetName("trans-hub.lock", "./locales/fr.json")).toBe("locales/fr.json");
  expect(targetName("/shop/web/trans-hub.lock", "/shop/mail/fr.json")).toBe("../mail/fr.json");
});

test("a lock of version 1 is read, and does not know the author of a value", async () => {
  await writeFile(file, `{"version": 1, "targets": {"fr.json": {"a": "${one}"}}}`);
  expect(await readLockFile(file)).toEqual(new Map([["fr.json", new Map([["a", { source: one }]])]]));
});

const un = sourceHash("Un");
const deux = sourceHash("Deux");
const standings: [string, string | undefined, LockEntry | undefined, ReturnType<typeof standingOf>][] = [
  ["a value that the lock knows is ours", "Un", { source: one, written: un }, { author: "tool", source: one }],
  ["our value of another source is ours", "Un", { source: two, written: un }, { author: "tool", source: two }],
  ["a changed value is a person's", "UN", { source: two, written: un }, { author: "person", source: two }],
  ["a value from before Trans-Hub is a person's, of this source", "Un", undefined, { author: "person", source: one }],
  ["a value of unknown author is a person's", "Un", { source: two }, { author: "person", source: two }],
  [
    "an old value of a person stays old",
    "Un",
    { source: two, person: un, seen: one },
    { author: "person", source: two },
  ],
  [
    "edited after the change of its source, it is current",
    "Un",
    { source: two, person: deux, seen: one },
    { author: "person", source: one },
  ],
  [
    "edited before the change of its source, it is old",
    "Un",
    { source: two, person: deux },
    { author: "person", source: two },
  ],
  ["no value has no author", undefined, { source: one, written: un }, { author: "nobody", source: one }],
  ["an empty value is none", "", undefined, { author: "nobody", source: one }],
];
test.each(standings)("%s", (_, existing, entry, standing) => {
  expect(standingOf({ existing, sourceHash: one, entry })).toEqual(standing);
});

test("an entry says who wrote the value, and beside which source an old value of a person stood", () => {
  expect(entryOf("Un", { author: "tool", source: one }, one)).toEqual({ source: one, written: un });
  expect(entryOf("Un", { author: "person", source: one }, one)).toEqual({ source: one, person: un });
  expect(entryOf("Un", { author: "person", source: two }, one)).toEqual({ source: two, person: un, seen: one });
});

test("the entries after a write follow the file's content: new, stale, left out, gone", () => {
  const source = parseCatalog("en.json", '{"a": "new", "left": "failed", "list": ["same", "changed", "failed"]}');
  const existing = parseCatalog("fr.json", '{"a": "vieux", "list": ["MÊME", "AVANT"], "gone": "x"}');
  const values = new Map([
    ["a", "nouveau"],
    ["list.0", "MÊME"],
    ["list.1", "APRÈS"],
  ]);
  const present = new Map([...values].map(([key, value]) => [key, { source: one, written: sourceHash(value) }]));
  const previous = new Map(["a", "left", "list.0", "list.1", "gone"].map((key) => [key, { source: two, written: un }]));
  const formatted = formatCatalog(source, values, { existing, managed: previous });
  expect(formatted.text).toBe('{"a": "nouveau", "list": ["MÊME", "AVANT"]}');
  expect(entriesAfterWrite(formatted, present, previous)).toEqual(
    new Map([
      ["a", { source: one, written: sourceHash("nouveau") }],
      ["list.0", { source: one, written: sourceHash("MÊME") }],
      ["list.1", { source: two, written: un }],
    ]),
  );
});
