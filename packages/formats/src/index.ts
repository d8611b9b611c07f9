/** Catalog files: read into units, and written without a byte changed outside the values. */
export type {
  AskedForm,
  CatalogDocument,
  CatalogSyntax,
  Change,
  Format,
  KnownValues,
  PluralValue,
  ReadOptions,
  RefusedChange,
  Span,
  Unit,
  UnitState,
  Value,
  WriteOptions,
  WrittenDocument,
} from "./contract.ts";
export {
  DOCUMENT_EXTENSIONS,
  EXTENSIONS,
  FORMAT_NAMES,
  formatNamed,
  formatOf,
  MULTI_LOCALE_EXTENSIONS,
} from "./formats.ts";
export { type JsonFile, type JsonNode, readJsonFile, textOf } from "./json/json-file.ts";
