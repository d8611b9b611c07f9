/** The files of `migrations/functions`: one SQL function each, and the lines of a file's head that say how it is versioned. */
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

export interface SqlFunction {
  readonly name: string;
  /** The file below `functions`, without `.sql`: `read/find_row`. */
  readonly path: string;
  /** From `create or replace` on. The comment above it is for readers, and is not applied. */
  readonly sql: string;
  /** Arguments and result, on one line. */
  readonly signature: string;
  /** `-- rights of: NAME`: roles that may call NAME may call this function. */
  readonly rightsOf: string | undefined;
  /** `-- superseded by: NAME`: one release keeps both, the next may drop this one. */
  readonly supersededBy: string | undefined;
}

/** A change of the functions that cannot be released, with the change that can. */
export class FunctionsError extends Error {}

const CREATE = "create or replace function trans_hub.";

/** @throws {FunctionsError} The text is not one function of the file's name. */
export function parseFunction(path: string, text: string): SqlFunction {
  const name = basename(path);
  const starts = [...text.matchAll(/^create or replace function trans_hub\./gm)].map(({ index }) => index);
  const [start] = starts;
  if (start === undefined || starts.length > 1) {
    throw new FunctionsError(`${path}: the file has ${starts.length} functions instead of one`);
  }
  const head = text.slice(0, start);
  const sql = text.slice(start).trim();
  if (!sql.startsWith(`${CREATE}${name}(`)) throw new FunctionsError(`${path}: the function is not named ${name}`);
  const [declared = "", language] = sql.slice(CREATE.length).split(/^(?=language )/m);
  if (language === undefined) throw new FunctionsError(`${path}: no line begins with "language" below the result`);
  if (!sql.endsWith(";")) throw new FunctionsError(`${path}: the file does not end with ";"`);
  return {
    name,
    path,
    sql,
    signature: declared.replaceAll(/--.*$/gm, "").replaceAll(/\s+/g, " ").trim(),
    rightsOf: /^-- rights of: (\w+)$/m.exec(head)?.[1],
    supersededBy: /^-- superseded by: (\w+)$/m.exec(head)?.[1],
  };
}

/**
 * Reads the folder `functions` of a folder of migrations, in the order of paths.
 *
 * @throws {FunctionsError} A file is not one function, a name stands twice, or a successor is not there.
 */
export function readFunctions(migrations: string): SqlFunction[] {
  const functions = globSync("functions/*/*.sql", { cwd: migrations })
    .map((file) => file.replaceAll("\\", "/"))
    .sort()
    .map((file) =>
      parseFunction(file.slice("functions/".length, -".sql".length), readFileSync(join(migrations, file), "utf8")),
    );
  for (const [at, { name, path, supersededBy }] of functions.entries()) {
    const twin = functions.findIndex((other) => other.name === name);
    if (twin !== at) throw new FunctionsError(`${path}: ${functions[twin]?.path} has the same name`);
    if (supersededBy !== undefined && !functions.some((each) => each.name === supersededBy && each.name !== name)) {
      throw new FunctionsError(
        `${path}: it is superseded by ${supersededBy}, which is no other function of the folder`,
      );
    }
  }
  return functions;
}

/** Puts functions of one expression (`return …`) behind those that they call: PostgreSQL binds them when they are made. */
export function inOrderOfBinding(functions: readonly SqlFunction[]): SqlFunction[] {
  const ordered = new Set<SqlFunction>();
  const add = (entry: SqlFunction): void => {
    if (ordered.has(entry)) return;
    for (const other of functions) {
      if (isBound(entry) && other !== entry && new RegExp(`\\b${other.name}\\(`).test(entry.sql)) add(other);
    }
    ordered.add(entry);
  };
  for (const entry of functions) add(entry);
  return [...ordered];
}

function isBound({ sql }: SqlFunction): boolean {
  return /^return /m.test(sql);
}
