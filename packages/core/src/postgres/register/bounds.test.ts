import { Coordinator } from "@trans-hub/core";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { item, test, value } from "@trans-hub/test-support/store";
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

  test("of the database holds for the library too, unless the library sets its own", async ({
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
});
