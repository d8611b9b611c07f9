import type { TranslationName } from "@trans-hub/core";
import { type PluralForm, pluralContext, type TextFormat } from "@trans-hub/core/engine";
import { isSettled } from "@trans-hub/core/store";
import type { MessageParts } from "../catalog/catalog.ts";
import type { CatalogStore, OpenTexts, ReadTexts, StoredText } from "../store/catalog-store.ts";

/** Number of rows in one read. */
const READ_SIZE = 500;

/** A text of a run, or one form of a plural family. */
export interface Row {
  text: string;
  form?: PluralForm | undefined;
  /** The declared format. Default: `auto`. */
  format?: TextFormat | undefined;
  /** The mark by which the text differs from an equal one with another meaning. */
  msgctxt?: string | undefined;
  /** The key, of a text that shares its translation with no other key. */
  distinct?: string | undefined;
  /** Present where the text is several rows of the store in one. It is then no row itself. */
  parts?: MessageParts | undefined;
}

/** The rows of the store that a message is made of. */
export function rowsOf(message: Row): readonly Row[] {
  const { parts, distinct } = message;
  if (parts === undefined) return [message];
  return distinct === undefined ? parts.rows : parts.rows.map((row) => ({ ...row, distinct }));
}

/** The name of a row in the store. A form is told in the context, which is part of a text's identity, as the format is. */
export function nameOf({ text, form, format, msgctxt, distinct }: Row): TranslationName & { text: string } {
  return {
    text,
    ...((form ?? msgctxt ?? distinct) !== undefined && {
      context: {
        ...(form !== undefined && pluralContext(form)),
        ...(msgctxt !== undefined && { msgctxt }),
        ...(distinct !== undefined && { key: distinct }),
      },
    }),
    ...(format !== undefined && { format }),
  };
}

/** Equal for two rows that are one row of the store. */
export function rowId({ text, form, format, msgctxt, distinct }: Row): string {
  if ((form ?? format ?? msgctxt ?? distinct) === undefined) return text;
  return JSON.stringify([text, form, format, msgctxt, distinct]);
}

/** The rows of a run (each in one locale) and their last known state in the store. */
export class OwnRows implements OpenTexts {
  readonly #store: Pick<CatalogStore, "getTranslations">;
  readonly #wanted = new Map<string, Map<string, Row>>();
  readonly #found = new Map<string, Map<string, StoredText>>();

  constructor(store: Pick<CatalogStore, "getTranslations">) {
    this.#store = store;
  }

  add(locale: string, message: Row): void {
    const rows = this.#wanted.get(locale) ?? new Map<string, Row>();
    this.#wanted.set(locale, rows);
    for (const row of rowsOf(message)) rows.set(rowId(row), row);
  }

  /** The state of a message. One of several rows has the state of the row that is furthest from a text. */
  get(locale: string, message: Row): StoredText | undefined {
    const found = rowsOf(message).map((row) => this.#found.get(locale)?.get(rowId(row)));
    const [first] = found;
    if (message.parts === undefined || first === undefined) return first;
    const open = ["failed", "queued", "pending", "translated"].flatMap((status) =>
      found.filter((row) => row?.status === status),
    );
    const least = found.includes(undefined) ? undefined : (open[0] ?? first);
    const texts = found.flatMap((row) => row?.text ?? []);
    if (least === undefined || texts.length < found.length) return least && { ...least, text: null };
    const pseudo = found.find((row) => row?.engine === "pseudo");
    return { ...least, engine: pseudo?.engine ?? least.engine, text: message.parts.join(texts) };
  }

  /** The number of rows. */
  get size(): number {
    return [...this.#wanted.values()].reduce((sum, rows) => sum + rows.size, 0);
  }

  /** Reads all of them anew. */
  async readAll(): Promise<void> {
    for (const [locale, rows] of this.#wanted) await this.#read(locale, [...rows.values()]);
  }

  /** Reads some of the unsettled rows; returns how many are unsettled. The next call continues with the others. */
  async readOpen(): Promise<number> {
    let left = 0;
    for (const locale of this.#wanted.keys()) {
      const open = this.#open(locale);
      await this.#read(locale, open.slice(0, READ_SIZE));
      left += open.length > READ_SIZE ? open.length : this.#open(locale).length;
    }
    return left;
  }

  /** Reads the first unsettled rows of one locale by another function; returns how many are unsettled in all. */
  async readFirst(read: ReadTexts): Promise<number> {
    const [locale] = this.openLocales;
    if (locale !== undefined) await this.#read(locale, this.#open(locale).slice(0, READ_SIZE), read);
    return [...this.#wanted.keys()].reduce((sum, each) => sum + this.#open(each).length, 0);
  }

  /** The locales of the unsettled rows, as far as they were read. */
  get openLocales(): string[] {
    return [...this.#wanted.keys()].filter((locale) => this.#open(locale).length > 0);
  }

  #open(locale: string): Row[] {
    const rows = [...(this.#wanted.get(locale)?.values() ?? [])];
    return rows.filter((row) => isOpen(this.get(locale, row)));
  }

  async #read(locale: string, rows: readonly Row[], read = this.#store.getTranslations): Promise<void> {
    const found = this.#found.get(locale) ?? new Map<string, StoredText>();
    this.#found.set(locale, found);
    for (let from = 0; from < rows.length; from += READ_SIZE) {
      const chunk = rows.slice(from, from + READ_SIZE);
      const translations = await read(chunk.map(nameOf), { targetLocale: locale });
      for (const [at, row] of chunk.entries()) {
        const translation = translations[at];
        if (translation === undefined) found.delete(rowId(row));
        else found.set(rowId(row), translation);
      }
    }
  }
}

/** A queued row is one that a worker of this run will register. */
function isOpen(translation: StoredText | undefined): boolean {
  return translation !== undefined && !isSettled(translation);
}
