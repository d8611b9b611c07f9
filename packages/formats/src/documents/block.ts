/** A document as a row of blocks: texts, and what stands between them as it is. */
import { hash } from "node:crypto";
import type { CatalogDocument, CatalogSyntax, Span } from "../contract.ts";

/** One text of a document, or one stretch that stands in every language as it is. `start` and `end` are those of its literal. */
export interface Block extends Span {
  /** The kind of block, such as `h2` or `p`. Only blocks of one kind can be each other's translation. */
  readonly kind: string;
  /** Without escapes and without what the containers put before each line. */
  readonly value: string;
  readonly isVerbatim: boolean;
  /** The index of its section. */
  readonly section: number;
  /** The innermost element around the text. Default: the format has none. */
  readonly holder?: Holder | undefined;
  /** Facts about the literal that the format needs to write it again. */
  readonly prefixes?: readonly string[] | undefined;
  readonly prefix?: string | undefined;
}

/** An element around a text. */
export interface Holder {
  readonly name: string;
  /** With its tags. Undefined: one of them does not stand in the file, or it is the page, its head or its body. */
  readonly span: Span | undefined;
  readonly parent: Holder | undefined;
}

/** The keyed texts at the beginning of a document. */
export interface FrontMatter extends Span {
  /** The stretch as a file of its own. */
  readonly document: CatalogDocument;
  /** The text of the document as it stands in this one. */
  unwrapped(text: string): string;
  readonly ids: ReadonlySet<string>;
}

export interface ParsedDocument {
  /** In the order of the text. */
  readonly blocks: readonly Block[];
  /** The stretches that are added, removed and moved as a whole: apart, and in order. Each block is in one. */
  readonly sections: readonly Span[];
  readonly front?: FrontMatter | undefined;
  /** The stretch by which the document says its locale. */
  readonly locale?: (Span & { readonly value: string }) | undefined;
}

export interface DocumentSyntax {
  readonly syntax: CatalogSyntax;
  /** @throws {CatalogError} The text is no such document. */
  parse(text: string, file: string): ParsedDocument;
  /** A value as it stands in the place of a block. Undefined: it would change the structure of the document. */
  literal(value: string, block: Block, lineEnd: string): string | undefined;
}

/** The ids of blocks: kind and text, and a number where a text repeats. No neighbour has a part in them. */
export function idsOfBlocks(blocks: readonly Pick<Block, "kind" | "value">[]): string[] {
  const counts = new Map<string, number>();
  return blocks.map((block) => {
    const id = idOfBlock(block);
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    return count === 1 ? id : `${id}#${count}`;
  });
}

function idOfBlock({ kind, value }: Pick<Block, "kind" | "value">): string {
  return `${kind}:${hash("sha256", value, "hex").slice(0, 16)}`;
}

/** An id without the number of its repetition: the same for equal texts. */
export function textIdOf(id: string): string {
  return id.replace(/#\d+$/, "");
}
