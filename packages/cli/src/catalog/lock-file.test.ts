import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatNamed } from "@trans-hub/formats";
import { afterEach, beforeEach, expect, test } from "vitest";
import { catalogOf, documentCatalog } from "./document-catalog.ts";
import {
  entriesAfterWrite,
  entryOf,
  type Lock,
  type LockEntry,
  readLockFile,
  sourceHash,
  standingOf,
  targetName,
  writeLockFile,
} from "./lock-file.ts";
import { formatLock } from "./lock-text.ts";

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
  expect(await readLockFile(file)).toEqual({ lock: new Map() });
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
  expect(await readLockFile(file)).toEqual({ lock });
  await writeLockFile(file, new Map());
  expect(await readLockFile(file)).toEqual({ lock: new Map() });
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
    "empty.json": {
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
  ["[]", "no JSON object"],
  ['{"version": 1, "targets": {"fr.json": {', "not valid JSON"],
  ['{"version": 1, "targets": {\n<<<<<<< HEAD\n"fr.json": {}\n=======\n>>>>>>> x\n}}', "not valid JSON"],
  ['{"version": 1}', '"targets" must be an object'],
  ['{"targets": {}}', '"version" must be 2'],
  ['{"version": "1", "targets": {}}', '"version" must be 2'],
  ['{"version": 1, "targets": []}', '"targets" must be an object'],
  ['{"version": 1, "targets": {"fr.json": "x"}}', '"fr.json" must be an object'],
  ['{"version": 1, "targets": {"fr.json": {"a": "zz"}}}', "no hash"],
  ['{"version": 2, "targets": {"fr.json": {"a": 1}}}', "no hash"],
  ['{"version": 2, "targets": {"fr.json": {"a": {"written": "x"}}}}', "no hash"],
  ['{"version": 2, "targets": {"fr.json": {"a": {}}}}', "no hash"],
  ['{"version": 2, "targets": {"fr.json": {"a": []}}}', "no hash"],
])("a damaged lock knows nothing, and says why: %j", async (text, problem) => {
  await writeFile(file, text);
  expect(await readLockFile(file)).toEqual({ lock: new Map(), damage: expect.stringContaining(problem) });
});

test("a lock that ends in the middle is damaged at each line", async () => {
  const entries = new Map([
    ["a", { source: one, written: two }],
    ["b", { source: two, person: one }],
  ]);
  const lines = formatLock(new Map([["fr.json", entries]])).split("\n");
  for (let end = 1; end < lines.length - 2; end += 1) {
    await writeFile(file, lines.slice(0, end).join("\n"));
    expect((await readLockFile(file)).damage, `${end} lines`).toBeDefined();
  }
});

test.each([
  '{"cart": {"pay": "Pay"}}',
  '{"name": "shop", "version": "1.0.0"}',
  "en:\n  a: b\n",
  'msgid "a"\nmsgstr "b"\n',
  "# Shop\n",
  "<resources/>",
])("a file that is no lock is refused, and stays: %j", async (text) => {
  await writeFile(file, text);
  await expect(readLockFile(file)).rejects.toMatchObject({
    message: expect.stringContaining("is no lock file"),
    hint: expect.stringContaining("--lock"),
  });
  expect(await readFile(file, "utf8")).toBe(text);
});

test.each(["{}", "\n", "\0\0\0", "{", '{"version": 2', `      "a": {"source":"${"0".repeat(32)}"}\n    }\n  }\n}\n`])(
  "a possible rest of a lock is damaged, and no other file: %j",
  async (text) => {
    await writeFile(file, text);
    expect((await readLockFile(file)).damage).toBeDefined();
  },
);

test("a lock of a newer release is not touched", async () => {
  await writeFile(file, '{"version": 3, "other": true}');
  await expect(readLockFile(file)).rejects.toMatchObject({ hint: expect.stringContaining("Upgrade") });
  expect(await readFile(file, "utf8")).toBe('{"version": 3, "other": true}');
});

