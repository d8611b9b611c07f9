/** The entries that a PO file keeps behind `#~`: texts that the program has no more. */
import type { Span } from "../contract.ts";
import { fromLiterals } from "./literal.ts";

/** From its first comment to the line end behind its last line. */
export interface ObsoleteEntry extends Span {
  /** As of a live entry: `msgctxt` and `msgid`, joined by U+0004. */
  readonly id: string;
}

const LINE = /([^\r\n]*)(?:\r\n|\n|\r|$)/y;
const BODY = /^[ \t]*#~(?!\|)[ \t]*(?:(msgctxt|msgid_plural|msgid|msgstr)(?:\[[0-9]+\])?[ \t]*)?(".*)$/;
const COMMENT = /^[ \t]*#/;

export function* obsoleteEntries(text: string): Generator<ObsoleteEntry> {
  let start: number | undefined;
  let fields = new Map<string, string>();
  let current = "";
  for (let at = 0; at <= text.length; ) {
    LINE.lastIndex = at;
    const [, line = ""] = LINE.exec(text) ?? [];
    const [, keyword, literal = ""] = BODY.exec(line) ?? [];
    const begins = literal === "" || keyword === "msgctxt" || keyword === "msgid";
    if (start !== undefined && begins && fields.has("msgstr")) {
      yield { id: idOf(fields), start, end: at };
      start = undefined;
      fields = new Map();
    }
    if (literal !== "" || COMMENT.test(line)) start ??= at;
    else {
      start = undefined;
      fields = new Map();
    }
    if (literal !== "") {
      current = keyword ?? current;
      fields.set(current, (fields.get(current) ?? "") + literal);
    }
    if (at === text.length) break;
    at = LINE.lastIndex;
  }
}

function idOf(fields: ReadonlyMap<string, string>): string {
  const id = fromLiterals(fields.get("msgid") ?? "");
  const context = fields.get("msgctxt");
  return context === undefined ? id : `${fromLiterals(context)}\u0004${id}`;
}
