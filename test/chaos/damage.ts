/** Looks for damage in the files of the tables and indexes, with the extension `amcheck` of PostgreSQL. */
import type pg from "pg";

export interface DamageReport {
  /** The number of checked indexes and tables, or the reason why none was checked. */
  note: string;
  /** A line for each damaged index or table. */
  damage: string[];
}

/**
 * Compares every B-tree index of Trans-Hub and graphile-worker with its table: its order, and an entry for each row.
 * Looks also for rows in the tables that no transaction can have written.
 */
export async function findDamage(db: pg.Pool): Promise<DamageReport> {
  const { rows: available } = await db.query("select from pg_available_extensions where name = 'amcheck'");
  if (available.length === 0) {
    const note = "indexes not looked at: the server has no extension amcheck (Debian: apt-get install postgresql)";
    return { note, damage: [] };
  }
  await db.query("create extension if not exists amcheck schema chaos");
  const damage: string[] = [];
  const { rows: indexes } = await db.query<{ id: number; name: string }>(RELATIONS, ["i", "btree"]);
  for (const { id, name } of indexes) {
    // One statement each: the function reports damage as an error.
    await db.query("select chaos.bt_index_check($1::oid::regclass, true)", [id]).catch((error: Error) => {
      damage.push(`index ${name}: ${error.message}`);
    });
  }
  const { rows: tables } = await db.query<{ id: number; name: string }>(RELATIONS, ["r", "heap"]);
  for (const { id, name } of tables) {
    const { rows } = await db.query<{ msg: string }>("select msg from chaos.verify_heapam($1::oid::regclass) limit 3", [
      id,
    ]);
    for (const { msg } of rows) damage.push(`table ${name}: ${msg}`);
  }
  return { note: `amcheck: ${indexes.length} indexes and ${tables.length} tables, damaged ${damage.length}`, damage };
}

const RELATIONS = `
  select c.oid as id, c.oid::regclass::text as name
  from pg_class as c join pg_am as a on a.oid = c.relam
  where c.relnamespace in ('trans_hub'::regnamespace, 'graphile_worker'::regnamespace)
    and c.relkind = $1 and a.amname = $2 and c.relpersistence = 'p'
  order by 2`;
