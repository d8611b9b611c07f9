/**
 * The contract of a catalog format: a file is read into units, and written by changes to them.
 *
 * No format prints a file anew. A parser gives positions, and {@link spliced} puts values into the text that was read:
 * byte order mark, encoding, line ends, quotes, escapes, folding, comments and order stay because they are never touched.
 */
import type { GettextPlurals, PluralForm, TextFormat } from "@trans-hub/core/engine";

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
   * that has {@link CatalogDocument.plurals}, by index (`0`). Of i18next, by the ending of the key (`one`, `zero`).
   */
  readonly forms: ReadonlyMap<string, string>;
}

/** The state of a translation, as the file says it. A format without states has `translated` alone. */
export type UnitState = "new" | "needs-review" | "translated" | "approved";

/** The syntax of a file's texts. In `vue-i18n`, plural forms stand between pipes. */
export type CatalogSyntax = TextFormat | "vue-i18n";

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
  /** The mark by which this text differs from an equal one with another meaning (`msgctxt`): part of the identity. */
  readonly context?: string | undefined;
  /** The most characters of a value, where the file says so. */
  readonly maxLength?: number | undefined;
  /** The syntax of the values, for the engine and the checks. `auto` where all syntaxes read the text the same way. */
  readonly syntax: CatalogSyntax;
  /** The array that holds the text. Its texts are written all together or not at all. */
  readonly group?: string | undefined;
  /**
   * The key of a form, where each form of a family has a key of its own in the file: `mail_few`. Without a form: the key
   * of all of them, `mail`.
   */
  readonly formKey?: ((form?: string) => string) | undefined;
  /** False where the file says that the text is not to be translated. Such a unit is copied. */
  readonly translate: boolean;
  /** Whether the text stands in every language as it is (code in a document). No engine is asked for it. Default: false. */
  readonly isVerbatim?: boolean | undefined;
  readonly state: UnitState;
  /** The place of the value or, without one, of the unit. Counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** An order to {@link CatalogDocument.write} about one unit. */
export type Change =
  /** Gives a unit of the document a value. The categories of a family become exactly those of the value. */
  | {
      readonly kind: "set";
      readonly id: string;
      readonly value: Value;
      readonly state?: UnitState | undefined;
      /** The source document. A bilingual file whose ids stay when a text changes takes the source text over from it. */
      readonly from?: CatalogDocument | undefined;
    }
  /**
   * Adds a unit of another document of the same format, its source. It goes behind the unit `after`, which may be one
   * that the same call adds; undefined: to the front. In JSON it goes behind its neighbour in the source, whatever `after`
   * is. A unit that is not to be translated is copied.
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

/** A form of a family in a target locale. Without `form`, its text is translated like any other. */
export interface AskedForm {
  /** As in {@link PluralValue.forms}. */
  readonly key: string;
  /** The text of the source to translate. */
  readonly text: string;
  readonly form?: PluralForm | undefined;
  /** The key of the form whose translation is this one's too. */
  readonly sameAs?: string | undefined;
}

export interface CatalogDocument {
  /** The syntax of the texts, as it was said or detected. Undefined: the format implies it, or each unit has its own. */
  readonly syntax?: CatalogSyntax | undefined;
  /** The locale that the file says it is in (or, in a file of several, the one that was read). */
  readonly locale: string | undefined;
  /** Of a file of several locales: all of them, as BCP 47, in its order. */
  readonly locales?: readonly string[] | undefined;
  /** The rule by which the file counts its plural forms. Undefined: the categories of CLDR. */
  readonly plurals?: GettextPlurals | undefined;
  /** The rule by which a new file in a locale will count. Left out: the categories of CLDR. */
  pluralsFor?(locale: string): GettextPlurals | undefined;
  /** The forms of a family in a target locale, in a notation with rules of its own. Left out: the categories of CLDR. */
  formsFor?(unit: Unit, locales: { sourceLocale: string; targetLocale: string }): readonly AskedForm[];
  /** Whether a form `zero` is that of the number 0, in each language. Default: false; it is the category of CLDR. */
  readonly zeroIsNumber?: boolean | undefined;
  /** Whether each unit holds its source text beside its value. */
  readonly isBilingual: boolean;
  /** Whether a target file has the texts, too, that are not to be translated. */
  readonly keepsUntranslatable: boolean;
  /** Whether a text without a value stands in a target in the source's language. Default: false; it is left out. */
  readonly keepsUntranslated?: boolean | undefined;
  /** Of units that {@link ReadOptions.known} has under an earlier id, that id. Default: each has its own. */
  readonly formerIds?: ReadonlyMap<string, string> | undefined;
  /** In file order. */
  readonly units: readonly Unit[];
  /** The bytes that were read, with the changes in place. Without changes and options, the same bytes. */
  write(changes: readonly Change[], options?: WriteOptions): WrittenDocument;
}

/** The values of a target file that the lock remembers. */
export interface KnownValues {
  readonly ids: ReadonlySet<string>;
  /** The ids whose value, when the file was last written or looked at, was this one. */
  idsOf(value: string): readonly string[];
}

export interface ReadOptions {
  /** The file's name, for messages. */
  readonly file: string;
  /**
   * The locale of the values. In a file of several locales, those of this one are read and written. Default: that of the
   * source, or unknown.
   */
  readonly locale?: string | undefined;
  /** The locale of the source texts, where the file does not say it. Default: not known. */
  readonly sourceLocale?: string | undefined;
  /** The syntax of the values, where the format leaves it open. Default: detected once a file. */
  readonly syntax?: CatalogSyntax | undefined;
  /**
   * Of a target, its source file as the same format read it. Where a language has one plural form, only the source says
   * whether a text is one (`other` alone, a text without pipes). Default: the file is read by itself.
   */
  readonly source?: CatalogDocument | undefined;
  /**
   * Of a target in a format without keys: its values by the ids of an earlier source. They tell which text of the source each of
   * its texts belongs to. Default: the order of the texts alone tells it.
   */
  readonly known?: KnownValues | undefined;
}

export interface Format {
  /** Lower-case letters and `-`, such as `android-xml`. */
  readonly name: string;
  /** `one-locale`: a file a locale. `bilingual`: source and target in each file. `multi-locale`: one file holds all. */
  readonly layout: "one-locale" | "bilingual" | "multi-locale";
  /**
   * Whether its texts have no keys: an id is then made from the text of the source, and a target is read with its source.
   * Default: false.
   */
  readonly isKeyless?: boolean | undefined;
  /**
   * @throws {CatalogError} The file is not of this format, with line and column and never a text of it.
   */
  read(bytes: Uint8Array, options: ReadOptions): CatalogDocument;
}
