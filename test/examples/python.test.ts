/** examples/python, run as its README says. */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { describe, expect } from "vitest";

const script = join(resolve(import.meta.dirname, "../.."), "examples/python/shop.py");

/** The first Python that has psycopg2; Debian's package brings it to Debian's Python only. */
const python = ["python3", "/usr/bin/python3"].find(
  (program) => spawnSync(program, ["-c", "import psycopg2"], { stdio: "ignore" }).status === 0,
);
if (python === undefined) console.warn("No Python with psycopg2 (Debian: python3-psycopg2): its example is left out");

describe.skipIf(python === undefined)("the example in Python", () => {
  function shop(databaseUrl: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
    const env = { ...process.env, TH_DATABASE_URL: databaseUrl };
    return spawnSync(python ?? "", [script, ...args], { encoding: "utf8", env });
  }

  test("requests in its own transaction, and reads the translation that a worker stored", async ({
    commands,
    database,
  }) => {
    expect(shop(database.url, "create", "mug", "Blue mug")).toMatchObject({ status: 0 });
    expect(shop(database.url, "show", "mug", "fr").stdout).toBe("Blue mug\n");
    expect(await commands.json(["worker", "--once"])).toMatchObject({ translated: 2 });
    expect(shop(database.url, "show", "mug", "fr").stdout).toMatch(/^\[[^A-Za-z]+\]\n$/);
  });

  test("requests nothing for a product that is not stored", async ({ commands, database }) => {
    expect(shop(database.url, "create", "mug", "Blue mug")).toMatchObject({ status: 0 });
    const again = shop(database.url, "create", "mug", "Red mug");
    expect(again.status).toBe(1);
    expect(again.stderr).toContain("UniqueViolation");
    expect(await commands.json(["worker", "--once"])).toMatchObject({ translated: 2 });
  });
});
