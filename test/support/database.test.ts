import { readFileSync } from "node:fs";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { createTestDatabase } from "./database.ts";
import { startPostgres } from "./postgres.ts";

test("a test database is UTF8 in locale C, is there for its own and is gone after drop", async () => {
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
  await expect(connect(database.url)).rejects.toMatchObject({ code: "3D000" });
});

describe("a server of one's own", () => {
  test("keeps its address and what was committed over a restart and a crash", async () => {
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

  test("says why it does not start", async () => {
    await expect(startPostgres(["shared_buffers=nonsense"])).rejects.toThrow(/did not start[\s\S]*shared_buffers/);
  });
});

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
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
