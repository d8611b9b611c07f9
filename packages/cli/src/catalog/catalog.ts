/** A catalog file as `translate` sees it, whatever its format. */
import type { PluralForm, TextFormat } from "@trans-hub/core/engine";

export interface CatalogMessage {
  /** Unique in the file, and the same while neighbours come and go. */
  key: string;
  /** Never empty: an empty string is not a message. */
  text: string;
  /** Line of the text in the file, counted from 1. */
  line: number;
  column: number;
  /** Present where the text is one form of a plural family of the target: see {@link plural-families.ts}. */
  form?: PluralForm | undefined;
  /** Declared for the text; undefined: detection finds it. */
  format?: TextFormat | undefined;
  /** What tells the text from an equal one with another meaning (`msgctxt`): part of its identity. */
  msgctxt?: string | undefined;
  /** Present where the text is several texts in one, each of which is translated by itself. */
  parts?: MessageParts | undefined;
}

export interface MessageParts {
  rows: readonly { text: string; form: PluralForm }[];
  /** The translation of the text, from those of its parts in their order. */
  join(translations: readonly string[]): string;
}

export interface Catalog {
  file: string;
  /** The texts to translate, in file order. */
  messages: readonly CatalogMessage[];
  /** The values that the file has, by key. */
  texts: ReadonlyMap<string, string>;
  /** The file as it was read. */
  bytes: Uint8Array;
}

/** A target file, ready to be written. */
export interface FormattedFile {
  bytes: Uint8Array;
  /** The keys whose given value is in the file. */
  written: ReadonlySet<string>;
  /** The keys for which the file holds an older value than the given one. */
  stale: ReadonlySet<string>;
}

export interface Locales {
  sourceLocale: string;
  targetLocale: string;
}

export interface FormatOptions {
  /** The target file as it is. Default: there is none. */
  existing?: Catalog | undefined;
  /** Keys whose value in the existing file was written by Trans-Hub: the lock knows them. Default: none. */
  managed?: ReadonlySet<string> | undefined;
  /** The target locale, for files that say their own. */
  locale: string;
}

/** A format; what it reads it alone can write. */
export interface CatalogFormat {
  extensions: readonly string[];
  /** Undefined when there is no such file. */
  read(file: string): Promise<Catalog | undefined>;
  parse(file: string, bytes: Uint8Array): Promise<Catalog>;
  format(source: Catalog, values: ReadonlyMap<string, string>, options: FormatOptions): FormattedFile;
  /** The source with the plural forms of the target locale in the place of its own, and the syntax of its texts. */
  shapedFor(source: Catalog, locales: Locales, existing: Catalog | undefined): Catalog;
  /** Keys of a target file's plural forms whose family the source has no more. */
  orphanedKeys(
    existing: Catalog | undefined,
    source: Catalog,
    targetLocale: string,
    isLocked: (key: string) => boolean,
  ): ReadonlySet<string>;
}
