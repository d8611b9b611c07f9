/** The accounts of engine calls: costs, groups, tags. */
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { PersistenceHandler } from "../../contract/store.ts";
import type { UsageQuery } from "../../contract/usage.ts";
import type { EngineCall, WorkBatch } from "../../contract/work.ts";
import { type AddCase, item, retry, translated, work } from "./kit.ts";

function call(given: Partial<EngineCall> = {}): EngineCall {
  return {
    ...{
      callId: randomUUID(),
      engine: "test",
      model: null,
      items: 1,
      inputTokens: 7,
      outputTokens: 5,
      cachedTokens: 2,
    },
    ...{ latencyMs: 1, outcome: "ok", cost: "0.1", unconfirmed: "0", currency: "USD" },
    ...given,
  };
}

/** Works all that is ready; each batch takes the calls that are given for it. */
async function workWith(handler: PersistenceHandler, calls: (batch: WorkBatch) => EngineCall[]): Promise<WorkBatch[]> {
  const batches: WorkBatch[] = [];
  await work(handler, async (batch) => {
    batches.push(batch);
    return { outcomes: batch.items.map(({ text }) => translated(text)), calls: calls(batch) };
  });
  return batches;
}

const counts = { items: 1, inputTokens: 7, outputTokens: 5, cachedTokens: 2, characters: 0, unpriced: 0 };
const paid = (cost: string) => ({ ...counts, calls: 1, cost, unconfirmed: "0", currency: "USD" });

