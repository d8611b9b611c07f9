/** The caller's own transaction, in which a request may be made. */

/**
 * A connection with an open transaction: a client of `pg` (also the one behind Knex, Drizzle or TypeORM), or any object
 * with such a `query`. A type of our own instead of the driver's, so that an application needs no types of the driver.
 */
export interface TransactionClient {
  /** Runs one statement with parameters, and resolves to its rows as objects. */
  query(statement: { text: string; values?: unknown[] }): Promise<{ rows: unknown[] }>;
  /** Only a pool counts its clients: it would run the statement outside of the transaction, and is refused. */
  readonly totalCount?: undefined;
}
