/** The numbered migration that is made from the folder of functions, without a database. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { test as base, describe, expect } from "vitest";
import { FunctionsError, readFunctions } from "../../scripts/function-files.ts";
import { faultOf, markReleased, writeMigration } from "../../scripts/function-migration.ts";

const OURS = resolve(import.meta.dirname, "../../migrations");

interface Folder {
  readonly path: string;
  /** Writes a file; a function by its path in `functions`, such as `read/one.sql`. */
  write(file: string, text: string): void;
  remove(file: string): void;
  read(file: string): string;
  /** The numbered files. */
  files(): string[];
  /** Makes the migration, and releases it. */
  release(): string | undefined;
}

const test = base.extend("folder", async ({ task: _ }, { onCleanup }): Promise<Folder> => {
  const path = mkdtempSync(join(tmpdir(), "trans-hub-functions-"));
  onCleanup(() => rmSync(path, { recursive: true, force: true }));
  const place = (file: string) => join(path, /^\d/.test(file) ? "" : "functions", file);
  const folder: Folder = {
    path,
    write: (file, text) => {
      mkdirSync(dirname(place(file)), { recursive: true });
      writeFileSync(place(file), text);
    },
    remove: (file) => rmSync(place(file)),
    read: (file) => readFileSync(place(file), "utf8"),
    files: () => readdirSync(path).filter((file) => file.endsWith(".sql")),
    release: () => {
      const file = writeMigration(path);
      markReleased(path);
      return file;
    },
  };
  folder.write("0001_tables.sql", "-- Up Migration\ncreate schema trans_hub;\n");
  folder.write("read/one.sql", one("1"));
  return folder;
});

const one = (body: string, name = "one", declared = "(given integer) returns integer") =>
  `create or replace function trans_hub.${name}${declared}\nlanguage sql\nas $$\n  select ${body}\n$$;\n`;

const refusal = (message: RegExp) =>
  expect.objectContaining({ constructor: FunctionsError, message: expect.stringMatching(message) });

describe("the migrations of the repository", () => {
  test("are what its folder of functions says", () => {
    expect(faultOf(OURS)).toBeUndefined();
  });

  test("hold no function that takes more than 150 lines", () => {
    const long = readFunctions(OURS).filter(({ sql }) => sql.split("\n").length > 150);
    // The parts of `register` are drawn apart in a change of their own.
    expect(long.map(({ path }) => path).filter((path) => !path.startsWith("register/"))).toEqual([]);
  });
});

describe("before a release", () => {
  test("the migration is made again in its place, and may get another name", ({ folder }) => {
    expect(writeMigration(folder.path)).toBe("0002_functions.sql");
    folder.write("read/two.sql", one("2", "two"));
    expect(faultOf(folder.path)).toMatch(/0002_functions\.sql is not what .*npm run migration/);
    expect(writeMigration(folder.path, "more")).toBe("0002_more.sql");
    expect(writeMigration(folder.path)).toBe("0002_more.sql");
    expect(folder.files()).toEqual(["0001_tables.sql", "0002_more.sql"]);
    expect(faultOf(folder.path)).toBeUndefined();
    folder.write("read/one.sql", one("1", "one", "(given text) returns text"));
    expect(writeMigration(folder.path)).toBe("0002_more.sql");
  });

  test("a new function is closed to PUBLIC, and going down removes it", ({ folder }) => {
    writeMigration(folder.path);
    const [up, down] = folder.read("0002_functions.sql").split("-- Down Migration");
    expect(up).toContain("-- The first release: nothing runs beside it.");
    expect(up).toContain("revoke execute on function trans_hub.one from public;");
    expect(down?.trim()).toBe("drop function trans_hub.one;");
  });

  test("a function of one expression stands behind those that it calls", ({ folder }) => {
    folder.write(
      "read/a.sql",
      "create or replace function trans_hub.a() returns integer\nlanguage sql\nreturn trans_hub.one(1);\n",
    );
    writeMigration(folder.path);
    const text = folder.read("0002_functions.sql");
    expect(text.indexOf("-- function read/one")).toBeLessThan(text.indexOf("-- function read/a\n"));
  });
});

