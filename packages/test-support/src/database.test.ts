import { spawn } from "node:child_process";
import { once as firstOf } from "node:events";
import { readFileSync } from "node:fs";
import pg from "pg";
import { describe, expect, inject, test } from "vitest";
import { createTestDatabase, test as databaseTest, testOnSharedDatabase } from "./database.ts";
import { startPostgres } from "./postgres.ts";

test("a test database is UTF8 in locale C, independent of others, and lets nobody in after its drop", async () => {
  const database = await createTestDatabase({ migrated: false });
  const client = await connect(database.url);
  const { rows } = await client.query(
    "select pg_encoding_to_char(encoding) as encoding, datcollate from pg_database where datname = current_database()",
  );
  expect(rows).toEqual([{ encoding: "UTF8", datcollate: "C" }]);

  const ended = new Promise((resolve) => client.on("error", resolve));
  await database.drop(); // over a connection that is still open
  await database.drop();
  expect(await ended).toMatchObject({ code: "57P01" });
  await expect(connect(database.url)).rejects.toMatchObject({ code: "55000" });
});

test("databases of ended tests are removed when there are many", async () => {
  const { prefix, url } = inject("testServer");
  const client = await connect(url);
  const left = async () => {
    const { rows } = await client.query(
      "select count(*)::int as n from pg_database where starts_with(datname, $1) and datconnlimit = 0",
      [prefix],
    );
    return rows[0].n as number;
  };
  let most = 0;
  for (let made = 0; made < 45; made += 1) {
    await (await createTestDatabase({ migrated: false })).drop();
    most = Math.max(most, await left());
  }
  // Other test files end theirs meanwhile.
  expect(await left()).toBeLessThan(most);
  expect(most).toBeLessThan(60);
  await client.end();
});

describe("each test has its own migrated database", () => {
  for (const time of ["first", "second"]) {
    databaseTest(`the ${time} test finds no rows of another`, async ({ db, database }) => {
      await db.query("create table trans_hub.mark ()");
      const { rows } = await db.query("select current_database() as name, count(*)::int as n from trans_hub.migration");
      expect(rows[0].n).toBeGreaterThan(0);
      expect(new URL(database.url).pathname).toBe(`/${rows[0].name}`);
    });
  }
});

describe("tests on the shared database share it", () => {
  testOnSharedDatabase("one leaves a mark", async ({ db }) => {
    await db.query("create table mark ()");
  });
  testOnSharedDatabase("another finds it", async ({ db }) => {
    await db.query("select from mark");
  });
});

test("concurrent test files share one template", async () => {
  const databases = await Promise.all(Array.from({ length: 6 }, () => createTestDatabase({ locale: "POSIX" })));
  const sql = "select count(*)::int as n from pg_database where datname ~ 'template_POSIX$'";
  expect(await once(databases[0]?.url ?? "", sql)).toEqual([{ n: 1 }]);
  await Promise.all(databases.map((database) => database.drop()));
});

describe("a test server of its own", () => {
  test("keeps its address and its committed rows over a restart and a crash", async () => {
    const server = await startPostgres();
    try {
      await once(server.url, "create table kept as select 1 as n");
      await server.restart();
      await once(server.url, "insert into kept values (2)");
      await server.restart("crash");
      expect(await once(server.url, "select n from kept order by n")).toEqual([{ n: 1 }, { n: 2 }]);
    } finally {
      await server.stop();
    }
    await expect(connect(server.url)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("takes settings, and leaves no process and no folder behind", async () => {
    const server = await startPostgres(["fsync=on"]);
    let folder: string;
    try {
      expect(await once(server.url, "show fsync")).toEqual([{ fsync: "on" }]);
      const [row] = await once(server.url, "select current_setting('data_directory') as folder");
      folder = String(row?.folder);
    } finally {
      await server.stop();
      await server.stop();
    }
    expect(() => readFileSync(`${folder}/postmaster.pid`)).toThrow("ENOENT");
  });

  test("ends when the process that started it is killed", async () => {
    const starter = spawn(process.execPath, [
      "--input-type=module",
      "--eval",
      `import { startPostgres } from ${JSON.stringify(new URL("./postgres.ts", import.meta.url).href)};
       console.log((await startPostgres()).url);`,
    ]);
    const [url] = await firstOf(starter.stdout, "data");
    await once(String(url).trim(), "select");
    starter.kill("SIGKILL");
    await expect.poll(() => connect(String(url).trim()).then(String, ({ code }) => code)).toBe("ECONNREFUSED");
  });

  test("reports the reason when it does not start", async () => {
    await expect(startPostgres(["shared_buffers=nonsense"])).rejects.toThrow(/did not start[\s\S]*shared_buffers/);
  });
});

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  // The server is stopped under this client; a connection that ends meanwhile is expected.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function once(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = await connect(url);
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