export function accountingCases(add: AddCase): void {
  const usage = async (handler: PersistenceHandler, query: UsageQuery = {}) => handler.usage(query);

  add("without calls nothing was used", async ({ handler }) => {
    expect(await usage(handler)).toEqual({ rows: [], total: "0", totals: [] });
    expect(await usage(handler, { by: ["engine", "day"] })).toEqual({ rows: [], total: "0", totals: [] });
  });

  add("costs are added up exactly, and a call is booked once", async ({ handler }) => {
    await handler.register([item()]);
    const calls = ["0.1", "0.2", "0.000000000001"].map((cost) => call({ cost, unconfirmed: "1.5" }));
    await workWith(handler, () => [...calls, ...calls]);
    expect(await usage(handler)).toEqual({
      rows: [
        {
          ...{ calls: 3, items: 3, inputTokens: 21, outputTokens: 15, cachedTokens: 6, characters: 0, unpriced: 0 },
          ...{ cost: "0.300000000001", unconfirmed: "4.5", currency: "USD" },
        },
      ],
      total: "0.300000000001",
      totals: [{ currency: "USD", cost: "0.300000000001", unconfirmed: "4.5" }],
    });
  });

  add("a call without a price is counted as such, and is no call that cost nothing", async ({ handler }) => {
    await handler.register([item()]);
    const { cost, unconfirmed, currency, ...unpriced } = call({ characters: 9 });
    await workWith(handler, () => [unpriced]);
    expect(await usage(handler)).toMatchObject({
      rows: [{ calls: 1, characters: 9, unpriced: 1, cost: null, unconfirmed: null, currency: null }],
      total: "0",
    });
    await handler.register([item({ text: "Pay" })]);
    await workWith(handler, () => [call({ cost: "0" })]);
    expect(await usage(handler)).toMatchObject({
      rows: [{ calls: 2, characters: 9, unpriced: 1, cost: "0", unconfirmed: "0", currency: "USD" }],
      total: "0",
    });
  });

  add("two currencies are never added up", async ({ handler }) => {
    await handler.register([item()]);
    await workWith(handler, () => [call(), call({ currency: "EUR", cost: "3" })]);
    const { rows, total, totals } = await usage(handler, { by: ["engine"] });
    expect(rows).toEqual([
      { engine: "test", ...paid("3"), currency: "EUR" },
      { engine: "test", ...paid("0.1") },
    ]);
    expect(total).toBeNull();
    expect(totals.map(({ currency, cost }) => [currency, cost])).toEqual([
      ["EUR", "3"],
      ["USD", "0.1"],
    ]);
  });

  add("accounts are split by each group, and limited to a project and a time", async ({ handler }) => {
    await handler.register([item({ targetLocales: ["de", "fr"] }), item({ project: "other" })]);
    const before = new Date();
    await workWith(handler, ({ project, targetLocale }) => [
      call({ model: `m-${project}`, cost: targetLocale === "fr" ? "0.25" : "0.5" }),
    ]);
    const by = ["project", "locale", "engine", "model"] as const;
    const [other, de, fr] = [
      { project: "other", locale: "fr", engine: "test", model: "m-other", ...paid("0.25") },
      { project: "default", locale: "de", engine: "test", model: "m-default", ...paid("0.5") },
      { project: "default", locale: "fr", engine: "test", model: "m-default", ...paid("0.25") },
    ];
    const all = await usage(handler, { by });
    expect(all.rows).toHaveLength(3);
    expect(all.rows).toEqual(expect.arrayContaining([other, de, fr]));
    expect(all.total).toBe("1");
    expect((await usage(handler, { by, project: "other" })).rows).toEqual([other]);
    const later = new Date(Date.now() + 3_600_000);
    expect(await usage(handler, { from: later })).toMatchObject({ rows: [], total: "0" });
    expect((await usage(handler, { from: new Date(before.getTime() - 3_600_000), to: later })).total).toBe("1");
    const days = (await usage(handler, { by: ["day"] })).rows.map(({ day }) => day);
    expect(days.every((day) => /^\d{4}-\d\d-\d\d$/.test(day ?? ""))).toBe(true);
  });

  add("texts of different tags share no call, and a tag goes to the later tries", async ({ handler }) => {
    await handler.register([item({ text: "One" })], { tag: "team/a" });
    await handler.register([item({ text: "Two" })], { tag: "team/b" });
    await handler.register([item({ text: "Three" })]);
    const tries: unknown[] = [];
    await work(handler, async (batch) => {
      tries.push(...batch.items.map(({ text }) => [text, batch.tag ?? null]));
      const isFirst = batch.items.some(({ attempt }) => attempt === 1) && batch.tag === "team/a";
      return {
        outcomes: batch.items.map(({ text }) => (isFirst ? retry(0) : translated(text))),
        calls: [call()],
      };
    });
    expect(tries).toHaveLength(4);
    expect(tries).toEqual(
      expect.arrayContaining([
        ["One", "team/a"],
        ["Two", "team/b"],
        ["Three", null],
      ]),
    );
    const tagged = (await usage(handler, { by: ["tag"] })).rows.map(({ tag, calls }) => [tag, calls]);
    expect(tagged).toHaveLength(3);
    expect(tagged).toEqual(
      expect.arrayContaining([
        ["team/a", 2],
        ["team/b", 1],
        [null, 1],
      ]),
    );
  });

  add("the first request of a text pays, and a tag is no part of its identity", async ({ handler }) => {
    await handler.register([item()], { tag: "first" });
    const [receipt] = await handler.register([item()], { tag: "second" });
    expect(receipt).toMatchObject({ registered: 0, existing: 1 });
    expect((await workWith(handler, () => [call()])).map(({ tag }) => tag)).toEqual(["first"]);
  });

  add(
    "a request inside a transaction keeps its tag",
    async ({ handler, begin }) => {
      const transaction = await begin();
      await handler.enqueue(transaction.client, [item({ text: "One" })], { tag: "inside" });
      await handler.enqueue(transaction.client, [item({ text: "Two" })]);
      await transaction.commit();
      const batches: unknown[] = [];
      await work(
        handler,
        async (batch) => {
          batches.push(...batch.items.map(({ text }) => [text, batch.tag ?? null]));
          return { outcomes: batch.items.map(({ text }) => translated(text)), calls: [] };
        },
        { until: "empty" },
      );
      expect(batches).toHaveLength(2);
      expect(batches).toEqual(
        expect.arrayContaining([
          ["One", "inside"],
          ["Two", null],
        ]),
      );
    },
    "begin",
  );
}
