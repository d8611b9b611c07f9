/** A catalog file as `translate` sees it, in any format. */
import type { PluralForm, TextFormat, translationCheckOf } from "@trans-hub/core/engine";
import type { CatalogSyntax, KnownValues } from "@trans-hub/formats";

export interface CatalogMessage {
  /** Unique in the file, and the same while neighbours come and go. */
  key: string;
  /** Never empty: an empty string is not a message. */
  text: string;
  /** Line of the text in the file, counted from 1. */
  line: number;
  column: number;
  /** Present where the text is one form of a plural family of the target. */
  form?: PluralForm | undefined;
  /**
   * The source's form of the same plural category, where the text is another one. A form that stands for more numbers in its
   * language than in the source's is made from the source's `other`, and a person may still follow its `one`.
   */
  sameForm?: string | undefined;
  /** The key of the form whose translation this form takes, where the language uses one for both: both have one row. */
  sharesWith?: string | undefined;
  /** Declared for the text; undefined: detection finds it. */
  format?: TextFormat | undefined;
  /** The mark by which the text differs from an equal one with another meaning (`msgctxt`): part of its identity. */
  msgctxt?: string | undefined;
  /** The file's remark to translators: a hint, and no part of the identity. */
  note?: string | undefined;
  /** The most characters of a value, where the file says so: a hint too. */
  maxLength?: number | undefined;
  /** The key, of a text that shares its translation with no other key: part of its identity. */
  distinct?: string | undefined;
  /** Present where the text is several texts in one, each of which is translated by itself. */
  parts?: MessageParts | undefined;
  /** The array that holds the text: its key begins so. Default: none. */
  group?: string | undefined;
  /** Whether the text stands in every language as it is. Default: false. */
  isVerbatim?: boolean | undefined;
  /** Default: read anew for each target. */
  facts?: TextFacts | undefined;
}

/** Facts about a source text that are read once and serve each of its targets. */
export interface TextFacts {
  /** The text that they are about: a copy of a message may have another one. */
  readonly text: string;
  /** See `sourceHash` in lock-file.ts. */
  hash?: string;
  check?: ReturnType<typeof translationCheckOf>;
}

/** Counted from 1. */
export interface Place {
  line: number;
  column: number;
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
  /** The places of the values that the file has, by key. */
  places: Pick<ReadonlyMap<string, Place>, "get">;
  /** The file as it was read. */
  bytes: Uint8Array;
  /** The syntax of the texts, as it was said or detected in the file. Undefined: the format implies it. */
  syntax?: CatalogSyntax | undefined;
  /** Whether a file holds one locale, a source and one target, or all. Default: `one-locale`. */
  layout?: CatalogLayout | undefined;
  /** The locale that the file says it is in. Default: it says none. */
  locale?: string | undefined;
  /** Of a file that holds all locales: which ones, as BCP 47. */
  locales?: readonly string[] | undefined;
  /** Of values that the lock has under an earlier key, that key. Default: each has its own. */
  formerKeys?: ReadonlyMap<string, string> | undefined;
  /** The values that a person has still to look at, by key. They are not among `texts`. Default: none. */
  unreviewed?: ReadonlyMap<string, string> | undefined;
}

export type CatalogLayout = "one-locale" | "bilingual" | "multi-locale";

/** Facts about a file that the command knows before it is read. */
export interface ReadCatalogOptions {
  /** The name of its format. Default: by the file's name and content. */
  format?: string | undefined;
  /** The syntax of its texts. Default: detected once a file. */
  syntax?: CatalogSyntax | undefined;
  /** The locale of its values. In a file of several locales, the one to read. Default: the source's, or unknown. */
  locale?: string | undefined;
  /** The locale of the source texts, where the file does not say it. Default: not known. */
  sourceLocale?: string | undefined;
  /** The source of a target: the target is read in its format and its syntax. */
  like?: Catalog | undefined;
  /** Of a target, the values that the lock has. Default: none. */
  known?: KnownValues | undefined;
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
  /** Values of texts that the source has no more, by the key that each of them has from now on. Default: they keep their keys. */
  displaced?: ReadonlyMap<string, string> | undefined;
  /** Keys whose value is written as one that a person has still to look at. Default: none. */
  unreviewed?: ReadonlySet<string> | undefined;
}

/** A format. A catalog is written by the format that read it, and by no other. */
export interface CatalogFormat {
  extensions: readonly string[];
  /** Undefined when there is no such file. */
  read(file: string, options?: ReadCatalogOptions): Promise<Catalog | undefined>;
  parse(file: string, bytes: Uint8Array, options?: ReadCatalogOptions): Promise<Catalog>;
  format(source: Catalog, values: ReadonlyMap<string, string>, options: FormatOptions): FormattedFile;
  /** The source with the plural forms of the target locale in the place of its own, and the syntax of its texts. */
  shapedFor(source: Catalog, locales: Locales, existing: Catalog | undefined): Catalog;
  /** Keys of a target file's plural forms whose family the source has no more. */
  orphanedKeys(existing: Catalog | undefined, source: Catalog, isLocked: (key: string) => boolean): ReadonlySet<string>;
}
