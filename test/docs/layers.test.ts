/** The pictures of packages and layers in docs/architecture.md show the imports that the code has, all of them and no other. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/architecture.md"), "utf8");

/** Every specifier in a file, of static and dynamic imports alike. */
const IMPORT = /\b(?:from|import)\s*\(?\s*"([^"]+)"/g;

interface Import {
  /** From the top of the repository. */
  file: string;
  specifier: string;
}

function imports(pattern: string): Import[] {
  return globSync(pattern, { cwd: root })
    .filter((file) => !file.endsWith(".test.ts"))
    .flatMap((file) =>
      [...readFileSync(join(root, file), "utf8").matchAll(IMPORT)].map(([, specifier = ""]) => ({ file, specifier })),
    );
}

function arrows(found: Iterable<readonly [string, string] | undefined>): string[] {
  const drawn = [...found].filter((arrow) => arrow !== undefined && arrow[0] !== arrow[1]);
  return [...new Set(drawn.map((arrow) => arrow?.join(" --> ") ?? ""))].sort();
}

/** The arrows of the first diagram below a heading. */
function drawnBelow(heading: string): string[] {
  const [, section = ""] = page.split(`\n${heading}\n`);
  const [, diagram = ""] = /```mermaid\n([\s\S]*?)```/.exec(section) ?? [];
  return arrows([...diagram.matchAll(/^\s*([\w-]+) --> ([\w-]+)$/gm)].map(([, from = "", to = ""]) => [from, to]));
}

describe("docs/architecture.md draws", () => {
  test("the packages and their dependencies as they are", () => {
    const found = imports("packages/*/src/**/*.ts").map(({ file, specifier }) => {
      const [, from = ""] = file.split("/");
      const [, to] = /^@trans-hub\/([\w-]+)/.exec(specifier) ?? [];
      return from === "test-support" || to === undefined ? undefined : ([from, to] as const);
    });
    expect(drawnBelow("## The packages")).toEqual(arrows(found));
  });

  test("the layers of core and their dependencies as they are", () => {
    const core = "packages/core/src";
    const layerOf = (file: string) => /^packages\/core\/src\/([\w-]+)\//.exec(file)?.[1];
    const found = imports(`${core}/**/*.ts`).map(({ file, specifier }) => {
      const from = layerOf(file);
      const to = specifier.startsWith(".") ? layerOf(normalize(join(dirname(file), specifier))) : undefined;
      return from === undefined || to === undefined ? undefined : ([from, to] as const);
    });
    expect(drawnBelow("## The layers of core")).toEqual(arrows(found));
  });
});

test("no two folders of core depend on each other, directly or through others", () => {
  const found = imports("packages/core/src/*/**/*.ts").flatMap(({ file, specifier }) =>
    specifier.startsWith(".") ? [[dirname(file), dirname(normalize(join(dirname(file), specifier)))] as const] : [],
  );
  const next = new Map<string, Set<string>>();
  for (const [from, to] of found) if (from !== to) next.set(from, (next.get(from) ?? new Set()).add(to));
  const reached = (from: string, seen = new Set<string>()): Set<string> => {
    for (const to of next.get(from) ?? []) if (!seen.has(to)) reached(to, seen.add(to));
    return seen;
  };
  expect(next.size).toBeGreaterThan(10);
  expect([...next.keys()].filter((folder) => reached(folder).has(folder))).toEqual([]);
});
