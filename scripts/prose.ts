/**
 * Reports how hard our sentences are to read: comments, pages and names of tests, file by file, the worst first.
 *
 *     node scripts/prose.ts                      # npm run prose: each file, and the totals
 *     node scripts/prose.ts --hits docs README.md    # only these files and folders, with every line that was counted
 *     node scripts/prose.ts --limit 3            # the totals alone; exit code 1 when one is above 3
 *
 * Counted in 1,000 words: `what`, `who` and `somebody` with their kin, which stand where a noun would help, and
 * phrases of a private language. Three and fewer of each read well.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Count, MEASURES, type Measure, measure } from "./prose/measure.ts";
import { type ProseKind, readProse } from "./prose/read-prose.ts";

const ROOT = resolve(import.meta.dirname, "..");
const NAMES = Object.keys(MEASURES) as Measure[];
/** Hits in 1,000 words that read well. */
const GOOD = 3;
const KINDS: readonly ProseKind[] = ["comments", "docs", "test names"];

/** Text under these names is written by a tool, or is a word list on purpose. */
const LEFT_OUT = /^(?:pnpm-lock\.yaml|scripts\/prose\/|docs\/licences\.md)/;

interface Entry {
  path: string;
  kind: ProseKind;
  count: Count;
}

function readEntries(paths: readonly string[]): Entry[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z", ...paths], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const entries: Entry[] = [];
  for (const path of listed.split("\0")) {
    if (path === "" || LEFT_OUT.test(path) || /\.(?:svg|json|jsonc|png)$/.test(path)) continue;
    const prose = readProse(path, readFileSync(join(ROOT, path), "utf8"));
    for (const kind of KINDS) {
      const count = measure(prose.filter((each) => each.kind === kind));
      if (count.words > 0) entries.push({ path, kind, count });
    }
  }
  return entries;
}

function perThousand({ words, hits }: Count, name?: Measure): number {
  const counted = name === undefined ? hits : hits.filter((hit) => hit.measure === name);
  return words === 0 ? 0 : (counted.length * 1000) / words;
}

/** How many hits are more than a text of this length should have. By rate alone, the shortest files would come first. */
function excess({ words, hits }: Count): number {
  return hits.length - (words * GOOD) / 1000;
}

function sumOf(entries: readonly Entry[]): Count {
  return {
    words: entries.reduce((words, { count }) => words + count.words, 0),
    hits: entries.flatMap(({ count }) => count.hits),
  };
}

function row(cells: readonly (string | number)[], label: string): string {
  return `${cells.map((cell) => (typeof cell === "number" ? cell.toFixed(1) : cell).padStart(9)).join("")}  ${label}`;
}

function rowOf(count: Count, label: string): string {
  return row([String(count.words), ...NAMES.map((name) => perThousand(count, name))], label);
}

const { values, positionals } = parseArgs({
  options: { limit: { type: "string" }, hits: { type: "boolean", default: false } },
  allowPositionals: true,
});
const limit = values.limit === undefined ? Number.POSITIVE_INFINITY : Number(values.limit);
if (Number.isNaN(limit) || limit < 0) throw new Error("--limit takes a number: hits in 1,000 words");

const entries = readEntries(positionals).sort((one, other) => excess(other.count) - excess(one.count));
console.log(row(["words", ...NAMES], "in 1,000 words"));
for (const { path, kind, count } of entries) {
  if (count.hits.length === 0 || Number.isFinite(limit)) continue;
  console.log(rowOf(count, kind === "test names" ? `${path} (test names)` : path));
  if (!values.hits) continue;
  for (const { line, words, around } of count.hits) console.log(`    ${path}:${line}: ${words}: ${around}`);
}
for (const kind of KINDS) {
  const total = sumOf(entries.filter((entry) => entry.kind === kind));
  if (total.words === 0) continue;
  console.log(rowOf(total, `all ${kind}`));
  for (const name of NAMES) {
    if (perThousand(total, name) <= limit) continue;
    console.error(`${kind}: ${perThousand(total, name).toFixed(1)} of "${name}" in 1,000 words; the limit is ${limit}`);
    process.exitCode = 1;
  }
}