test("a lock checked out with CRLF can be read", async () => {
  const lock: Lock = new Map([["fr.json", new Map([["a", { source: one }]])]]);
  await writeFile(file, formatLock(lock).replaceAll("\n", "\r\n"));
  expect(await readLockFile(file)).toEqual({ lock });
});

test("a target is named relative to the lock's folder, with forward slashes", () => {
  expect(targetName("/shop/trans-hub.lock", "/shop/locales/fr.json")).toBe("locales/fr.json");
  expect(targetName("trans-hub.lock", "./locales/fr.json")).toBe("locales/fr.json");
  expect(targetName("/shop/web/trans-hub.lock", "/shop/mail/fr.json")).toBe("../mail/fr.json");
});

test("a lock of version 1 is read, and does not know the author of a value", async () => {
  await writeFile(file, `{"version": 1, "targets": {"fr.json": {"a": "${one}"}}}`);
  expect(await readLockFile(file)).toEqual({ lock: new Map([["fr.json", new Map([["a", { source: one }]])]]) });
});

const un = sourceHash("Un");
const deux = sourceHash("Deux");
const standings: [string, string | undefined, LockEntry | undefined, ReturnType<typeof standingOf>][] = [
  ["a value that the lock knows is ours", "Un", { source: one, written: un }, { author: "tool", source: one }],
  ["our value of another source is ours", "Un", { source: two, written: un }, { author: "tool", source: two }],
  ["a changed value is a person's", "UN", { source: two, written: un }, { author: "person", source: two }],
  [
    "a value that came since the last run is a person's, of this source",
    "Un",
    undefined,
    { author: "person", source: one },
  ],
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
  ["a value of unknown age stays so", "Un", { person: un }, { author: "person", source: undefined }],
  ["edited, a value of unknown age is current", "UN", { person: un }, { author: "person", source: one }],
  [
    "of two branches, the one that knows the value holds",
    "Un",
    { source: one, written: deux, others: [{ source: two, written: un }] },
    { author: "tool", source: two },
  ],
  [
    "of two branches that know another value, neither makes an old value current",
    "UN",
    { source: two, written: deux, others: [{ source: two, person: un }] },
    { author: "person", source: two },
  ],
  [
    "of two branches that know no value, nobody knows",
    "Un",
    { source: two, others: [{ source: one }] },
    { author: "person", source: undefined },
  ],
  ["no value has no author", undefined, { source: one, written: un }, { author: "nobody", source: one }],
  ["an empty value is none", "", undefined, { author: "nobody", source: one }],
];
test.each(standings)("%s", (_, existing, entry, standing) => {
  const locked = new Map(entry === undefined ? [] : [["a", entry]]);
  expect(standingOf({ key: "a", existing, sourceHash: one, locked })).toEqual(standing);
});

test("a value in a file that the lock does not name is of unknown age", () => {
  const facts = { key: "a", sourceHash: one, locked: undefined };
  expect(standingOf({ ...facts, existing: "Un" })).toEqual({ author: "person", source: undefined });
  expect(standingOf({ ...facts, existing: "" })).toEqual({ author: "nobody", source: one });
});

test("an entry says who wrote the value, and beside which source an old value of a person stood", () => {
  expect(entryOf("Un", { author: "tool", source: one }, one)).toEqual({ source: one, written: un });
  expect(entryOf("Un", { author: "person", source: one }, one)).toEqual({ source: one, person: un });
  expect(entryOf("Un", { author: "person", source: two }, one)).toEqual({ source: two, person: un, seen: one });
  expect(entryOf("Un", { author: "person", source: undefined }, one)).toEqual({ person: un });
});

