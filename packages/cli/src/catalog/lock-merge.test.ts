import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LockEntry, readLockFile, sourceHash } from "./lock-file.ts";
import { mergedLock } from "./lock-merge.ts";
import { formatLock, type Lock } from "./lock-text.ts";

const entry = (source: string, value: string): LockEntry => ({
  source: sourceHash(source),
  written: sourceHash(value),
});
const lockOf = (targets: Record<string, Record<string, LockEntry>>): Lock =>
  new Map(Object.entries(targets).map(([target, entries]) => [target, new Map(Object.entries(entries))]));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lock-merge-"));
  git("init", "-q", "-b", "main");
  git("config", "user.email", "one@example.org");
  git("config", "user.name", "One");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function git(...args: string[]): number | null {
  return spawnSync("git", args, { cwd: folder }).status;
}

const path = () => join(folder, "trans-hub.lock");

function commit(lock: Lock): void {
  writeFileSync(path(), formatLock(lock));
  git("add", "-A");
  git("commit", "-qm", "lock");
}

/** Both sides branch off from `base`, and git merges them. */
function merge(base: Lock, ours: Lock, theirs: Lock, ...config: string[]): { conflicts: boolean; text: string } {
  commit(base);
  git("checkout", "-qb", "theirs");
  commit(theirs);
  git("checkout", "-q", "main");
  commit(ours);
  const conflicts = git(...config.flatMap((setting) => ["-c", setting]), "merge", "-q", "theirs") !== 0;
  return { conflicts, text: readFileSync(path(), "utf8") };
}

const base = lockOf({ "fr.json": { a: entry("A", "a1"), b: entry("B", "b1"), c: entry("C", "c1") } });

test.each(["merge", "diff3", "zdiff3"])(
  "the marks that git leaves with conflictStyle=%s are read by key",
  async (style) => {
    const ours = lockOf({
      "fr.json": { a: entry("A2", "a2"), b: entry("B", "b1"), c: entry("C", "c1"), d: entry("D", "d1") },
    });
    const theirs = lockOf({
      "fr.json": { a: entry("A3", "a3"), b: entry("B", "b2"), c: entry("C", "c1"), e: entry("E", "e1") },
    });
    const { conflicts, text } = merge(base, ours, theirs, `merge.conflictStyle=${style}`);
    expect(conflicts).toBe(true);
    expect(text).toMatch(/^<{7} /m);
    const { lock, isMerged } = await readLockFile(path());
    expect(isMerged).toBe(true);
    const entries = lock.get("fr.json");
    expect(entries?.get("a")).toEqual({ ...entry("A2", "a2"), others: [entry("A3", "a3")] });
    expect(entries?.get("c")).toEqual(entry("C", "c1"));
    expect(entries?.get("d")).toEqual(entry("D", "d1"));
    expect(entries?.get("e")).toEqual(entry("E", "e1"));
  },
);

test("marks around whole files of the lock are read as well", async () => {
  const ours = lockOf({ "de.json": { a: entry("A", "x") }, "fr.json": { a: entry("A2", "a2") } });
  const theirs = lockOf({ "es.json": { a: entry("A", "y") }, "fr.json": { a: entry("A3", "a3") } });
  expect(merge(base, ours, theirs).conflicts).toBe(true);
  const { lock } = await readLockFile(path());
  expect([...lock.keys()].sort()).toEqual(["de.json", "es.json", "fr.json"]);
  expect(lock.get("de.json")?.get("a")).toEqual(entry("A", "x"));
});

test("a merge that kept the lines of both sides is read as both", async () => {
  const lines = formatLock(base).split("\n");
  const at = lines.findIndex((line) => line.startsWith('      "b"'));
  lines.splice(at, 0, `      "a": ${JSON.stringify(entry("A2", "a2"))}`);
  writeFileSync(path(), lines.join("\n"));
  const { lock, damage } = await readLockFile(path());
  expect(damage).toBeUndefined();
  expect(lock.get("fr.json")?.get("a")).toEqual({ ...entry("A", "a1"), others: [entry("A2", "a2")] });
});

test("with a base, what one side changed or removed holds, and only what both changed stays twice", () => {
  const ours = lockOf({
    "fr.json": { a: entry("A", "a1"), b: entry("B", "b2"), c: entry("C", "c2"), d: entry("D", "d") },
  });
  const theirs = lockOf({ "fr.json": { b: entry("B", "b1"), c: entry("C", "c3") } });
  expect(mergedLock(ours, theirs, base)).toEqual(
    lockOf({
      "fr.json": { b: entry("B", "b2"), c: { ...entry("C", "c2"), others: [entry("C", "c3")] }, d: entry("D", "d") },
    }),
  );
});

test("a file that one side no longer has goes, unless the other side changed it", () => {
  const without = lockOf({ "de.json": {} });
  expect(mergedLock(without, base, base)).toEqual(without);
  const changed = lockOf({ "fr.json": { a: entry("A", "a2") } });
  expect(mergedLock(without, changed, base)).toEqual(new Map([...without, ...changed]));
});

test("a merge written and read again is the same", async () => {
  const both = lockOf({ "fr.json": { a: { ...entry("A2", "a2"), others: [entry("A3", "a3")] } } });
  writeFileSync(path(), formatLock(both));
  expect(await readLockFile(path())).toEqual({ lock: both });
});
