import { randomUUID } from "node:crypto";
import { sessionWaits, test } from "@trans-hub/test-support/batches";
import { value } from "@trans-hub/test-support/store";
import type pg from "pg";
import { expect } from "vitest";
import { DatabaseUnavailableError, SettingsError } from "../../contract/errors.ts";
import { ConnectionPool } from "../database/pool.ts";
import type { StatementConfig } from "../database/statement.ts";
import { budgetOf, loseStrays } from "./budget-store.ts";

const BATCH = { project: "default", sourceLocale: "en", targetLocale: "fr" };

test("a hold that could not be given back is worth nothing from the next reservation on", async ({
  db,
  database,
  pool,
  store,
}) => {
  await store.setBudget({ project: "default", per: "day", amount: "1", currency: "USD" });
  const wish = (amount: string) => ({
    ...{ callId: randomUUID(), engine: "test", model: null, items: 1, currency: "USD" },
    amount,
  });
  const unreleased = new Set<string>();
  const lost = new ConnectionPool({ databaseUrl: database.url, maxConnections: 1 });
  const cutOff = budgetOf(lost, BATCH, () => "node", unreleased);
  const notMade = wish("0.9");
  expect((await cutOff.reserve(notMade)).kind).toBe("granted");
  await lost.end();
  await expect(cutOff.release(notMade.callId)).rejects.toThrow();

  const budget = budgetOf(pool, BATCH, () => "node", unreleased);
  expect((await budget.reserve(wish("0.8"))).kind).toBe("granted");
  expect(await value(db, "select trim_scale(sum(amount))::text from trans_hub.budget_hold")).toBe("0.8");
  expect(unreleased.size).toBe(0);
});

test("a reservation without an answer holds nothing, also when it is committed after its release", async ({
  db,
  database,
  pool,
  store,
}) => {
  await store.setBudget({ project: "default", per: "day", amount: "1", currency: "USD" });
  const late: Promise<unknown>[] = [];
  class Cut extends ConnectionPool {
    override async query<Row extends pg.QueryResultRow>(config: StatementConfig): Promise<pg.QueryResult<Row>> {
      const result = super.query<Row>(config);
      if (config.name !== "budget.reserve") return result;
      late.push(result.catch((error: Error) => error));
      await sessionWaits(db);
      throw new DatabaseUnavailableError("The connection was lost");
    }
  }
  const cut = new Cut({ databaseUrl: database.url });
  const locker = await db.connect();
  const callId = randomUUID();
  try {
    await locker.query("begin");
    await locker.query("select from trans_hub.budget for update");
    const budget = budgetOf(cut, BATCH, () => "node", new Set());
    const wish = { callId, engine: "test", model: null, items: 1, currency: "USD", amount: "0.9" };
    await expect(budget.reserve(wish)).rejects.toThrow();
    await budget.release(callId);
    await locker.query("commit");
    expect(await Promise.all(late)).toEqual([expect.objectContaining({ code: expect.any(String) })]);
  } finally {
    locker.release(true);
    await cut.end();
  }
  expect(await store.listBudgets("default")).toMatchObject([{ held: "0", spent: "0" }]);
  // Its member is gone, and its call was never made.
  await loseStrays(pool);
  expect(await value(db, "select count(*)::int from trans_hub.budget_hold")).toBe(0);
  expect(await value(db, "select count(*)::int from trans_hub.usage")).toBe(0);
});

test("of two budgets that are set at the same moment in two currencies one is refused", async ({ db, store }) => {
  const first = await db.connect();
  try {
    await first.query("begin");
    await first.query("select trans_hub.set_budget('default', 'day', 1, 'USD', null)");
    const second = store.setBudget({ project: "default", per: "month", amount: "20", currency: "EUR" });
    second.catch(() => undefined);
    await sessionWaits(db);
    await first.query("commit");
    await expect(second).rejects.toBeInstanceOf(SettingsError);
  } finally {
    first.release(true);
  }
  expect(await store.listBudgets("default")).toMatchObject([{ per: "day", currency: "USD" }]);
});

test("a reservation does not wait for a budget of another project that is being set", async ({ db, pool, store }) => {
  await store.setBudget({ project: "default", per: "day", amount: "1", currency: "USD" });
  const other = await db.connect();
  try {
    await other.query("begin");
    await other.query("select trans_hub.set_budget('other', 'day', 1, 'USD', null)");
    const wish = { callId: randomUUID(), engine: "test", model: null, items: 1, currency: "USD", amount: "0.9" };
    expect(await budgetOf(pool, BATCH, () => "node", new Set()).reserve(wish)).toEqual({ kind: "granted" });
  } finally {
    other.release(true);
  }
});
