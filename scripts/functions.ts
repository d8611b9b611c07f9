/** Writes `migrations/0002_functions.sql` from the SQL functions, which stand one a file in `migrations/functions`. */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";

const MIGRATIONS = resolve(import.meta.dirname, "../migrations");

const functions = globSync("functions/*/*.sql", { cwd: MIGRATIONS })
  .sort()
  .map((file) => ({ name: basename(file, ".sql"), body: readFileSync(resolve(MIGRATIONS, file), "utf8").trim() }));

/** A body of one expression ("return …") is bound when it is made, so what it calls is made first. */
const bound = functions.filter(({ body }) => /^return/m.test(body));
const ordered: typeof functions = [];
function add(entry: (typeof functions)[number]): void {
  if (ordered.includes(entry)) return;
  for (const other of bound) {
    if (other !== entry && new RegExp(`\\b${other.name}\\(`).test(entry.body)) add(other);
  }
  ordered.push(entry);
}
for (const entry of [...bound, ...functions]) add(entry);

writeFileSync(
  resolve(MIGRATIONS, "0002_functions.sql"),
  `-- The functions, made by scripts/functions.ts from migrations/functions. The first release: nothing runs beside it.

-- Up Migration

-- Bodies may name functions that come later.
set local check_function_bodies = off;

${ordered.map(({ body }) => body).join("\n\n")}

revoke execute on all functions in schema trans_hub from public;

-- Down Migration
do $$
begin
  -- In one statement, as some are bound to others.
  execute (
    select 'drop function ' || string_agg(p.oid::regprocedure::text, ', ')
    from pg_proc as p
    where p.pronamespace = 'trans_hub'::regnamespace
  );
end
$$;
`,
);
