/** The SQL functions for any language, called as psql calls them. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { test as base } from "./store.ts";

/** `test` with `outsider`: connections of a login role with EXECUTE on the three functions, and no other right. */
export const test = base.extend("outsider", async ({ database, db }, { onCleanup }): Promise<pg.Pool> => {
  const name = `outsider_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  await db.query(`create role ${name} login password '${password}'`);
  await db.query(
    `grant execute on function trans_hub.request, trans_hub.enqueue, trans_hub.get_translations to ${name}`,
  );
  const url = new URL(database.url);
  url.username = name;
  url.password = password;
  const pool = new pg.Pool({ connectionString: url.href });
  pool.on("error", () => {});
  onCleanup(async () => {
    // Not waited for: it would wait for ever for a client that a failed test did not release.
    void pool.end();
    await db.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", [name]);
    await db.query(`drop owned by ${name}; drop role ${name}`);
  });
  return pool;
});

/** What `trans_hub.request` gives. */
export type Receipt = {
  registered: number;
  existing: number;
  queued: number;
  failed: number;
  rejected: { index: number; code: string; message: string }[];
};

/** Calls `trans_hub.request`. */
export const request = (db: pg.Pool | pg.ClientBase, items: unknown, defaults: unknown = {}) =>
  call<Receipt>(db, "request", items, defaults);
/** Calls `trans_hub.enqueue`. */
export const enqueue = (db: pg.Pool | pg.ClientBase, items: unknown, defaults: unknown = {}) =>
  call<{ accepted: number; rejected: Receipt["rejected"] }>(db, "enqueue", items, defaults);

async function call<Result>(db: pg.Pool | pg.ClientBase, name: string, ...args: unknown[]): Promise<Result> {
  const { rows } = await db.query<{ result: Result }>(
    `select trans_hub.${name}(${args.map((_, at) => `$${at + 1}::jsonb`).join(", ")}) as result`,
    args.map((arg) => JSON.stringify(arg)),
  );
  return rows[0]?.result as Result;
}

/** Calls `trans_hub.get_translations`. */
export async function read(
  db: pg.Pool | pg.ClientBase,
  items: unknown,
  locale: string,
): Promise<(Record<string, unknown> | null)[]> {
  const { rows } = await db.query<{ result: (Record<string, unknown> | null)[] }>(
    "select trans_hub.get_translations($1::jsonb, $2) as result",
    [JSON.stringify(items), locale],
  );
  return rows[0]?.result ?? [];
}