test("the entries after a write follow the file's content: new, stale, left out, gone", async () => {
  const json = await formatNamed("json");
  const parsed = (file: string, text: string) => catalogOf(json, Buffer.from(text), { file });
  const source = parsed("en.json", '{"a": "new", "left": "failed", "list": ["same", "changed", "failed"]}');
  const existing = parsed("fr.json", '{"a": "vieux", "list": ["MÊME", "AVANT"], "gone": "x"}');
  const values = new Map([
    ["a", "nouveau"],
    ["list.0", "MÊME"],
    ["list.1", "APRÈS"],
  ]);
  const present = new Map([...values].map(([key, value]) => [key, { source: one, written: sourceHash(value) }]));
  const previous = new Map(["a", "left", "list.0", "list.1", "gone"].map((key) => [key, { source: two, written: un }]));
  const formatted = documentCatalog.format(source, values, {
    ...{ existing, managed: new Set(previous.keys()), locale: "fr" },
  });
  expect(Buffer.from(formatted.bytes).toString()).toBe('{"a": "nouveau", "list": ["MÊME", "AVANT"]}');
  expect(entriesAfterWrite(formatted, present, previous)).toEqual(
    new Map([
      ["a", { source: one, written: sourceHash("nouveau"), was: { source: two, written: un } }],
      ["list.0", { source: one, written: sourceHash("MÊME"), was: { source: two, written: un } }],
      ["list.1", { source: two, written: un }],
    ]),
  );
});

test("the entry of a replaced value knows the value before it, so that a merge which brings it back is no edit", () => {
  const before: LockEntry = { source: one, written: sourceHash("Un") };
  const written = { written: new Set(["a"]), stale: new Set<string>() };
  const after = (now: LockEntry, previous: LockEntry) =>
    entriesAfterWrite(written, new Map([["a", now]]), new Map([["a", previous]])).get("a");
  const now: LockEntry = { source: two, written: sourceHash("Deux") };
  expect(after({ ...now, source: one }, before)).toEqual({ ...now, source: one });
  const replaced = after(now, { ...before, was: { source: two, written: one } });
  expect(replaced).toEqual({ ...now, was: before });
  // The next run writes the same value.
  expect(after(now, replaced ?? now)).toEqual(replaced);
  const locked = new Map([["a", replaced ?? now]]);
  const standing = (existing: string, present = two) => standingOf({ key: "a", existing, sourceHash: present, locked });
  expect(standing("Un")).toEqual({ author: "tool", source: one });
  // The other branch of a merge wrote this value for an earlier source: it did not stand here before.
  expect(after(now, { ...now, others: [before] })).toEqual(now);
  expect(standing("Deux")).toEqual({ author: "tool", source: two });
  expect(standing("Zwei")).toEqual({ author: "person", source: two });
  const persons = after(now, { source: one, person: sourceHash("Un"), seen: two });
  expect(persons).toEqual({ ...now, was: { source: one, person: sourceHash("Un") } });
  expect(standingOf({ key: "a", existing: "Un", sourceHash: two, locked: new Map([["a", persons ?? now]]) })).toEqual({
    author: "person",
    source: one,
  });
});

test("the value before is read and written", async () => {
  const lock: Lock = new Map([
    ["fr.json", new Map([["a", { source: one, written: two, was: { source: two, person: one } }]])],
  ]);
  await writeLockFile(file, lock);
  expect(await readFile(file, "utf8")).toContain(`"was":{"source":"${two}","person":"${one}"}}`);
  expect(await readLockFile(file)).toEqual({ lock });
});

test("a lock of a large project is read: it may be larger than any catalog", async () => {
  const entries = new Map(Array.from({ length: 160_000 }, (_, at) => [`key${at}`, { source: one, written: two }]));
  await writeLockFile(file, new Map([["fr.json", entries]]));
  expect((await stat(file)).size).toBeGreaterThan(16 * 1_048_576);
  const { lock } = await readLockFile(file);
  expect(lock.get("fr.json")?.size).toBe(entries.size);
  expect(lock.get("fr.json")?.get("key159999")).toEqual({ source: one, written: two });
});
