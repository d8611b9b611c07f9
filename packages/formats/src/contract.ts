/**
 * The contract of a catalog format: a file is read into units, and written by changes to them.
 *
 * No format prints a file anew. A parser gives positions, and {@link spliced} puts values into the text that was read:
 * byte order mark, encoding, line ends, quotes, escapes, folding, comments and order stay because they are never touched.
 */
import type { GettextPlurals, TextFormat } from "@trans-hub/core/engine";

/** A stretch of the decoded text, in UTF-16 units, `end` excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A text, or a family of plural forms. Without escapes of the file: `l'été` and not `l\'été`. */
export type Value = string | PluralValue;

export interface PluralValue {
  /** The argument that is counted, where the notation names it (`count`). */
  readonly argument?: string | undefined;
  /**
   * The forms, by plural category of CLDR (`one`) or exact number (`=0`), in the order of the file. Of a value in a document
   * that has {@link CatalogDocument.plurals}, by index (`0`).
   */
  readonly forms: ReadonlyMap<string, string>;
}

/** The state of a translation, as the file says it. A format without states has `translated` alone. */
export type UnitState = "new" | "needs-review" | "translated" | "approved";

/** One text of a file, with the facts that belong to it. */
export interface Unit {
  /**
   * The path of keys or the like, of any length. It depends on nothing else in the file, so it stays when neighbours come
   * and go.
   */
  readonly id: string;
  /** The value in the locale that was read; undefined: the file has none. In a file of one locale, its only value. */
  readonly value: Value | undefined;
  /** The source text beside the value. Only files that hold both have it. */
  readonly source?: Value | undefined;
  /** Remarks to translators: a hint, and no part of the text's identity. */
  readonly note?: string | undefined;
  /** What tells this text from an equal one with another meaning (`msgctxt`): part of the identity. */
  readonly context?: string | undefined;
  /** The most characters of a value, where the file says so. */
  readonly maxLength?: number | undefined;
  /** The syntax of the values, for the engine and the checks. */
  readonly syntax: TextFormat;
  /** False where the file says that the text is not to be translated. Such a unit is copied. */
  readonly translate: boolean;
  readonly state: UnitState;
  /** The place of the value or, without one, of the unit. Counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** What {@link CatalogDocument.write} is to do with one unit. */
export type Change =
  /** Gives a unit of the document a value. The categories of a family become exactly those of the value. */
  | { readonly kind: "set"; readonly id: string; readonly value: Value; readonly state?: UnitState | undefined }
  /**
   * Adds a unit of another document of the same format, its source. It goes behind the unit `after`, which may be one
   * that the same call adds; undefined: to the front.
   */
  | {
      readonly kind: "add";
      readonly id: string;
      readonly value: Value;
      readonly state?: UnitState | undefined;
      readonly from: CatalogDocument;
      readonly after: string | undefined;
    }
  | { readonly kind: "remove"; readonly id: string };

export interface WriteOptions {
  /**
   * The locale of the written file, where the file itself says one: root key, `@@locale`, `Language`, `target-language`;
   * `Plural-Forms` follows it. Default: it stays.
   */
  readonly locale?: string | undefined;
}

/** A change that the format cannot express. The file stays as it was at this place. */
export interface RefusedChange {
  readonly id: string;
  /** One clause, without a word of the value. */
  readonly reason: string;
}

export interface WrittenDocument {
  readonly bytes: Uint8Array;
  readonly refused: readonly RefusedChange[];
}

export interface CatalogDocument {
  /** The locale that the file says it is in (or, in a file of several, the one that was read). */
  readonly locale: string | undefined;
  /** The rule by which the file counts its plural forms. Undefined: the categories of CLDR. */
  readonly plurals?: GettextPlurals | undefined;
  /** The rule by which a new file in a locale will count. Left out: the categories of CLDR. */
  pluralsFor?(locale: string): GettextPlurals | undefined;
  /** Whether each unit holds its source text beside its value. */
  readonly isBilingual: boolean;
  /** Whether a new target file takes over the texts that are not to be translated. */
  readonly keepsUntranslatable: boolean;
  /** In file order. */
  readonly units: readonly Unit[];
  /** The bytes that were read, with the changes in place. Without changes and options, the same bytes. */
  write(changes: readonly Change[], options?: WriteOptions): WrittenDocument;
}

export interface ReadOptions {
  /** The file's name, for messages. */
  readonly file: string;
  /** In a file of several locales, the locale whose values are read and written. Default: the source's. */
  readonly locale?: string | undefined;
  /** The syntax of the values, where the format leaves it open. Default: detected once a file. */
  readonly syntax?: TextFormat | undefined;
}

export interface Format {
  /** Lower-case letters and `-`, such as `android-xml`. */
  readonly name: string;
  /** `one-locale`: a file a locale. `bilingual`: source and target in each file. `multi-locale`: one file holds all. */
  readonly layout: "one-locale" | "bilingual" | "multi-locale";
  /**
   * @throws {CatalogError} The file is not of this format, with line and column and never a text of it.
   */
  read(bytes: Uint8Array, options: ReadOptions): CatalogDocument;
}
