/** Takes the sentences written for people out of a file: its comments, the text of a page, the names of tests. */

/** One stretch of prose, and the line on which it begins, counted from 1. */
export interface Prose {
  kind: ProseKind;
  line: number;
  text: string;
}

export type ProseKind = "comments" | "docs" | "test names";

/** Reads a file by its name's ending; empty for a kind of file that holds no prose. */
export function readProse(path: string, source: string): Prose[] {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name.endsWith(".md")) return readMarkdown(source);
  if (/\.[cm]?[jt]s$/.test(name)) return readTypeScript(source, /\.test\.ts$|conformance/.test(name));
  if (name.endsWith(".sql")) return readSql(source);
  if (/\.(sh|ya?ml|env|conf|service|timer|target)$/.test(name)) return readHashComments(source);
  if (name === "Dockerfile" || source.startsWith("#")) return readHashComments(source);
  return [];
}

/**
 * Comments of TypeScript, and the names given to `test`, `it` and `describe` where the file is one of tests.
 *
 * Knows strings, templates with what is nested in them, and regular expressions, so that none of these is read as a
 * comment. Line comments that follow each other are one stretch: a sentence may run over several.
 */
function readTypeScript(source: string, isTest: boolean): Prose[] {
  const found: Prose[] = [];
  const lineAt = lineCounter(source);
  /** One entry for each template whose `${` is open: the count of braces open inside it. */
  const templates: number[] = [];
  let code = "";
  let at = 0;
  while (at < source.length) {
    const rest = source.slice(at, at + 2);
    const char = source[at] as string;
    if (rest === "//") {
      const end = endOf(source, "\n", at);
      found.push({ kind: "comments", line: lineAt(at), text: source.slice(at + 2, end) });
      at = end;
    } else if (rest === "/*") {
      const end = endOf(source, "*/", at + 2);
      const text = source.slice(at + 2, end).replaceAll(/^[ \t]*\*+/gm, "");
      found.push({ kind: "comments", line: lineAt(at), text });
      at = end + 2;
    } else if (char === '"' || char === "'") {
      const end = endOfQuoted(source, at, char);
      if (isTest && isNameOfTest(code)) {
        found.push({ kind: "test names", line: lineAt(at), text: source.slice(at + 1, end - 1) });
      }
      code = `${code}""`.slice(-80);
      at = end;
    } else if (char === "`" || (char === "}" && templates.at(-1) === 0)) {
      if (char === "}") templates.pop();
      const end = endOfTemplatePart(source, at + 1);
      if (char === "`" && isTest && isNameOfTest(code)) {
        found.push({ kind: "test names", line: lineAt(at), text: source.slice(at + 1, end).replace(/[`$]$/, "") });
      }
      if (source[end] === "$") templates.push(0);
      code = source[end] === "$" ? "(" : `""`;
      at = end + (source[end] === "$" ? 2 : 1);
    } else if (char === "/" && /(^|[=(,;:!&|?{}[+~<>-]|\b(?:return|typeof|case|of|in))\s*$/.test(code)) {
      at = endOfRegex(source, at);
      code = '""';
    } else {
      const last = templates.length - 1;
      if (last >= 0 && char === "{") templates[last] = (templates[last] as number) + 1;
      if (last >= 0 && char === "}") templates[last] = (templates[last] as number) - 1;
      code = (code + char).slice(-80);
      at += 1;
    }
  }
  return joinNeighbours(found);
}

/** `test("…"`, `describe.skipIf(no)("…"`, and `test.for([…])("…"` where a table of cases comes first. */
function isNameOfTest(code: string): boolean {
  return /(?:^|[^.\w])(?:test|it|describe)(?:\.\w+)*(?:<[^>]*>)?\(\s*$/.test(code) || /\)\(\s*$/.test(code);
}

/** Where a quoted string that begins at `from` has ended: behind its closing quote. */
function endOfQuoted(source: string, from: number, quote: string): number {
  let at = from + 1;
  while (at < source.length && source[at] !== quote && source[at] !== "\n") at += source[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** The place of the backtick, or of the `$` of a `${`, that ends this part of a template. */
function endOfTemplatePart(source: string, from: number): number {
  let at = from;
  while (at < source.length && source[at] !== "`" && source.slice(at, at + 2) !== "${") {
    at += source[at] === "\\" ? 2 : 1;
  }
  return at;
}

function endOfRegex(source: string, from: number): number {
  let isInClass = false;
  let at = from + 1;
  for (; at < source.length && source[at] !== "\n"; at += source[at] === "\\" ? 2 : 1) {
    if (source[at] === "[") isInClass = true;
    if (source[at] === "]") isInClass = false;
    if (source[at] === "/" && !isInClass) break;
  }
  return at + 1;
}

/** Comments of SQL. The body of a function between dollar quotes is code like the rest, so its comments count. */
function readSql(source: string): Prose[] {
  const found: Prose[] = [];
  const lineAt = lineCounter(source);
  let at = 0;
  while (at < source.length) {
    const rest = source.slice(at, at + 2);
    const char = source[at];
    if (rest === "--") {
      const end = endOf(source, "\n", at);
      found.push({ kind: "comments", line: lineAt(at), text: source.slice(at + 2, end) });
      at = end;
    } else if (rest === "/*") {
      const end = endOf(source, "*/", at + 2);
      found.push({ kind: "comments", line: lineAt(at), text: source.slice(at + 2, end) });
      at = end + 2;
    } else if (char === "'" || char === '"') {
      at = endOf(source, char, at + 1) + 1;
    } else {
      at += 1;
    }
  }
  return joinNeighbours(found);
}

/** Comments of shell, YAML, systemd, cron and the like: from a `#` (or `;`) that begins a line or follows a space. */
function readHashComments(source: string): Prose[] {
  const found: Prose[] = [];
  for (const [index, line] of source.split("\n").entries()) {
    if (line.startsWith("#!")) continue;
    // Quotes that are closed again hide a "#"; an apostrophe in a comment comes behind the "#" and so hides none.
    const [, text] = /^(?:[^'"#]|"[^"]*"|'[^']*'|(?<=\S)#)*?(?:^|(?<=\s))[#;]+\s(.*)$/.exec(line) ?? [];
    if (text !== undefined) found.push({ kind: "comments", line: index + 1, text });
  }
  return joinNeighbours(found);
}

/** The text of a page: no blocks of code, no code within a line, no addresses of links. */
function readMarkdown(source: string): Prose[] {
  const found: Prose[] = [];
  let fence = "";
  for (const [index, line] of source.split("\n").entries()) {
    const [mark = ""] = /^\s*(```|~~~)/.exec(line) ?? [];
    if (mark !== "") {
      if (fence === "") fence = mark.trim();
      else if (fence === mark.trim()) fence = "";
      continue;
    }
    if (fence !== "" || /^<!--.*-->$/.test(line.trim())) continue;
    // Cells of a table and headings are sentences of their own.
    const text = line
      .replaceAll(/`[^`]*`/g, "CODE")
      .replaceAll(/\]\([^)]*\)/g, "]")
      .replaceAll(/\s\|\s/g, " . ");
    found.push({ kind: "docs", line: index + 1, text: line.startsWith("#") ? `${text}\n` : text });
  }
  return joinNeighbours(found);
}

/** Stretches on lines that follow each other become one, since a sentence may run on. */
function joinNeighbours(found: readonly Prose[]): Prose[] {
  const joined: Prose[] = [];
  for (const each of found) {
    const last = joined.at(-1);
    const isNext = last !== undefined && last.line + last.text.split("\n").length === each.line;
    if (isNext && last.kind === each.kind && each.kind !== "test names") last.text += `\n${each.text}`;
    else joined.push({ ...each });
  }
  return joined;
}

function endOf(source: string, mark: string, from: number): number {
  const at = source.indexOf(mark, from);
  return at === -1 ? source.length : at;
}

/** Counts on from the last place that was asked for, so a whole file is read once. */
function lineCounter(source: string): (at: number) => number {
  let seen = 0;
  let line = 1;
  return (at) => {
    for (; seen < at; seen += 1) if (source[seen] === "\n") line += 1;
    return line;
  };
}
