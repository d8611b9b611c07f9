/** Holds statements up in the middle, so that others come in between. */
import pg from "pg";
import { expect } from "vitest";

export interface Gate {
  /** Waits until so many statements stand in line: at the gate, or behind a lock of who stands there. */
  line(statements: number): Promise<void>;
  open(): Promise<void>;
}

/** Whoever inserts into a table waits, with all that its transaction holds, until the gate is opened. */
export async function gateOn(db: pg.Pool, table: string): Promise<Gate> {
  await db.query(`
    create function await_gate() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(1);
      return new;
    end $$;
    create trigger await_gate before insert on ${table} for each row execute function await_gate()`);
  // Not one of the pool's, which would wait for it at its end.
  const keeper = new pg.Client({ connectionString: db.options.connectionString });
  keeper.on("error", () => undefined);
  await keeper.connect();
  await keeper.query("select pg_advisory_lock(1)");
  return {
    async line(statements) {
      const waiting = `
        select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
      const count = async () => (await db.query<{ n: number }>(waiting)).rows[0]?.n;
      await expect.poll(count, { timeout: 30_000, interval: 10 }).toBe(statements);
    },
    async open() {
      await keeper.end();
    },
  };
}
