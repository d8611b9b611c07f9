import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { mayRunBeside, NEWEST_GRAPHILE_MIGRATION, NEWEST_MIGRATION, requireFitSchema } from "./schema-version.ts";

const FOLDER = resolve(import.meta.dirname, "../../../../../migrations");
const files = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".sql"))
  .sort();

test("the newest migration is the newest file", () => {
  expect(`${NEWEST_MIGRATION}.sql`).toBe(files.at(-1));
});

test("graphile-worker's newest migration is its newest file", () => {
  const graphile = resolve(dirname(fileURLToPath(import.meta.resolve("graphile-worker"))), "../sql");
  expect(NEWEST_GRAPHILE_MIGRATION).toBe(Math.max(...readdirSync(graphile).map((file) => Number.parseInt(file, 10))));
});

test.each(files)("%s states above its SQL which code may run beside it", (file) => {
  const [head = ""] = readFileSync(join(FOLDER, file), "utf8").split("-- Up Migration");
  expect(head.replaceAll(/\s*\n--\s*/g, " ")).toMatch(
    /nothing runs beside it|[Ss]afe while the previous release runs|[Ww]orkers must stop/,
  );
});

describe("code that knows 0008", () => {
  const newest = "0008_bounds";

  test("may run beside a newer migration that declares so, and beside no other", () => {
    expect(mayRunBeside("0009_add-quality.beside-0008", newest)).toBe(true);
    expect(mayRunBeside("0010_drop-old.beside-0007", newest)).toBe(true);
    expect(mayRunBeside("0010_drop-old.beside-0009", newest)).toBe(false);
    expect(mayRunBeside("0009_add-quality", newest)).toBe(false);
    expect(mayRunBeside("0009_.beside-0008_and-more", newest)).toBe(false);
  });

  test("accepts a schema that has its migrations, and names the fault of another", () => {
    requireFitSchema([newest], newest);
    requireFitSchema(["0009_add-quality.beside-0008", newest], newest);
    expect(() => requireFitSchema([], newest)).toThrow(expect.objectContaining({ code: "TH_SCHEMA_MISSING" }));
    expect(() =>
      requireFitSchema([newest, "0009_add-quality.beside-0008", "0010_drop-old.beside-0009"], newest),
    ).toThrow(expect.objectContaining({ code: "TH_SCHEMA_NEWER", message: expect.stringContaining("0010_drop-old") }));
  });
});
