/** A generated catalog file in pieces: the stretches that are values, with the text that each stands for, and all else. */
import fc from "fast-check";

/** A value as the file writes it, and as programs read it. */
export interface Literal {
  readonly literal: string;
  readonly value: string;
}

export type Piece = string | Literal;

export interface WrittenFile {
  readonly pieces: readonly Piece[];
  readonly encoding: Encoding;
}

export type Encoding = "utf8" | "utf8-bom" | "utf16le" | "utf16be" | "latin1";

export interface FileKind {
  readonly name: string;
  readonly format: string;
  readonly file: string;
  readonly locale?: string;
  readonly files: fc.Arbitrary<WrittenFile>;
}

export type Pieces = fc.Arbitrary<readonly Piece[]>;

export function encoded(text: string, encoding: Encoding): Buffer {
  if (encoding === "latin1") return Buffer.from(text, "latin1");
  if (encoding === "utf8") return Buffer.from(text);
  if (encoding === "utf8-bom") return Buffer.from(`\uFEFF${text}`);
  const bytes = Buffer.from(`\uFEFF${text}`, "utf16le");
  return encoding === "utf16le" ? bytes : bytes.swap16();
}

export const textOf = (pieces: readonly Piece[]): string =>
  pieces.map((piece) => (typeof piece === "string" ? piece : piece.literal)).join("");

/** Pieces one after the other. */
export function joined(...parts: (string | fc.Arbitrary<Piece | readonly Piece[]>)[]): Pieces {
  const given = parts.map((part) => (typeof part === "string" ? fc.constant([part]) : part));
  return fc.tuple(...given).map((all) => all.flat() as Piece[]);
}

/** Any of them. */
export const any = (...spellings: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...spellings);

const WORDS = ["Save", "Pay now", "Zażółć", "日本語", "مرحبا", "Größe 12", "l’été", "👩‍👩‍👧 family", "a – b"];

type Atom = readonly [value: string, literal: string];

export interface Texts {
  /** Characters that the notation spells in a way of its own. */
  readonly atoms?: readonly Atom[] | undefined;
  /** A word as the notation spells it. Default: as it is. */
  readonly spelled?: ((word: string) => string) | undefined;
  readonly words?: readonly string[] | undefined;
  readonly open?: string | undefined;
  readonly close?: string | undefined;
}

/** A text that begins and ends with a word. */
export function text({ atoms = [], spelled = (word) => word, words = WORDS, open = "", close = "" }: Texts = {}) {
  const word = fc.constantFrom(...words).map((each): Atom => [each, spelled(each)]);
  const inner = atoms.length === 0 ? word : fc.oneof(word, fc.constantFrom(...atoms));
  return fc
    .tuple(word, fc.array(fc.oneof(inner, fc.constant<Atom>([" ", " "])), { maxLength: 5 }), word)
    .map(([first, middle, last]): Literal => {
      const all: readonly Atom[] = [
        first,
        ...middle.filter((atom, at) => atom[0] !== " " || middle[at - 1]?.[0] !== " "),
        last,
      ];
      return {
        value: all.map(([value]) => value).join(""),
        literal: open + all.map(([, literal]) => literal).join("") + close,
      };
    });
}

/** As many of the parts as one likes, each made for its number: keys are then different. */
export function several(of: (at: number) => Pieces, { min = 1, max = 5 } = {}): Pieces {
  return fc.nat({ max: max - min }).chain((more) => {
    const parts = Array.from({ length: min + more }, (_, at) => of(at));
    return fc.tuple(...parts).map((all) => all.flat());
  });
}

/** The file with one of the line ends; those inside of values are left as they are. */
export function withLineEnds(
  pieces: Pieces,
  {
    encodings = ["utf8", "utf8-bom"],
    lineEnds = ["\n", "\r\n"],
  }: { encodings?: readonly Encoding[]; lineEnds?: readonly string[] } = {},
): fc.Arbitrary<WrittenFile> {
  return fc
    .tuple(pieces, fc.constantFrom(...lineEnds), fc.constantFrom(...encodings), fc.boolean())
    .map(([all, lineEnd, encoding, hasLastLineEnd]) => {
      const ended = all.map((piece): Piece => {
        if (typeof piece === "string") return piece.replaceAll("\n", lineEnd);
        return { ...piece, literal: piece.literal.replaceAll("\n", lineEnd) };
      });
      const last = ended.at(-1);
      if (!hasLastLineEnd && typeof last === "string") ended[ended.length - 1] = last.replace(/(?:\r\n|\r|\n)$/, "");
      return { pieces: ended, encoding };
    });
}
