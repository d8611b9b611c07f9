import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatLock, type Lock, type LockEntry, parseLock } from "./lock-text.ts";

const hash = fc.stringMatching(/^[0-9a-f]{32}$/);
const entry: fc.Arbitrary<LockEntry> = fc.oneof(
  fc.record({ source: hash, written: hash }),
  fc.record({ source: hash, person: hash }),
  fc.record({ source: hash, person: hash, seen: hash }),
  fc.record({ person: hash }),
  fc.record({ source: hash }),
);
const key = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom('"', "\\", "a\\.b", '": {"source":"', "__proto__", "", "10", "\n", "é\u2028"),
);
const lock: fc.Arbitrary<Lock> = fc
  .array(fc.tuple(key, fc.array(fc.tuple(key, entry), { maxLength: 5 })), { maxLength: 3 })
  .map((targets) => new Map(targets.map(([name, entries]) => [name, new Map(entries)])));

test("any lock is read back, with the line ends of every system", () => {
  fc.assert(
    fc.property(lock, fc.constantFrom("\n", "\r\n"), (written, lineEnd) => {
      expect(parseLock(formatLock(written).replaceAll("\n", lineEnd))).toEqual({ lock: written });
    }),
    { numRuns: 2_000 },
  );
});

describe("a line that is almost one of a lock", () => {
  const a = "a".repeat(32);
  const whole = (line: string) => `{\n  "version": 2,\n  "targets": {\n    "fr": {\n${line}\n    }\n  }\n}\n`;

  test.each([`      "k": {"source":"${a}","written":"${a}"}`, `      "k": {"source":"${a}","written":"${a}"},`])(
    "is read: %s",
    (line) => {
      expect(parseLock(whole(line))).toEqual({
        lock: new Map([["fr", new Map([["k", { source: a, written: a }]])]]),
      });
    },
  );

  test.each([
    `      "k": {"source":"${a}","written":"${a.slice(1)}G"}`,
    `      "k": {"source":"${a.slice(1)}","written":"${a}"}`,
    `      "k": {"source":"${a.toUpperCase()}","written":"${a}"}`,
    `      k": {"source":"${a}","written":"${a}"}`,
    `      "k" "l": {"source":"${a}","written":"${a}"}`,
    `      "k\t": {"source":"${a}","written":"${a}"}`,
    `      "k": {"written":"${a}"}`,
  ])("is damage: %s", (line) => {
    expect(parseLock(whole(line))).toEqual({ problem: expect.any(String) });
  });
});

test("a large lock in other lines is damage, and one of a newer release is told by its version", () => {
  const padding = " ".repeat(9_000_000);
  expect(parseLock(`{"version": 2,${padding}"targets": {}}`)).toEqual({
    problem: "its lines are not those that Trans-Hub writes",
  });
  expect(parseLock(`{\n  "version": 3,${padding}"targets": {}}`)).toEqual({ newerVersion: 3 });
});
