/**
 * The numbered migration of a release's functions: the difference between `migrations/functions` and the functions that
 * the other numbered migrations make (docs/adr/0024). Pure but for reading and writing the folder that it is given.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FunctionsError, inOrderOfBinding, parseFunction, readFunctions, type SqlFunction } from "./function-files.ts";

/** As `sha256sum` writes it: `cd migrations && sha256sum -c released.sha256` checks it, too. */
const RELEASED = "released.sha256";
const RELEASED_HEAD = `# No byte of these files may change. Written by "npm run migration -- --release".\n`;
const MADE_BY =
  "-- Made by scripts/functions.ts from migrations/functions: change the files there, and make this one again.";
/** Ends the functions of an up migration; rights, remarks and removals follow. */
const END = "-- end of functions";

interface Migration {
  file: string;
  number: number;
  text: string;
  isReleased: boolean;
  isMade: boolean;
}

/** A function, and the number of the migration that made it so. */
type Made = SqlFunction & { since: number };

export interface NextMigration {
  /** Undefined: the folder says nothing new. */
  readonly file: string | undefined;
  readonly text: string;
  /** The unreleased migration of functions that stands in the folder now. */
  readonly present: { file: string; text: string } | undefined;
}

/**
 * Works out the migration that the folder's functions need.
 *
 * @param name Its name without number and suffix. Default: that of the unreleased one in the folder, or `functions`.
 * @throws {FunctionsError} A released migration was edited, or a change would break callers of the previous release.
 */
export function nextMigration(folder: string, name?: string): NextMigration {
  const migrations = readMigrations(folder);
  refuseUnsafe(migrations);
  const present = migrations.find(({ isMade, isReleased }) => isMade && !isReleased);
  const others = migrations.filter((each) => each !== present);
  const before = madeBy(others);
  const after = readFunctions(folder);
  const changed = inOrderOfBinding(after).filter((each) => !isSame(before.get(each.name), each));
  const dropped = [...before.values()].filter(({ name }) => !after.some((each) => each.name === name));
  for (const each of changed) {
    const released = before.get(each.name);
    if (released === undefined) refuseWithoutRights(each, [...before.values(), ...after]);
    else refuseNewSignature(released, each);
  }
  for (const each of dropped) refuseEarlyDrop(each);
  const current = present && { file: present.file, text: present.text };
  if (changed.length + dropped.length === 0) return { file: undefined, text: "", present: current };

  const number = present?.number ?? Math.max(0, ...others.map((each) => each.number)) + 1;
  const released = others.filter(({ isReleased }) => isReleased).map((each) => each.number);
  // A release that drops functions admits the releases that stopped calling them; any other admits the previous one.
  const beside = dropped.length > 0 ? Math.max(...dropped.map(({ since }) => since)) : Math.max(...released);
  const stem = name ?? present?.file.replace(/^\d+_|(\.beside-\d+)?\.sql$/g, "") ?? "functions";
  const suffix = released.length > 0 ? `.beside-${digits(beside)}` : "";
  return {
    file: `${digits(number)}_${stem}${suffix}.sql`,
    text: render(before, changed, dropped, released.length === 0),
    present: current,
  };
}

/**
 * Writes the migration that the folder's functions need in the place of the unreleased one.
 *
 * @returns Its file, or undefined when the folder says nothing new.
 */
export function writeMigration(folder: string, name?: string): string | undefined {
  const { file, text, present } = nextMigration(folder, name);
  if (present !== undefined && present.file !== file) rmSync(join(folder, present.file));
  if (file !== undefined) writeFileSync(join(folder, file), text);
  return file;
}

/**
 * Says what is wrong with the migrations of a folder; undefined: nothing. Needs no database.
 *
 * @throws {FunctionsError} As {@link nextMigration}.
 */
export function faultOf(folder: string): string | undefined {
  const { file, text, present } = nextMigration(folder);
  if (file === present?.file && text === (present?.text ?? "")) return undefined;
  return `${present?.file ?? "No migration"} is not what migrations/functions says: run "npm run migration"`;
}

