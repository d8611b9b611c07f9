import type { Coordinator, Translation } from "@trans-hub/core";
import { isSettled } from "@trans-hub/core/store";

/** Number of rows in one read. */
const READ_SIZE = 500;

/** The rows of a run (texts, each in one locale) and their last known state in the store. */
export class OwnRows {
  readonly #hub: Pick<Coordinator, "getTranslations">;
  readonly #wanted = new Map<string, Set<string>>();
  readonly #found = new Map<string, Map<string, Translation>>();

  constructor(hub: Pick<Coordinator, "getTranslations">) {
    this.#hub = hub;
  }

  add(locale: string, text: string): void {
    const texts = this.#wanted.get(locale);
    if (texts === undefined) this.#wanted.set(locale, new Set([text]));
    else texts.add(text);
  }

  get(locale: string, text: string): Translation | undefined {
    return this.#found.get(locale)?.get(text);
  }

  /** The number of rows. */
  get size(): number {
    return [...this.#wanted.values()].reduce((sum, texts) => sum + texts.size, 0);
  }

  /** Reads all of them anew. */
  async readAll(): Promise<void> {
    for (const [locale, texts] of this.#wanted) await this.#read(locale, [...texts]);
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

  #open(locale: string): string[] {
    const texts = [...(this.#wanted.get(locale) ?? [])];
    return texts.filter((text) => isOpen(this.get(locale, text)));
  }

  async #read(locale: string, texts: readonly string[]): Promise<void> {
    const found = this.#found.get(locale) ?? new Map<string, Translation>();
    this.#found.set(locale, found);
    for (let from = 0; from < texts.length; from += READ_SIZE) {
      const chunk = texts.slice(from, from + READ_SIZE);
      const translations = await this.#hub.getTranslations(chunk, { targetLocale: locale });
      for (const [at, text] of chunk.entries()) {
        const translation = translations[at];
        if (translation === undefined) found.delete(text);
        else found.set(text, translation);
      }
    }
  }
}

/** A queued row is one that a worker of this run will register. */
function isOpen(translation: Translation | undefined): boolean {
  return translation !== undefined && !isSettled(translation);
}
