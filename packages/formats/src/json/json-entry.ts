import type { CatalogSyntax, Unit } from "../contract.ts";
import type { JsonFamily } from "./families.ts";
import type { JsonFile, JsonNode } from "./json-file.ts";
import type { Layout, Leaf } from "./layouts.ts";

/** A unit with its place in the file. */
export interface JsonEntry {
  readonly unit: Unit;
  /** Of a family, the first of its forms. */
  readonly leaf: Leaf;
  readonly family?: JsonFamily | undefined;
}

export interface JsonDocumentFacts {
  readonly file: JsonFile;
  readonly layout: Layout;
  /** The container of all texts: the root, or the member that is named by the locale. */
  readonly base: JsonNode;
  /** The place of the file's own statement of its locale: a root key, or the text of `@@locale`. */
  readonly localeAt: { readonly node: JsonNode; readonly isKey: boolean } | undefined;
  readonly locale: string | undefined;
  readonly syntax: CatalogSyntax | undefined;
  readonly entries: readonly JsonEntry[];
}

/** The texts of a JSON file, by id and by place. */
export interface JsonTexts {
  readonly facts: JsonDocumentFacts;
  entry(id: string): JsonEntry | undefined;
  /** The entry whose value, or one of whose forms, is this node. */
  entryAt(node: JsonNode): JsonEntry | undefined;
}