/** Marks every migration of the folder as released: from now on its bytes are held. */
export function markReleased(folder: string): void {
  const lines = readMigrations(folder).map(({ file, text }) => `${digest(text)}  ${file}\n`);
  writeFileSync(join(folder, RELEASED), RELEASED_HEAD + lines.join(""));
}

function readMigrations(folder: string): Migration[] {
  const list = join(folder, RELEASED);
  const released = new Map(
    (existsSync(list) ? readFileSync(list, "utf8") : "")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line): [string, string] => [line.slice(66), line.slice(0, 64)]),
  );
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  for (const [file, hash] of released) {
    if (!files.includes(file) || digest(readFileSync(join(folder, file), "utf8")) !== hash) {
      throw new FunctionsError(`${file} is released, and was changed: put it back, and change it by a new migration`);
    }
  }
  return files.sort().map((file) => {
    const text = readFileSync(join(folder, file), "utf8");
    return {
      file,
      number: Number.parseInt(file, 10),
      text,
      isReleased: released.has(file),
      isMade: text.startsWith(MADE_BY),
    };
  });
}

function refuseUnsafe(migrations: readonly Migration[]): void {
  for (const { file, text, isMade } of migrations) {
    // Measured: "malformed record literal" in every caller that knows the type as it was.
    if (/alter type\s+\S+\s+(add|drop|alter)\s+attribute/i.test(text)) {
      throw new FunctionsError(
        `${file} changes a composite type, which breaks its callers: make another type, as item_v2`,
      );
    }
    if (!isMade && /create (or replace )?(function|procedure)\s+trans_hub\./i.test(text)) {
      throw new FunctionsError(
        `${file} makes a function: write it to migrations/functions, and run "npm run migration"`,
      );
    }
  }
  const [first, second] = migrations.filter(({ isMade, isReleased }) => isMade && !isReleased);
  if (second !== undefined) {
    throw new FunctionsError(
      `${first?.file} and ${second.file} are of one release: remove the second, and make the first again`,
    );
  }
}

/** The functions as the migrations leave them, by name. */
function madeBy(migrations: readonly Migration[]): Map<string, Made> {
  const made = new Map<string, Made>();
  for (const { number, text } of migrations.filter(({ isMade }) => isMade)) {
    const [up = ""] = text.split(/^-- Down Migration$/m);
    const [blocks = "", rest = ""] = up.split(END);
    for (const block of blocks.split(/^-- function /m).slice(1)) {
      const path = block.slice(0, block.indexOf("\n"));
      const parsed = parseFunction(path, block.slice(path.length + 1));
      made.set(parsed.name, { ...parsed, since: number });
    }
    for (const [, names = ""] of rest.matchAll(/^drop function ([^;]*);$/gm)) {
      for (const each of names.split(/,\s*/)) made.delete(each.slice("trans_hub.".length));
    }
  }
  return made;
}

/** The room may change: it is no part of the schema. */
function isSame(before: SqlFunction | undefined, after: SqlFunction): boolean {
  return before !== undefined && before.sql === after.sql && before.supersededBy === after.supersededBy;
}

function refuseWithoutRights({ path, name, rightsOf }: SqlFunction, all: readonly SqlFunction[]): void {
  if (rightsOf === undefined && /_v\d+$/.test(name)) {
    throw new FunctionsError(`${path}: a version of a function needs the line "-- rights of: PREDECESSOR" in its head`);
  }
  if (rightsOf !== undefined && !all.some((other) => other.name === rightsOf && other.name !== name)) {
    throw new FunctionsError(`${path}: it has the rights of ${rightsOf}, which is no other function`);
  }
}

function refuseNewSignature(before: SqlFunction, after: SqlFunction): void {
  if (before.signature === after.signature) return;
  const [, stem = after.name, version = "1"] = /^(.*?)(?:_v(\d+))?$/.exec(after.name) ?? [];
  const successor = `${stem}_v${Number(version) + 1}`;
  throw new FunctionsError(
    `${after.path}: arguments or result are not those of the released function. PostgreSQL would drop it and make ` +
      "another: roles lose EXECUTE, PUBLIC gets it, and sessions that prepared a call fail. Put the file back, add " +
      `"-- superseded by: ${successor}" to its head, and write ${successor} with "-- rights of: ${after.name}"`,
  );
}

