/** Stops statements in the middle, so that others run in between. */
import pg from "pg";
import { expect } from "vitest";

export interface Gate {
  /** Waits until a statement has reached the gate. */
  reached(): Promise<void>;
  /** Waits until this number of statements wait for a row that a statement at a gate has changed. */
  behind(statements: number): Promise<void>;
  open(): Promise<void>;
}

/**
 * Stops every insert into a table, with all that its transaction holds, until the gate is opened: before the row, or
 * after the statement, even one that inserted nothing.
 */
export async function gateOn(
  db: pg.Pool,
  table: string,
  when: "before row" | "after statement" = "before row",
): Promise<Gate> {
  const name = `gate_on_${table.replace(/\W/g, "_")}`;
  const each = when === "before row" ? "for each row" : "for each statement";
  await db.query(`
    create function ${name}() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared('${table}'::regclass::bigint);
      return new;
    end $$;
    create trigger ${name} ${when.split(" ")[0]} insert on ${table} ${each} execute function ${name}()`);
  // Not a connection of the pool, which would wait for it at its own end.
  const keeper = new pg.Client({ connectionString: db.options.connectionString });
  keeper.on("error", () => undefined);
  await keeper.connect();
  await keeper.query("select pg_advisory_lock($1::regclass::bigint)", [table]);
  const poll = (condition: string, expected: number) => {
    const count = `select count(*)::int as n from pg_locks where not granted and ${condition}`;
    const waiting = async () => (await db.query<{ n: number }>(count)).rows[0]?.n;
    return expect.poll(waiting, { timeout: 30_000, interval: 10 }).toBe(expected);
  };
  const thisDatabase = "database = (select oid from pg_database where datname = current_database())";
  return {
    reached: () => poll(`locktype = 'advisory' and objid = '${table}'::regclass and ${thisDatabase}`, 1),
    // The database of a transaction is only known to its own statements.
    behind: (statements) =>
      poll(
        `pid in (select pid from pg_stat_activity where datname = current_database()) and locktype = 'transactionid'`,
        statements,
      ),
    open: () => keeper.end(),
  };
}
