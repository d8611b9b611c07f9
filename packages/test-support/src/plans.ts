/** Finds the large tables that a statement's plan reads from end to end. */
import type pg from "pg";

/** Tables where a full scan counts; elsewhere it is harmless. */
export const LARGE_TABLES = ["content", "translation", "source", "context"];

interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Cond"?: string;
  Plans?: Plan[];
}

/** The large tables that the generic plan of a statement reads from end to end, directly or through an index. */
export async function scannedTables(
  client: pg.ClientBase,
  { name, text }: { name: string; text: string },
): Promise<string[]> {
  await client.query("set plan_cache_mode = force_generic_plan");
  await client.query(`prepare "${name}" as ${text}`);
  const { rows: parameters } = await client.query<{ types: string }>(
    "select parameter_types::text as types from pg_prepared_statements where name = $1",
    [name],
  );
  const count = parameters[0]?.types === "{}" ? 0 : (parameters[0]?.types.split(",").length ?? 0);
  const values = new Array(count).fill("null").join(", ");
  const { rows } = await client.query<{ "QUERY PLAN": { Plan: Plan }[] }>(
    `explain (format json) execute "${name}" ${count > 0 ? `(${values})` : ""}`,
  );
  const scans: string[] = [];
  const visit = (plan: Plan): void => {
    const table = plan["Relation Name"] ?? "";
    const isWhole = /^(Seq|Index|Index Only) Scan$/.test(plan["Node Type"]) && plan["Index Cond"] === undefined;
    if (isWhole && LARGE_TABLES.includes(table)) scans.push(table);
    plan.Plans?.forEach(visit);
  };
  for (const { Plan } of rows[0]?.["QUERY PLAN"] ?? []) visit(Plan);
  return scans;
}
