/**
 * Writes the tables of docs/library.md, each between its two marks, from the docstrings: the methods of a coordinator, its
 * options, and the functions beside it.
 *
 *     node scripts/library-tables.ts
 *
 * test/docs/library.test.ts fails when the page differs from this output.
 */
import { readFileSync, writeFileSync } from "node:fs";

const PAGE = new URL("../docs/library.md", import.meta.url);
const SOURCES = new URL("../packages/core/src/", import.meta.url);

/** Tables by the name of their mark. */
const TABLES: Readonly<Record<string, () => string>> = {
  methods: () => methodTable("coordinator/coordinator.ts"),
  options: () => optionTable("coordinator/options.ts", ["ConnectOptions", "CoordinatorOptions"]),
  item: () => optionTable("contract/item.ts", ["Item"]),
};

/**
 * The page with up-to-date tables.
 *
 * @throws {Error} A mark is missing.
 */
export function withLibraryTables(page: string): string {
  return Object.entries(TABLES).reduce((text, [name, table]) => {
    const begin = `<!-- ${name}: begin -->`;
    const from = text.indexOf(begin);
    const to = text.indexOf(`<!-- ${name}: end -->`);
    if (from === -1 || to < from) throw new Error(`${PAGE.pathname} has no ${begin} … end`);
    return `${text.slice(0, from + begin.length)}\n${table()}\n${text.slice(to)}`;
  }, page);
}

/** The public methods of a class, each with the first paragraph of its docstring. */
function methodTable(file: string): string {
  const source = readFileSync(new URL(file, SOURCES), "utf8");
  const methods = source.matchAll(
    /\n {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}(?:static )?(?:async )?(\*?)([a-z]\w+)\(/g,
  );
  const rows = [...methods].map(([, doc = "", star, name]) => {
    const shown = name === "constructor" ? "new Coordinator" : name;
    return `| \`${shown}\`${star ? " (an async iterable)" : ""} | ${firstParagraph(doc)} |`;
  });
  return ["| method | effect |", "|---|---|", ...rows].join("\n");
}

/** The fields of interfaces, each with its whole docstring. */
function optionTable(file: string, interfaces: readonly string[]): string {
  const source = readFileSync(new URL(file, SOURCES), "utf8");
  const rows = interfaces.flatMap((name) => {
    const body = new RegExp(`export interface ${name} [^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(source)?.[1];
    if (body === undefined) throw new Error(`${file} has no interface ${name}`);
    const fields = body.matchAll(/(?: {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)? {2}(\w+)\??: (.*);/g);
    return [...fields].map(([, doc = "", field]) => `| \`${field}\` | ${oneLine(doc)} |`);
  });
  return ["| name | meaning |", "|---|---|", ...rows].join("\n");
}

function firstParagraph(doc: string): string {
  return oneLine(doc.split(/\n\s*\*\s*\n|\n\s*\* @/)[0] ?? "");
}

/** Links between docstrings become the names that they lead to, as this page has no such places. */
function oneLine(doc: string): string {
  return doc
    .replaceAll(/\n\s*\* ?/g, " ")
    .replaceAll(/\{@link (?:\w+\.)?(\w+)\}/g, "`$1`")
    .replaceAll("|", "\\|")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/^\*+|\s*\*+$/g, "")
    .trim();
}

if (import.meta.main) writeFileSync(PAGE, withLibraryTables(readFileSync(PAGE, "utf8")));
