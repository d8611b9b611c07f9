/** Wrong use of the command, or a command that cannot work: one clear line and the right exit code. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { type Ended, test, testOnDatabase } from "@trans-hub/test-support/command";
import { expectWithin, timeFor } from "@trans-hub/test-support/load";
import { describe, expect } from "vitest";

/** One error on stderr, nothing on stdout, no stack trace. */
function expectError({ code, stdout, stderr }: Ended, expectedCode: number, message: RegExp): void {
  expect({ code, stderr }).toMatchObject({ code: expectedCode, stderr: expect.stringMatching(message) });
  expect(stdout).toBe("");
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr.split("\n").filter((line) => line.startsWith("error:"))).toHaveLength(1);
}

const NOWHERE = { TH_DATABASE_URL: "postgres://someone:hunter2@127.0.0.1:1/nothing" };

describe("usage", () => {
  test("help is printed for the whole and for each command, with examples", { timeout: timeFor(30) }, async ({
    commands,
  }) => {
    const all = await commands.run(["--help"]);
    expect(all).toMatchObject({ code: 0, stderr: "" });
    const [, list = ""] = /^Commands:\n((?: {2}.*\n)+)/m.exec(all.stdout) ?? [];
    const names = [...list.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map(([, name = ""]) => name);
    expect(names).toEqual(expect.arrayContaining(["migrate", "request", "worker", "get", "demo"]));
    for (const name of names) {
      const { code, stdout } = await commands.run([name, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain(`$ trans-hub ${name}`);
    }
  });

  test("a misspelt command or flag is answered with the closest one", async ({ commands }) => {
    expectError(await commands.run(["staus"]), 2, /staus.*\n.*Did you mean status/);
    expectError(await commands.run(["get", "x", "--too", "fr"]), 2, /--too.*\n.*Did you mean --to/);
    expectError(await commands.run(["get", "x", "--to", "englsh"]), 2, /englsh/);
    expectError(await commands.run(["dead-letters", "lst"]), 2, /lst.*\n.*Did you mean list/);
  });

  test("a wrong command line is reported as JSON with --json, at any position of the flag", async ({ commands }) => {
    for (const args of [["--json", "staus"], ["get", "x", "--too", "fr", "--json"], ["--json"]]) {
      const { code, stdout } = await commands.run(args);
      expect(code).toBe(2);
      expect(stdout).toMatch(/^[^\n]+\n$/);
      expect(JSON.parse(stdout)).toEqual({
        error: { code: "TH_USAGE", message: expect.any(String), hint: expect.any(String) },
      });
    }
  });

  test("an option for several locales may be given more than once", async ({ commands, database }) => {
    const env = { TH_DATABASE_URL: database.url };
    const { stdout } = await commands.run(["request", "Pay", "--to", "fr", "--to", "de,fr", "--json"], { env });
    expect(JSON.parse(stdout)).toMatchObject({ registered: 2, existing: 0 });
  });

  test("an option for one locale refuses a list in plain words", async ({ commands }) => {
    expectError(
      await commands.run(["get", "x", "--from", "en", "--to", "fr,de"]),
      2,
      /'fr,de' is invalid\. It takes one locale/,
    );
  });

  test("a text that is looked up without its source locale is told the missing option", async ({
    commands,
    database,
  }) => {
    const env = { TH_DATABASE_URL: database.url };
    await commands.json(["request", "Add to cart", "--from", "en", "--to", "fr"], { env });
    for (const args of [
      ["get", "Add to cart", "--to", "fr"],
      ["approve", "Add to cart", "--to", "fr", "--text", "Ajouter"],
      ["forget", "Add to cart", "--yes"],
    ]) {
      const { stderr } = await commands.run(args, { env });
      expect(stderr).toMatch(/Add --from/);
      const { stderr: withLocale } = await commands.run([...args, "--from", "de"], { env });
      expect(withLocale).not.toMatch(/Add --from/);
    }
  });

  test("a retention beyond any calendar is refused", async ({ commands }) => {
    expectError(await commands.run(["gc", "--retention-days", "99999999999"]), 2, /--retention-days.*36500/);
  });

  test("deletion for good needs --yes where no terminal can ask", async ({ commands }) => {
    for (const args of [
      ["migrate", "down"],
      ["dead-letters", "purge"],
      ["dead-letters", "replay"],
    ]) {
      const { code } = await commands.run(args, { env: { ...NOWHERE } });
      expect([1, 2]).toContain(code);
    }
  });
});

describe("settings", () => {
  test("with errors are all named at once, and no value is repeated", async ({ commands }) => {
    const env = { ...NOWHERE, TH_BATCH_SIZE: "many", TH_DRAIN_SECONDS: "soon", TH_OPENAI_API_KEY: "not a key" };
    const ended = await commands.run(["status"], { env });
    expectError(ended, 2, /TH_BATCH_SIZE.*TH_DRAIN_SECONDS.*TH_OPENAI_API_KEY/);
    expect(ended.stderr).not.toMatch(/many|soon|not a key/);
  });

  test("that do not exist give a warning with the closest existing one", async ({ commands }) => {
    const { stderr } = await commands.run(["status"], { env: { ...NOWHERE, TH_BATCHSIZE: "5" } });
    expect(stderr).toMatch(/warning: TH_BATCHSIZE.*TH_BATCH_SIZE/);
  });
});

describe("the engine", () => {
  for (const command of [
    ["worker"],
    ["worker", "--once"],
    ["translate", "en.json", "--to", "fr", "--out", "{locale}.json"],
  ]) {
    test(`${command.slice(0, 2).join(" ")} requires one on a named database`, async ({ commands }) => {
      expectError(await commands.run(command, { env: NOWHERE }), 2, /TH_ENGINES/);
    });
  }

  test("named openai does not use another program's key, and reports so", async ({ commands }) => {
    const ended = await commands.run(["worker"], { env: { ...NOWHERE, OPENAI_API_KEY: "sk-hunter2" } });
    expectError(ended, 2, /TH_ENGINES.*\n.*OPENAI_API_KEY is not read.*TH_OPENAI_API_KEY/);
    expect(ended.stderr).not.toContain("hunter2");
  });

  test("without its key, or with an unknown name, stops the start", async ({ commands }) => {
    expectError(await commands.run(["worker"], { env: { ...NOWHERE, TH_ENGINES: "openai" } }), 2, /TH_OPENAI_API_KEY/);
    expectError(await commands.run(["worker"], { env: { ...NOWHERE, TH_ENGINES: "opnai" } }), 2, /opnai.*\n.*openai/);
  });
});

describe("a database", () => {
  test("that refuses the connection is reported within five seconds, without its password", async ({ commands }) => {
    for (const command of [["status"], ["get", "x", "--to", "fr"], ["migrate"], ["request", "x", "--to", "fr"]]) {
      const ended = await commands.run(command, { env: NOWHERE });
      expectError(ended, 1, /database does not answer/);
      expectWithin(ended.ms, 5_000);
      expect(ended.stderr).not.toContain("hunter2");
    }
  });

  test("that accepts and never answers is reported within five seconds", async ({ commands }) => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    try {
      const { port } = silent.address() as AddressInfo;
      const env = { TH_DATABASE_URL: `postgres://u:p@127.0.0.1:${port}/d` };
      for (const command of [["status"], ["migrate"]]) {
        const ended = await commands.run(command, { env });
        expectError(ended, 1, /database does not answer/);
        expectWithin(ended.ms, 5_000);
      }
    } finally {
      silent.close();
    }
  });

  test("that is embedded is used in production only on request", async ({ commands }) => {
    for (const env of [{ NODE_ENV: "production" }, { KUBERNETES_SERVICE_HOST: "10.0.0.1" }]) {
      expectError(await commands.run(["status"], { env }), 2, /no database is set.*\n.*TH_DATABASE_URL.*--embedded/);
    }
  });

  testOnDatabase(
    "a schema of a newer release is refused, by every command that would use it",
    async ({ commands, db }) => {
      await db.query("insert into trans_hub.migration (name, run_on) values ('9999_from-the-future', now())");
      for (const command of [
        ["migrate"],
        ["migrate", "status"],
        ["worker"],
        ["status"],
        ["request", "x", "--to", "fr"],
      ]) {
        expectError(await commands.run(command), 1, /9999_from-the-future.*\n.*Upgrade Trans-Hub/);
      }
      const { checks } = await commands.json<{ checks: unknown[] }>(["doctor"], { code: 1 });
      expect(checks).toContainEqual(
        expect.objectContaining({ status: "fail", detail: expect.stringContaining("9999_from-the-future") }),
      );
    },
  );

  testOnDatabase("migrate says that another node is migrating, and goes on after it", async ({ commands, db }) => {
    const other = await db.connect();
    await other.query("set application_name = 'the other node'");
    await other.query("begin; lock table trans_hub.migrating in share update exclusive mode");
    const migrating = commands.start(["migrate", "--json"]);
    await migrating.says(/Waiting for another node that migrates: server process \d+ \(the other node\)/);
    other.release(true);
    const { code, stdout } = await migrating.ended();
    expect({ code, report: JSON.parse(stdout) }).toMatchObject({ code: 0, report: { applied: [], pending: [] } });
  });

  test("with a national date format is read like any other", async ({ commands, database, db }) => {
    const name = new URL(database.url).pathname.slice(1);
    await db.query(`alter database ${name} set datestyle = 'German, DMY'`);
    const env = { TH_DATABASE_URL: database.url, TH_ENGINES: "pseudo" };
    await commands.json(["pause", "--locale", "fr"], { env });
    await commands.json(["gc"], { env });
    expect(await commands.json(["status"], { env })).toMatchObject({ lastCollectionAt: expect.stringMatching(/^20/) });
    const { stdout } = await commands.start(["doctor", "--json"], { env }).ended();
    expect(JSON.parse(stdout).checks).toContainEqual(expect.objectContaining({ name: "gc", status: "ok" }));
  });

  test("without the schema is reported with the remedy", async ({ commands, emptyDatabase }) => {
    const env = { TH_DATABASE_URL: emptyDatabase.url };
    expectError(await commands.run(["status"], { env }), 1, /schema.*\n.*trans-hub migrate/);
  });
});
