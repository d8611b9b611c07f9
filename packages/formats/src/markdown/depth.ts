import { CatalogError } from "@trans-hub/core/operations";

/** The parser's time grows with the cube of the depth: 100 levels take 0.5 s, 400 take 30 s. */
const MOST_LEVELS = 100;

/** The indentation of a line, the marks of its containers, and the first character of its text. */
const LINE = /^([ \t]*)((?:(?:>|[-+*]|\d{1,9}[.)])[ \t]*)*)([^\r\n]?)/gm;

/** @throws {CatalogError} Lists or block quotes stand in one another more than 100 deep. */
export function refuseDeep(file: string, text: string): void {
  /** The columns of the markers of the open lists. */
  const lists: number[] = [];
  let line = 0;
  for (const [, indent = "", marks = "", rest = ""] of text.matchAll(LINE)) {
    line += 1;
    const levels = marks.match(/[>+*-]|\d+/g)?.length ?? 0;
    if (levels > 0) {
      while ((lists.at(-1) ?? -1) >= indent.length) lists.pop();
      lists.push(indent.length);
    }
    // A row of one character alone is a thematic break.
    if (levels > MOST_LEVELS && (rest !== "" || marks.includes(">"))) throw tooDeep(file, line);
    if (lists.length > MOST_LEVELS) throw tooDeep(file, line);
  }
}

function tooDeep(file: string, line: number): CatalogError {
  return new CatalogError(file, "is nested too deeply", { line });
}
