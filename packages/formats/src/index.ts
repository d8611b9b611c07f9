/** Catalog files: read into units, and written without a byte changed outside the values. */
export type {
  CatalogDocument,
  Change,
  Format,
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
export { EXTENSIONS, FORMAT_NAMES, formatNamed, formatOf } from "./formats.ts";
