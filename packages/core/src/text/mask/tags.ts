/**
 * The mask of tags: `<x id="1"/>` for a part, `<g id="2">…</g>` for parts around words, all else escaped as in XML. The
 * source cannot hold such a token, because its own angle brackets are escaped.
 */
import type { Chunk, Literals } from "./literal.ts";
import type { Masked } from "./masked.ts";
import { type Piece, piecesOf } from "./pairs.ts";
import type { Parted } from "./parts.ts";

const TOKEN = /<\s*(\/\s*)?([xg])(?=[\s/>])([^<>]*)>/gi;
const ID = /(?:^|\s)id\s*=\s*["'“”„«»\u00a0]*\s*([0-9]{1,7})(?![0-9])/i;
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };
const ENTITY = /&(?:#([0-9]{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));/gi;

/** @param first The number of the first token. */
export function maskWithTags(parted: Parted, literals: Literals, first: number): Masked {
  const pieces = piecesOf(parted);
  const ofId = new Map(pieces.filter(({ kind }) => kind !== "close").map((piece, at) => [piece.id, at + first]));
  const byNumber = new Map<string, { piece: Piece; closing: Piece | undefined }>();
  const closings = new Map(pieces.filter(({ kind }) => kind === "close").map((piece) => [piece.id, piece]));
  let masked = "";
  let at = 0;
  for (const piece of pieces) {
    masked += escaped(literals.shown(parted.text.slice(at, piece.start)));
    const number = ofId.get(piece.id) ?? 0;
    if (piece.kind !== "close") byNumber.set(`${number}`, { piece, closing: closings.get(piece.id) });
    masked += piece.kind === "void" ? `<x id="${number}"/>` : piece.kind === "open" ? `<g id="${number}">` : "</g>";
    at = piece.end;
  }
  masked += escaped(literals.shown(parted.text.slice(at)));

  return {
    text: masked,
    unmask(answer) {
      const found = read(answer, byNumber);
      if (found === undefined || found.pieces.length !== pieces.length) return undefined;
      if (parted.isOrdered && found.pieces.some((piece, position) => piece !== pieces[position])) return undefined;
      return literals.print(
        found.chunks.map((chunk) =>
          "words" in chunk ? chunk : { part: parted.text.slice(chunk.piece.start, chunk.piece.end) },
        ) satisfies Chunk[],
      );
    },
  };
}

interface Found {
  chunks: ({ words: string } | { piece: Piece })[];
  pieces: Piece[];
}

/** Undefined: a token is unknown, doubled, or does not nest. */
function read(
  answer: string,
  byNumber: ReadonlyMap<string, { piece: Piece; closing: Piece | undefined }>,
): Found | undefined {
  const chunks: Found["chunks"] = [];
  const pieces: Piece[] = [];
  const seen = new Set<Piece>();
  const open: (Piece | undefined)[] = [];
  let openVoids = 0;
  const words = (text: string): boolean => {
    if (text === "") return true;
    const plain = unescaped(text);
    chunks.push({ words: plain });
    // A token that an engine escaped once more.
    return plain === text || !plain.match(TOKEN)?.some((token) => ID.test(token));
  };
  const take = (piece: Piece): boolean => {
    if (seen.has(piece)) return false;
    seen.add(piece);
    pieces.push(piece);
    chunks.push({ piece });
    return true;
  };

  let at = 0;
  for (const match of answer.matchAll(TOKEN)) {
    if (!words(answer.slice(at, match.index))) return undefined;
    at = match.index + match[0].length;
    const [, closes, name = "", attributes = ""] = match;
    const isVoid = name.toLowerCase() === "x";
    if (closes !== undefined) {
      if (isVoid) {
        // Engines that read HTML write <x id="1"/> as <x id="1"></x>.
        openVoids -= 1;
        if (openVoids < 0) return undefined;
        continue;
      }
      const closing = open.pop();
      if (closing === undefined || !take(closing)) return undefined;
      continue;
    }
    const entry = byNumber.get(ID.exec(attributes)?.[1] ?? "");
    if (entry === undefined || (entry.piece.kind === "void") !== isVoid || !take(entry.piece)) return undefined;
    const isClosed = /\/\s*$/.test(attributes);
    if (isVoid && !isClosed) openVoids += 1;
    if (!isVoid) {
      if (isClosed) return undefined; // an element that lost its words
      open.push(entry.closing);
    }
  }
  if (!words(answer.slice(at)) || open.length > 0) return undefined;
  return { chunks, pieces };
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => ESCAPES[character] ?? character);
}

function unescaped(text: string): string {
  return text.replace(ENTITY, (entity, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED[name.toLowerCase()] ?? entity;
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : entity;
  });
}
