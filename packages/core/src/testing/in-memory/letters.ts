/** Texts past their last attempt: the table `dead_letter` of a store in memory. */

import type { AttemptError, BestTry, DeadLetterFilter } from "../../contract/dead-letter.ts";
import { storableTry } from "../../rules/within-size.ts";
import { type Letter, parseContext, type Row } from "./row.ts";

export class InMemoryLetters {
  /** Open ones only, oldest first. */
  readonly #open = new Map<string, Letter>();
  #lastId = 0;

  write(
    row: Row,
    attempts: AttemptError[],
    { code, message, engine }: AttemptError,
    failedAt: Date,
    bestTry: BestTry | undefined,
  ): void {
    this.#lastId += 1;
    const id = String(this.#lastId);
    this.#open.set(id, {
      id,
      project: row.key.project,
      sourceLocale: row.content.sourceLocale,
      targetLocale: row.key.targetLocale,
      sourceText: row.content.text,
      context: parseContext(row.context),
      code,
      message,
      engine,
      failedAt,
      attempts,
      bestTry: storableTry(bestTry) ?? null,
      row,
    });
  }

  find(filter: DeadLetterFilter): Letter[] {
    return [...this.#open.values()].filter(
      (letter) =>
        (filter.project === undefined || letter.project === filter.project) &&
        (filter.id === undefined || letter.id === filter.id) &&
        (filter.engine === undefined || letter.engine === filter.engine) &&
        (filter.targetLocale === undefined || letter.targetLocale === filter.targetLocale) &&
        (filter.code === undefined || letter.code === filter.code) &&
        (filter.since === undefined || letter.failedAt >= filter.since),
    );
  }

  /** The last dead letter of a row. */
  about(row: Row): Letter | undefined {
    return [...this.#open.values()].findLast((letter) => letter.row === row);
  }

  /** Opens a closed letter again. */
  reopen(letter: Letter): void {
    this.#open.set(letter.id, letter);
  }

  close(letter: Letter): void {
    this.#open.delete(letter.id);
  }

  closeAbout(rows: ReadonlySet<Row>): void {
    for (const letter of this.#open.values()) if (rows.has(letter.row)) this.close(letter);
  }
}