function refuseEarlyDrop({ path, name, supersededBy }: SqlFunction): void {
  if (supersededBy !== undefined) return;
  throw new FunctionsError(
    `${path}: the file is gone, and the previous release may call ${name}. Put it back with "-- superseded by: NAME" in ` +
      "its head, and remove it in the next release",
  );
}

function render(before: Map<string, Made>, changed: SqlFunction[], dropped: Made[], isFirst: boolean): string {
  const made = changed.filter(({ name }) => !before.has(name));
  const restored = inOrderOfBinding([...changed.flatMap(({ name }) => before.get(name) ?? []), ...dropped]);
  const up = [
    ...blocks(changed),
    END,
    ...guard(made.map(({ name, rightsOf }) => ({ name, like: rightsOf }))),
    ...changed.flatMap((each) => remark(each, before.get(each.name))),
    ...drop(dropped),
  ];
  const down = [
    ...blocks(restored),
    ...guard(dropped.map(({ name, supersededBy }) => ({ name, like: supersededBy }))),
    ...restored.flatMap((each) =>
      remark(
        each,
        changed.find(({ name }) => name === each.name),
      ),
    ),
    ...drop(made),
  ];
  const beside = isFirst
    ? "-- The first release: nothing runs beside it."
    : "-- Safe while the previous release runs: no signature changes, and no function goes that it calls.";
  return `${[MADE_BY, beside, "", "-- Up Migration", "", up.join("\n\n"), "", "-- Down Migration", "", down.join("\n\n")].join("\n")}\n`;
}

function blocks(functions: readonly SqlFunction[]): string[] {
  if (functions.length === 0) return [];
  return [
    "-- A body may call functions that are made below it.\nset local check_function_bodies = off;",
    ...functions.map(({ path, rightsOf, supersededBy, sql }) =>
      [
        `-- function ${path}`,
        ...(rightsOf === undefined ? [] : [`-- rights of: ${rightsOf}`]),
        ...(supersededBy === undefined ? [] : [`-- superseded by: ${supersededBy}`]),
        sql,
      ].join("\n"),
    ),
  ];
}

/** In the transaction that makes them, so that no other session sees functions that PUBLIC may call. */
function guard(made: readonly { name: string; like: string | undefined }[]): string[] {
  if (made.length === 0) return [];
  const pairs = made.flatMap(({ name, like }) => (like === undefined ? [] : [`('${name}', '${like}')`]));
  const revoke = `revoke execute on function ${list(made)} from public;`;
  if (pairs.length === 0) return [revoke];
  return [
    revoke,
    `-- Roles that were granted the predecessor may call the successor. PUBLIC never may.
do $$
declare
  granting text;
begin
  for granting in
    select format(
      'grant execute on function %s to %s%s', made.oid::regprocedure, held.grantee::regrole,
      case when held.is_grantable then ' with grant option' else '' end
    )
    from (values ${pairs.join(", ")}) as pair (name, predecessor)
    join pg_proc as made on made.proname = pair.name and made.pronamespace = 'trans_hub'::regnamespace
    join pg_proc as old on old.proname = pair.predecessor and old.pronamespace = 'trans_hub'::regnamespace
    cross join lateral aclexplode(old.proacl) as held
    where held.grantee not in (0, old.proowner)
    order by 1
  loop
    execute granting;
  end loop;
end
$$;`,
  ];
}

function remark(now: SqlFunction, then: SqlFunction | undefined): string[] {
  if (now.supersededBy === then?.supersededBy) return [];
  const text =
    now.supersededBy === undefined ? "null" : `'Superseded by ${now.supersededBy}: a later release removes it.'`;
  return [`comment on function trans_hub.${now.name} is ${text};`];
}

/** In one statement, because functions of one expression depend on each other. */
function drop(functions: readonly SqlFunction[]): string[] {
  return functions.length === 0 ? [] : [`drop function ${list(functions)};`];
}

const list = (functions: readonly { name: string }[]) => functions.map(({ name }) => `trans_hub.${name}`).join(",\n  ");
const digits = (number: number) => String(number).padStart(4, "0");
const digest = (text: string) => createHash("sha256").update(text).digest("hex");
