import fc from "fast-check";
import { expect, test } from "vitest";
import { unifiedDiff } from "./line-diff.ts";

/** Applies a diff, as `patch` does. */
function applied(before: string, diff: string): string {
  const lines = before.match(/[^\n]*\n|[^\n]+/g) ?? [];
  const after: string[] = [];
  let at = 0;
  for (const line of diff.split("\n").slice(2, -1)) {
    const [, from, count] = /^@@ -(\d+),(\d+) /.exec(line) ?? [];
    if (from !== undefined) {
      const start = count === "0" ? Number(from) : Number(from) - 1;
      while (at < start) after.push(lines[at++] ?? "");
    } else if (line.startsWith("\\")) after.push((after.pop() ?? "").replace(/\n$/, ""));
    else if (line.startsWith("+")) after.push(`${line.slice(1)}\n`);
    else {
      expect(line.slice(1)).toBe(lines[at]?.replace(/\n$/, ""));
      if (line.startsWith(" ")) after.push(lines[at] ?? "");
      at += 1;
    }
  }
  return [...after, ...lines.slice(at)].join("");
}

const texts = fc
  .array(fc.constantFrom("a", "b", "c", "d", ""), { maxLength: 40 })
  .map((lines) => lines.map((line) => `${line}\n`).join(""));

test("a diff leads from one text to the other", () => {
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const diff = unifiedDiff("f", before, after);
      expect(diff === "" ? before : applied(before, diff)).toBe(after);
    }),
    { numRuns: 500 },
  );
});

test("a missing file, and a missing end of the last line, are shown", () => {
  expect(unifiedDiff("f", "", "a\n")).toBe("--- /dev/null\n+++ b/f\n@@ -0,0 +1,1 @@\n+a\n");
  expect(unifiedDiff("f", "a\nb", "a\nc\n")).toBe(
    "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n",
  );
});