describe("after a release", () => {
  test("a changed body takes the next number, and going down puts the body before back", ({ folder }) => {
    folder.write("read/two.sql", one("2", "two"));
    folder.release();
    expect(writeMigration(folder.path)).toBeUndefined();
    folder.write("read/one.sql", `-- A comment above the function is no change.\n${one("1")}`);
    expect(faultOf(folder.path)).toBeUndefined();
    folder.write("read/one.sql", one("11"));
    expect(writeMigration(folder.path)).toBe("0003_functions.beside-0002.sql");
    const [up, down] = folder.read("0003_functions.beside-0002.sql").split("-- Down Migration");
    expect(up).toContain(one("11").trim());
    expect(down).toContain(one("1").trim());
    expect(up).not.toMatch(/revoke|drop|two/);
    expect(down).not.toMatch(/revoke|drop|two/);
  });

  test("a migration that is left out of the release goes when nothing is changed any more", ({ folder }) => {
    folder.release();
    folder.write("read/one.sql", one("11"));
    writeMigration(folder.path);
    folder.write("read/one.sql", one("1"));
    expect(faultOf(folder.path)).toMatch(/0003/);
    expect(writeMigration(folder.path)).toBeUndefined();
    expect(folder.files()).toEqual(["0001_tables.sql", "0002_functions.sql"]);
  });

  test("a released file cannot be edited", ({ folder }) => {
    const file = folder.release() ?? "";
    folder.write(file, `${folder.read(file)}-- Better words.\n`);
    expect(() => faultOf(folder.path)).toThrow(refusal(/0002_functions\.sql is released, and was changed/));
  });

  for (const [what, declared] of [
    ["a new argument", "(given integer, more integer) returns integer"],
    ["an argument with a default", "(given integer, more integer default 0) returns integer"],
    ["another name of an argument", "(taken integer) returns integer"],
    ["another result", "(given integer) returns bigint"],
  ] as const) {
    test(`${what} is refused, with the way to do it`, ({ folder }) => {
      folder.release();
      folder.write("read/one.sql", one("1", "one", declared));
      expect(() => writeMigration(folder.path)).toThrow(
        refusal(/^read\/one: arguments or result .*superseded by: one_v2".*write one_v2 with "-- rights of: one"/),
      );
      expect(folder.files()).toEqual(["0001_tables.sql", "0002_functions.sql"]);
    });
  }

  test("a successor takes over the rights, stands beside its predecessor for one release, and then replaces it", ({
    folder,
  }) => {
    folder.release();
    folder.write("read/one_v2.sql", `-- rights of: one\n${one("1", "one_v2", "(given bigint) returns bigint")}`);
    folder.write("read/one.sql", `-- superseded by: one_v2\n${one("1")}`);
    expect(folder.release()).toBe("0003_functions.beside-0002.sql");
    const added = folder.read("0003_functions.beside-0002.sql");
    expect(added).toContain("('one_v2', 'one')");
    expect(added).toContain(
      "comment on function trans_hub.one is 'Superseded by one_v2: a later release removes it.';",
    );

    // A release between them changes nothing of it.
    folder.write("read/other.sql", one("1", "other"));
    expect(folder.release()).toBe("0004_functions.beside-0003.sql");
    // The line about rights may stay for ever.
    folder.remove("read/one.sql");
    expect(folder.release()).toBe("0005_functions.beside-0003.sql");
    expect(folder.read("0005_functions.beside-0003.sql")).toContain("drop function trans_hub.one;");
    folder.write("read/one_v2.sql", one("1", "one_v2", "(given bigint) returns bigint"));
    expect(faultOf(folder.path)).toBeUndefined();
  });

  test("a version without its predecessor's rights is refused", ({ folder }) => {
    folder.release();
    folder.write("read/one_v2.sql", one("1", "one_v2"));
    expect(() => faultOf(folder.path)).toThrow(refusal(/one_v2: a version of a function needs the line "-- rights of/));
    folder.write("read/one_v2.sql", `-- rights of: none\n${one("1", "one_v2")}`);
    expect(() => faultOf(folder.path)).toThrow(
      refusal(/one_v2: it has the rights of none, which is no other function/),
    );
  });

  test("a function that no release has as superseded cannot be removed", ({ folder }) => {
    folder.write("read/two.sql", one("2", "two"));
    folder.release();
    folder.remove("read/two.sql");
    expect(() => writeMigration(folder.path)).toThrow(refusal(/^read\/two: the file is gone/));
  });

  test("a removal admits the releases that know the successor", ({ folder }) => {
    folder.write("read/two.sql", one("2", "two"));
    folder.release();
    folder.write("read/two.sql", `-- superseded by: one\n${one("2", "two")}`);
    folder.release();
    folder.write("read/one.sql", one("11"));
    folder.release();
    folder.remove("read/two.sql");
    expect(writeMigration(folder.path)).toBe("0005_functions.beside-0003.sql");
    const [up, down] = folder.read("0005_functions.beside-0003.sql").split("-- Down Migration");
    expect(up).toContain("drop function trans_hub.two;");
    expect(down).toContain(one("2", "two").trim());
    expect(down).toContain("revoke execute on function trans_hub.two from public;");
    expect(down).toContain("('two', 'one')");
    markReleased(folder.path);
    expect(faultOf(folder.path)).toBeUndefined();
  });
});

test("a migration written by hand makes no function and changes no composite type", ({ folder }) => {
  folder.write("0002_more.sql", "-- Up Migration\nalter type trans_hub.item add attribute note text;\n");
  expect(() => faultOf(folder.path)).toThrow(refusal(/0002_more\.sql changes a composite type.*item_v2/));
  folder.write("0002_more.sql", "-- Up Migration\ncreate function trans_hub.f() returns void language sql as '';\n");
  expect(() => faultOf(folder.path)).toThrow(refusal(/0002_more\.sql makes a function/));
});

test("a file is one function of its own name", ({ folder }) => {
  for (const [text, message] of [
    [one("1") + one("2"), /2 functions instead of one/],
    [one("1", "other"), /is not named one/],
    [`-- superseded by: nothing\n${one("1")}`, /superseded by nothing, which is no other function/],
    [
      "create or replace function trans_hub.one() returns integer language sql return 1;",
      /no line begins with "language"/,
    ],
  ] as const) {
    folder.write("read/one.sql", text);
    expect(() => faultOf(folder.path)).toThrow(refusal(message));
  }
  folder.write("read/one.sql", one("1"));
  folder.write("rules/one.sql", one("1"));
  expect(() => faultOf(folder.path)).toThrow(refusal(/^rules\/one: read\/one has the same name/));
});
