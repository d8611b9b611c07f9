/**
 * A statement has a name, a home and a row type. Below stands the format of its parameters that are arrays.
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

/*
 * Arrays as PostgreSQL writes them. The driver does the same, element by element and with two replacements each: a third of a
 * producer's time for a chunk of 1,000 texts.
 */
const SPECIAL = /["\\]/;
const EVERY_SPECIAL = /["\\]/g;

/** For a parameter of type `text[]`. */
export function textArray(values: readonly (string | null)[]): string {
  let literal = "";
  for (const value of values) {
    if (literal !== "") literal += ",";
    if (value === null) literal += "NULL";
    else literal += `"${SPECIAL.test(value) ? value.replace(EVERY_SPECIAL, "\\$&") : value}"`;
  }
  return `{${literal}}`;
}

/** For a parameter of type `integer[]` or `bigint[]`. */
export function integerArray(values: readonly (number | string)[]): string {
  return `{${values.join(",")}}`;
}

/**
 * The values of an array of numbers that the database wrote as text. Returned as digits, because a `bigint` needs them.
 */
export function arrayValues(literal: string): string[] {
  return literal.slice(1, -1).split(",");
}

/** A column whose values are all equal is sent as its first value; {@link whole} expands it in the statement. */
export function column<Value>(values: readonly Value[]): readonly Value[] {
  return values.every((value) => value === values[0]) ? values.slice(0, 1) : values;
}

/** SQL that expands a {@link column} in parameter `$parameter` to the length of the array `like`. */
export function whole(parameter: number, type: string, like: string): string {
  const given = `$${parameter}::${type}[]`;
  return `case when cardinality(${given}) = cardinality(${like}) then ${given}
        else array_fill((${given})[1], array[cardinality(${like})]) end`;
}
