/** The entries of a PO file with their places. By hand: a line is a comment, a keyword with a literal, or one more literal. */
import { CatalogError } from "@trans-hub/core/operations";
import type { Span } from "../contract.ts";
import type { Places } from "../places.ts";
import { fromLiterals } from "./literal.ts";

/** A keyword's text, and the stretch of its literals, from the first quote to the last. */
export interface Field extends Span {
  readonly text: string;
}

export interface PoEntry {
  /** From the first comment to the line end behind the last literal. */
  readonly start: number;
  readonly end: number;
  /** `#.` remarks of the program's authors. */
  readonly notes: readonly string[];
  /** The `#,` line, without its line end. */
  readonly flags: (Span & { readonly names: readonly string[] }) | undefined;
  /** The `#|` lines with their line ends. */
  readonly previous: readonly Span[];
  readonly context: Field | undefined;
  readonly id: Field;
  readonly idPlural: Field | undefined;
  /** By index; a text without forms has index 0 alone. */
  readonly strings: ReadonlyMap<number, Field>;
}

const LINE = /[^\r\n]*(?:\r\n|\n|\r|$)/y;
const KEYWORD = /^[ \t]*(msgctxt|msgid_plural|msgid|msgstr(?:\[([0-9]{1,2})\])?)[ \t]*(?=")/;
/** A run of plain characters is one step: a choice between kinds for each would need memory for each. */
const LITERALS = /^[ \t]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[ \t]*)+$/;

interface Draft {
  start: number;
  end: number;
  notes: string[];
  flags: PoEntry["flags"];
  previous: Span[];
  fields: Map<string, Span>;
  strings: Map<number, Span>;
}

/** @throws {CatalogError} A line is none of these, or an entry has no `msgid` or no `msgstr`. */
export function* readEntries(file: string, text: string, places: Places): Generator<PoEntry> {
  let draft: Draft | undefined;
  let current: { name: string; index: number | undefined; start: number } | undefined;
  const fault = (problem: string, at: number) => new CatalogError(file, problem, places.at(at));
  const begin = (at: number): Draft => ({
    ...{ start: at, end: at, notes: [], flags: undefined, previous: [] },
    ...{ fields: new Map(), strings: new Map() },
  });
  for (let at = 0; at < text.length; ) {
    LINE.lastIndex = at;
    const line = (LINE.exec(text)?.[0] ?? "").replace(/[\r\n]+$/, "");
    const next = LINE.lastIndex;
    const keyword = KEYWORD.exec(line);
    const isObsolete = /^[ \t]*#~/.test(line);
    const begins = /^[ \t]*#/.test(line) || keyword?.[1] === "msgctxt" || keyword?.[1] === "msgid";
    if (draft !== undefined && draft.strings.size > 0 && (begins || line.trim() === "")) {
      yield entryOf(draft, text, fault);
      draft = undefined;
    }
    if (line.trim() === "" || isObsolete) {
      // The lines before it are a comment of the file.
      if (draft?.fields.size === 0) draft = undefined;
      current = undefined;
    } else if (/^[ \t]*#/.test(line)) {
      draft ??= begin(at);
      takeComment(draft, line.trimStart(), at, next);
    } else if (keyword !== null) {
      draft ??= begin(at);
      const start = at + keyword[0].length;
      if (!LITERALS.test(line.slice(keyword[0].length))) throw fault("has a literal that never ends", start);
      const [, name = "", index] = keyword;
      current = { name, index: name.startsWith("msgstr") ? Number(index ?? 0) : undefined, start };
      take(draft, current, at + line.trimEnd().length, fault);
      draft.end = next;
    } else if (draft !== undefined && current !== undefined && LITERALS.test(line)) {
      take(draft, current, at + line.trimEnd().length);
      draft.end = next;
    } else throw fault("has a line that is no comment, no keyword and no literal", at);
    at = next;
  }
  if (draft !== undefined && draft.fields.size > 0) yield entryOf(draft, text, fault);
}

type Fault = (problem: string, at: number) => CatalogError;

/** @param fault Given with the first literal of a field: a second field of the same name is refused. */
function take(
  { fields, strings }: Draft,
  { name, index, start }: { name: string; index: number | undefined; start: number },
  end: number,
  fault?: Fault,
): void {
  const has = index === undefined ? fields.has(name) : strings.has(index);
  if (fault !== undefined && has) throw fault(`has ${name} twice in one entry`, start);
  const field = { start, end };
  if (index === undefined) fields.set(name, field);
  else strings.set(index, field);
}

function takeComment(draft: Draft, line: string, at: number, next: number): void {
  if (line.startsWith("#.")) draft.notes.push(line.slice(2).trim());
  else if (line.startsWith("#|")) draft.previous.push({ start: at, end: next });
  else if (line.startsWith("#,")) {
    const names = line.slice(2).split(",");
    draft.flags = { start: at, end: at + line.length, names: names.map((name) => name.trim()).filter(Boolean) };
  }
}

/** The texts are read here, once: an entry may have a line for each of 100,000 literals. */
function entryOf({ start, end, notes, flags, previous, fields, strings }: Draft, text: string, fault: Fault): PoEntry {
  const fieldOf = (span: Span): Field => ({ ...span, text: fromLiterals(text.slice(span.start, span.end)) });
  const named = (name: string) => {
    const span = fields.get(name);
    return span && fieldOf(span);
  };
  const id = named("msgid");
  if (id === undefined) throw fault("has an entry without msgid", start);
  if (strings.size === 0) throw fault("has an entry without msgstr", start);
  return {
    ...{ start, end, notes, flags, previous, id },
    strings: new Map([...strings].map(([index, span]) => [index, fieldOf(span)])),
    context: named("msgctxt"),
    idPlural: named("msgid_plural"),
  };
}
