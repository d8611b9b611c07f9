/**
 * Documents with equal blocks, under random edits on both sides: a run puts a target right at once, and loses no text of a person.
 *
 * It runs without a store: each text has one translation. A failing run prints its seed and path: `TH_TEST_SEED` and
 * `TH_TEST_PATH` repeat it, `TH_TEST_RUNS` makes a run long.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkFiles } from "./check-files.ts";
import type { OwnRows } from "./own-rows.ts";
import { planFiles } from "./plan-files.ts";
import { writeFiles } from "./write-files.ts";

const { TH_TEST_SEED: seed, TH_TEST_PATH: path, TH_TEST_RUNS: runs = "30" } = process.env;

/** A block that is the same in all places where it stands, or a number: a text of its own. */
type Block = "OK" | "tag" | "code" | "rule" | number;

interface Page {
  file: string;
  print(blocks: readonly Block[]): string;
  /** The stretches of a file that a person can take for a block. */
  parts(content: string): string[];
  join(parts: readonly string[]): string;
}

const WORDS = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"];
const text = (block: Block) => (typeof block === "number" ? `${WORDS[block % 5]} text` : "OK");

const printed =
  (fixed: Readonly<Record<string, string>>, paragraph: (words: string) => string) =>
  (block: Block): string =>
    fixed[block] ?? paragraph(text(block));

const byBlankLines = {
  parts: (content: string) => content.trimEnd().split(/\n\n+/),
  join: (parts: readonly string[]) => `${parts.join("\n\n")}\n`,
};

const PAGES: readonly Page[] = [
  {
    file: "page.mdx",
    print: (blocks) =>
      `${blocks
        .map(printed({ tag: "<Box />", code: "```sh\nrun\n```", rule: "***" }, (words) => words))
        .join("\n\n")}\n`,
    ...byBlankLines,
  },
  {
    file: "page.md",
    print: (blocks) =>
      `${blocks.map(printed({ tag: "<br>", code: "- item", rule: "***" }, (words) => words)).join("\n\n")}\n`,
    ...byBlankLines,
  },
  {
    file: "page.html",
    print: (blocks) =>
      `<body>\n${blocks
        .map(
          printed({ tag: "<pre>x</pre>", code: "<ul><li>item</li></ul>", rule: "<hr>" }, (words) => `<p>${words}</p>`),
        )
        .join("\n")}\n</body>\n`,
    parts: (content) => content.split("\n").slice(1, -2),
    join: (parts) => `<body>\n${parts.join("\n")}\n</body>\n`,
  },
];

const block: fc.Arbitrary<Block> = fc.oneof(
  fc.nat({ max: 6 }),
  fc.constantFrom<Block>("OK", "tag", "tag", "code", "rule"),
);
const at = fc.nat({ max: 9 });

type Edit =
  | { side: "source"; act: "insert" | "remove" | "move" | "replace"; at: number; to: number; block: Block }
  | { side: "target"; act: "edit" | "move" | "copy"; at: number; to: number };

const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      side: fc.constant("source"),
      act: fc.constantFrom("insert", "remove", "move", "replace"),
      at,
      to: at,
      block,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ side: fc.constant("target"), act: fc.constantFrom("edit", "edit", "move"), at, to: at }),
  },
) as fc.Arbitrary<Edit>;

const steps = fc.record({
  begin: fc.uniqueArray(fc.tuple(block, at), { minLength: 2, maxLength: 8 }).map((all) => all.map(([each]) => each)),
  steps: fc.array(fc.array(edit, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
});

const translated = (source: string) => `fr ${source}`;

let folder: string;
let home: string;
beforeAll(async () => {
  home = process.cwd();
  folder = await mkdtemp(join(tmpdir(), "trans-hub-documents-"));
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true, force: true });
});

