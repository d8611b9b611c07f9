/**
 * Prints Unicode's letters (\p{L}) as a bracket expression for PostgreSQL, for `migrations/functions/rules/has_letter.sql`:
 *
 *   node scripts/generate-letter-ranges.ts
 *
 * PostgreSQL's own [[:alpha:]] depends on the database's locale, and in locale C knows ASCII only. Ranges are joined
 * across code points that are not assigned yet: no text holds one today, and a later character between letters is most
 * often a letter too.
 */
const LAST = 0x10ffff;

const ranges: [number, number][] = [];
let onlyUnassignedSince = false;
for (let code = 0; code <= LAST; code++) {
  const character = String.fromCodePoint(code);
  if (/\p{Cn}/u.test(character)) continue;
  const last = ranges.at(-1);
  if (!/\p{L}/u.test(character)) onlyUnassignedSince = false;
  else if (onlyUnassignedSince && last !== undefined) last[1] = code;
  else {
    ranges.push([code, code]);
    onlyUnassignedSince = true;
  }
}

const escaped = (code: number) =>
  code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
const parts = ranges.map(([from, to]) => (from === to ? escaped(from) : `${escaped(from)}-${escaped(to)}`));

let line = "";
const lines: string[] = [];
for (const part of parts) {
  if (line.length + part.length > 112) {
    lines.push(line);
    line = "";
  }
  line += part;
}
process.stdout.write(["[", ...lines, line, "]"].map((text) => `  '${text}'\n`).join(""));
process.stderr.write(`${ranges.length} ranges, Unicode ${process.versions.unicode}\n`);
