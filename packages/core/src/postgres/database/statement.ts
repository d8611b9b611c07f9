/**
 * A statement has a name, a home and a row type.
 *
 * The name goes to PostgreSQL as the prepared statement's, and so into its log and `pg_stat_statements`: a slow query
 * can be grepped back to its line. Behind a transaction-mode pooler the name is dropped (`Database.prepared`), since a
 * prepared statement belongs to one server connection.
 */
import type pg from "pg";
import type { z } from "zod";

/** Runs the statements of a store function: the store's own connections, or a caller's open transaction. */
export interface Database {
  query<Row extends pg.QueryResultRow>(config: StatementConfig): Promise<pg.QueryResult<Row>>;
}

/** The driver's configuration; its types leave out `query_timeout`. */
export type StatementConfig = pg.QueryConfig & { query_timeout?: number };

export interface Statement<Row> {
  readonly name: string;
  readonly text: string;
  /** Every row is checked where it enters TypeScript. */
  readonly row: z.ZodType<Row>;
  /** Milliseconds to wait for its answer. Default: the connection's. */
  readonly answerTimeoutMs?: number;
}

export function statement<Row>(definition: Statement<Row>): Statement<Row> {
  return definition;
}

/** Runs a statement and returns its checked rows. Errors are thrown as PostgreSQL raised them. */
export async function rows<Row>(db: Database, definition: Statement<Row>, values: unknown[] = []): Promise<Row[]> {
  const result = await db.query(configOf(definition, values));
  const parsed = (PARSED.get(definition) ?? 0) + result.rows.length;
  PARSED.set(definition, parsed);
  const context = parsed < ROWS_TO_COMPILE ? NOT_COMPILED : undefined;
  return result.rows.map((raw) => definition.row.parse(raw, context));
}

/** Number of rows of each statement so far. */
const PARSED = new WeakMap<object, number>();
/**
 * Rows after which a compiled parser pays off: it is ten times as fast as an interpreting one, and takes a millisecond
 * to make.
 */
const ROWS_TO_COMPILE = 100;
const NOT_COMPILED = { jitless: true } as const;

/** Runs a statement and ignores its rows; returns the number of affected rows. */
export async function run(db: Database, definition: Statement<unknown>, values: unknown[] = []): Promise<number> {
  const result = await db.query(configOf(definition, values));
  return result.rowCount ?? 0;
}

function configOf({ name, text, answerTimeoutMs }: Statement<unknown>, values: unknown[]): StatementConfig {
  return { name, text, values, ...(answerTimeoutMs !== undefined && { query_timeout: answerTimeoutMs }) };
}

/** Time limit for statements over whole tables, or over as many rows as an operator chose. Milliseconds. */
export const PATIENT = 3_600_000;
