/**
 * Every link between the documentation's pages leads to an existing file, and to an existing heading if it names one.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

function pages(): string[] {
  const top = readdirSync(root).filter((file) => file.endsWith(".md"));
  const below = [".changeset", ".github", "docs", "examples"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".md") && !file.includes("node_modules"))
      .map((file) => join(folder, file)),
  );
  return [...top, ...below].map((file) => join(root, file));
}

/** Named like GitHub's headings, because the links are read there. */
function anchors(page: string): Set<string> {
  const text = readFileSync(page, "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
  return new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

test("every relative link leads to a file, and to a heading there", () => {
  const broken: string[] = [];
  for (const page of pages()) {
    for (const [, target = ""] of readFileSync(page, "utf8").matchAll(/\]\(([^()\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : resolve(dirname(page), path);
      const isBroken = !existsSync(file) || (anchor !== undefined && !anchors(file).has(anchor));
      if (isBroken) broken.push(`${relative(root, page)}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

test("the list of decisions has each page once, in order", () => {
  const folder = join(root, "docs/adr");
  const list = readFileSync(join(folder, "README.md"), "utf8");
  const listed = [...list.matchAll(/^\| \[\d{4}\]\(([^()]+)\)/gm)].map(([, file]) => file);
  expect(listed).toEqual(
    readdirSync(folder)
      .filter((file) => file !== "README.md")
      .sort(),
  );
});

test("a page that is ordered by question links to each of its questions", () => {
  for (const name of ["docs/operations.md", "docs/deploy.md"]) {
    const page = join(root, name);
    const text = readFileSync(page, "utf8");
    const [, list = ""] = /^This page is ordered by question[\s\S]*?\n\n((?:[- ].*\n)+)/m.exec(text) ?? [];
    const missing = [...anchors(page)].slice(1).filter((anchor) => !list.includes(`(#${anchor})`));
    expect(missing, name).toEqual([]);
  }
});

test("every file of this repository that a page names exists", () => {
  const missing: string[] = [];
  for (const page of pages()) {
    const text = readFileSync(page, "utf8");
    for (const [, path = ""] of text.matchAll(/`((?:packages|migrations|docs|scripts|test|deploy)\/[\w./-]+)`/g)) {
      if (!existsSync(join(root, path))) missing.push(`${relative(root, page)}: ${path}`);
    }
  }
  expect(missing).toEqual([]);
});
