import pg from "pg";
import { describe, expect, test } from "vitest";
import { startPostgresWithStandby } from "./standby.ts";

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe("a server with a standby", { timeout: 180_000 }, () => {
  test.each([
    ["a synchronous standby has every commit when it is promoted", true],
    ["an asynchronous one lacks the commits of its lag", false],
  ])("%s", async (_, isSynchronous) => {
    await using server = await startPostgresWithStandby({ isSynchronous });
    await ask(server.url, "create table commits (n int)");
    await ask(server.url, "insert into commits values (1)");
    const second = () => ask(server.url, "insert into commits values (2)");
    if (isSynchronous) await second();
    await server.failOver(isSynchronous ? undefined : second);
    expect(await ask(server.url, "select n from commits order by n")).toEqual(
      isSynchronous ? [{ n: 1 }, { n: 2 }] : [{ n: 1 }],
    );
    await ask(server.url, "insert into commits values (3)");
  });
});
