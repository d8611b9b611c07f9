import { Coordinator } from "@trans-hub/core";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { drain, item, test, value } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";

const request = (db: Parameters<typeof value>[0], items: unknown[]) =>
  value<object>(db, "select trans_hub.request($1, $2)", [
    JSON.stringify(items),
    JSON.stringify({ sourceLocale: "en", targetLocales: ["fr"] }),
  ]);

describe("the bound of the backlog", () => {
  test("of the database holds for SQL, and lists the refused items among the bad ones", async ({ db, database }) => {
    const { pathname } = new URL(database.url);
    await db.query(`alter database "${pathname.slice(1)}" set trans_hub.max_backlog = '2'`);
    const client = await db.connect();
    client.release(true);
    expect(await request(db, [{ text: "One" }, { text: "" }, { text: "Two" }, { text: "Three" }])).toMatchObject({
      registered: 2,
      rejected: [
        { index: 1, code: "TH_TEXT_EMPTY" },
        { index: 3, code: "TH_BACKLOG_FULL" },
      ],
    });
    expect(await request(db, [{ text: "Two" }, { text: "Four" }])).toMatchObject({
      registered: 0,
      existing: 1,
      rejected: [{ index: 1, code: "TH_BACKLOG_FULL" }],
    });
    // No room, and no item that needs any.
    expect(await request(db, [{ text: "Two" }])).toEqual({
      registered: 0,
      existing: 1,
      queued: 0,
      failed: 0,
      rejected: [],
    });
    expect(await request(db, [{ text: "" }, { text: "Two" }])).toMatchObject({
      existing: 1,
      rejected: [{ index: 0, code: "TH_TEXT_EMPTY" }],
    });
    expect(await request(db, [])).toEqual({ registered: 0, existing: 0, queued: 0, failed: 0, rejected: [] });
    await expectInvariants(db);
  });

  test("of the database holds for the library too, which may set a lower one and no higher one", async ({
    db,
    database,
    openStore,
  }) => {
    await db.query(`alter database "${new URL(database.url).pathname.slice(1)}" set trans_hub.max_backlog = '1'`);
    const store = await openStore();
    expect(await store.register([item("One"), item("Two")])).toMatchObject([
      { registered: 1 },
      { error: { code: "TH_BACKLOG_FULL", retryable: true } },
    ]);
    const full = { error: { code: "TH_BACKLOG_FULL" } };
    expect(await store.register([item("Two")], { maxBacklog: 5 })).toMatchObject([full]);
    await db.query(`alter database "${new URL(database.url).pathname.slice(1)}" set trans_hub.max_backlog = '3'`);
    expect(await store.register([item("Two")], { maxBacklog: 1 })).toMatchObject([full]);
    expect(await store.register([item("Two")], { maxBacklog: 5 })).toMatchObject([{ registered: 1 }]);
  });

  test("throws for a single request, and in an array rejects the surplus items", async ({ database }) => {
    const hub = await Coordinator.connect({ databaseUrl: database.url, sourceLocale: "en", maxBacklog: 2 });
    try {
      const receipt = await hub.request(["One", "Two", "Three"], { targetLocales: ["fr"] });
      expect(receipt).toMatchObject({ registered: 2, rejected: [{ index: 2, code: "TH_BACKLOG_FULL" }] });
      await expect(hub.request("Four", { targetLocales: ["fr"] })).rejects.toMatchObject({ code: "TH_BACKLOG_FULL" });
      expect(await hub.request("One", { targetLocales: ["fr"] })).toMatchObject({ existing: 1 });
    } finally {
      await hub.close();
    }
  });

  test("of the database is not lifted by a session, by its role or by an option of its call", async ({
    db,
    database,
  }) => {
    await boundOf(db, database.url, 1);
    const client = await db.connect();
    try {
      for (const own of ["1000000", "", "many"]) {
        const setting = `set trans_hub.max_backlog = '${own}'`;
        await client.query(setting);
        for (const name of ["request", "enqueue"]) {
          const { rows } = await client.query(`select trans_hub.${name}($1, $2) as receipt`, [
            JSON.stringify([{ text: "One" }, { text: "Two" }]),
            JSON.stringify({ sourceLocale: "en", targetLocales: ["fr"], maxBacklog: 1_000 }),
          ]);
          expect(rows[0].receipt.rejected.at(-1), `${setting} ${name}`).toMatchObject({
            index: 1,
            code: "TH_BACKLOG_FULL",
          });
        }
      }
      await boundOf(db, database.url, "many");
      await expect(
        client.query(`select trans_hub.request('[{"text": "One", "targetLocales": ["fr"]}]')`),
      ).rejects.toMatchObject({ code: "TH001", column: "trans_hub.max_backlog", message: "must be a whole number" });
    } finally {
      client.release(true);
    }
    await expectInvariants(db);
  });

  test("holds for enqueue: what waits in the inbox counts, and texts that are there need no room", async ({
    db,
    database,
    store,
  }) => {
    await store.register([item("There")]);
    await boundOf(db, database.url, 4);
    const client = await db.connect();
    try {
      const enqueue = async (texts: string[], targetLocales: string[]) => {
        const { rows } = await client.query("select trans_hub.enqueue($1, $2) as receipt", [
          JSON.stringify(texts.map((text) => ({ text }))),
          JSON.stringify({ sourceLocale: "en", targetLocales }),
        ]);
        return rows[0].receipt;
      };
      await client.query("begin");
      expect(await enqueue(["One"], ["fr", "de"])).toEqual({ accepted: 1, rejected: [] });
      const rejected = [{ index: 1, code: "TH_BACKLOG_FULL", message: expect.any(String) }];
      expect(await enqueue(["Two", "Three", "There"], ["fr"])).toEqual({ accepted: 2, rejected });
      expect(await enqueue(["There"], ["fr"])).toEqual({ accepted: 1, rejected: [] });
      await client.query("commit");
    } finally {
      client.release();
    }
    expect(await drain(store)).toMatchObject({ translated: 4 });
    await expectInvariants(db);
  });

  test("holds for a request in a caller's transaction, which goes on", async ({ db, database }) => {
    const hub = await Coordinator.connect({ databaseUrl: database.url, sourceLocale: "en", maxBacklog: 2 });
    const client = await db.connect();
    try {
      await client.query("begin");
      const options = { client, targetLocales: ["fr"] };
      expect(await hub.request(["One", "Two"], options)).toEqual({ accepted: 2, rejected: [] });
      expect(await hub.request(["Three", "", "Four"], options)).toMatchObject({
        accepted: 0,
        rejected: [
          { index: 0, code: "TH_BACKLOG_FULL" },
          { index: 1, code: "TH_TEXT_EMPTY" },
          { index: 2, code: "TH_BACKLOG_FULL" },
        ],
      });
      await expect(hub.request("Five", options)).rejects.toMatchObject({ code: "TH_BACKLOG_FULL", retryable: true });
      await client.query("commit");
      expect(await value(db, "select sum(item_count)::int from trans_hub.inbox")).toBe(2);
    } finally {
      client.release();
      await hub.close();
    }
  });
});

async function boundOf(db: pg.Pool, url: string, bound: number | string): Promise<void> {
  await db.query(`alter database "${new URL(url).pathname.slice(1)}" set trans_hub.max_backlog = '${bound}'`);
  // A first bound holds for the sessions that connect after it.
  const client = await db.connect();
  client.release(true);
}
