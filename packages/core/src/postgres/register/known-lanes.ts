/** Locales of which a store knows that their lanes are open. */
import { type Database, run } from "../database/statement.ts";
import { openLanes } from "./register.sql.ts";

/** One a store: a lane stays open for the life of its database, so a locale is asked for once. */
export class KnownLanes {
  readonly #open = new Set<string>();

  /**
   * Opens the lanes of locales that are new to this store. Called before the first text of a locale, in a statement of
   * its own: so the text's jobs are made with the text, and nobody else's registration waits for them.
   */
  async open(db: Database, locales: readonly string[]): Promise<void> {
    const unknown = [...new Set(locales)].filter((locale) => !this.#open.has(locale));
    if (unknown.length === 0) return;
    await run(db, openLanes, [unknown]);
    for (const locale of unknown) this.#open.add(locale);
  }
}