async function run(file: string) {
  const options = { targets: [{ source: `en.${file}`, path: `fr.${file}`, locale: "fr" }], lockFile: "lock" };
  const { files, broken } = await planFiles({ ...options, force: false, sourceLocale: "en" });
  const rows = {
    get: (_: string, { text: source }: { text: string }) => ({
      status: "translated",
      engine: "openai",
      text: translated(source),
    }),
  };
  const result = {
    ...{
      files,
      rows: rows as unknown as OwnRows,
      before: { has: () => false },
      rejected: new Map(),
      stopped: undefined,
    },
  };
  return writeFiles({
    ...{ result, broken, lockFile: "lock", engines: ["openai"], force: false, prune: false },
    ...{ configured: undefined, cwd: folder },
  });
}

async function problems(file: string) {
  const report = await checkFiles({
    targets: [{ source: `en.${file}`, path: `fr.${file}`, locale: "fr" }],
    ...{
      lockFile: "lock",
      sourceLocale: "en",
      cwd: folder,
      configured: undefined,
      allowed: new Set(),
      warn: () => undefined,
    },
  });
  return report.problems.filter(({ severity }) => severity === "error");
}

describe.each(PAGES)("$file", (page) => {
  const { file } = page;

  test("a run puts a target right at once, and a second one changes nothing", { timeout: 600_000 }, async () => {
    const property = fc.asyncProperty(steps, async ({ begin, steps: all }) => {
      await Promise.all([`fr.${file}`, "lock"].map((name) => rm(name, { force: true })));
      const source = [...begin];
      const persons = new Set<string>();
      let count = 0;
      const settle = async () => {
        await writeFile(`en.${file}`, page.print(source));
        const before = await readFile(`fr.${file}`, "utf8").catch(() => "");
        const report = await run(file);
        const after = await readFile(`fr.${file}`, "utf8");
        const told = `${JSON.stringify(report.broken)}\n=== source\n${page.print(source)}\n=== before\n${before}\n=== after\n${after}`;
        expect(report.broken, told).toEqual([]);
        for (const each of persons) expect(after, told).toContain(each);
        const lock = await readFile("lock", "utf8");
        const second = await run(file);
        const again = await readFile(`fr.${file}`, "utf8");
        expect(again, `${told}\n=== again\n${again}`).toBe(after);
        expect(second.written).toEqual([]);
        expect(await readFile("lock", "utf8"), told).toBe(lock);
        expect(await problems(file), told).toEqual([]);
        // Without an edit of a person, the target is the source in the other language. A page of HTML keeps its order.
        if (count === 0 && file !== "page.html")
          expect(after, told).toBe(page.join(page.parts(page.print(source)).map(frenchOf)));
      };
      await settle();
      for (const edits of all) {
        for (const each of edits) {
          if (each.side === "source") {
            if (each.act === "insert") source.splice(each.at % (source.length + 1), 0, each.block);
            else if (source.length < 2) continue;
            else if (each.act === "replace") source[each.at % source.length] = each.block;
            else {
              const [moved] = source.splice(each.at % source.length, 1);
              if (each.act === "move" && moved !== undefined) source.splice(each.to % (source.length + 1), 0, moved);
            }
            continue;
          }
          const parts = page.parts(await readFile(`fr.${file}`, "utf8"));
          const place = each.at % parts.length;
          const [part = ""] = parts.splice(place, 1);
          count += 1;
          if (each.act === "move") parts.splice(each.to % (parts.length + 1), 0, part);
          else {
            const own = `person ${count} x`;
            const old = /fr (?:OK|\w+ text)|person \d+ x/.exec(part)?.[0];
            if (old !== undefined) {
              persons.delete(old);
              persons.add(own);
            }
            parts.splice(place, 0, old === undefined ? part : part.replace(old, own));
          }
          await writeFile(`fr.${file}`, page.join(parts));
        }
        await settle();
      }
    });
    await fc.assert(property, {
      ...{ numRuns: Number(runs), endOnFailure: process.env.TH_TEST_SHRINK === undefined },
      ...(seed !== undefined && { seed: Number(seed) }),
      ...(path !== undefined && { path }),
    });
  });
});

function frenchOf(part: string): string {
  return part.replace(/(?:OK|\w+ text|item|other)/g, (words) => translated(words));
}
