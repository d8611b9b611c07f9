import { setTimeout as wait } from "node:timers/promises";
import { test, texts, translatedCount } from "@trans-hub/test-support/fleet";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { echo } from "@trans-hub/test-support/store";
import { expect, onTestFinished, vi } from "vitest";
import { ConnectionPool } from "../../database/pool.ts";
import { giveBack, markStarted } from "../../queue/load-batches.ts";

test.for([
  ["at once", 0, 4],
  ["after a while", 30, 1],
] as const)(
  "the batches that a slot begins together, with an engine that answers %s",
  async ([, engineMs, together], { openStore }) => {
    const store = await openStore({ batchSize: 2 });
    await store.register(texts(100));
    const asked = vi.spyOn(ConnectionPool.prototype, "query");
    onTestFinished(() => asked.mockRestore());
    const calls: number[] = [];
    await store.work({ until: "ready", concurrency: 1, maxItems: 2 }, async (batch, signal) => {
      calls.push(batch.items.length);
      if (engineMs > 0) await wait(engineMs);
      return echo(batch, signal);
    });
    const marked = asked.mock.calls.filter(([{ name }]) => name === markStarted.name);
    expect(Math.max(...marked.map(([{ values }]) => values?.[0].length))).toBe(together);
    // However many batches a slot takes, a call is never given more than a call may be.
    expect(calls).toEqual(Array.from({ length: 50 }, () => 2));
  },
);

test("a limit is passed by less than one call, however many short calls a slot takes", async ({ openStore }) => {
  const store = await openStore({ batchSize: 5 });
  await store.register(texts(200, { targetLocales: ["fr", "de"] }));
  const { translated } = await store.work({ until: "ready", concurrency: 4, maxItems: 5, limit: 201 }, echo);
  expect(translated).toBe(205);
});

test("a worker gives surplus batches back, untouched, when its fast engine grows slow", async ({ db, openStore }) => {
  const store = await openStore({ batchSize: 2 });
  await store.register(texts(400));
  const asked = vi.spyOn(ConnectionPool.prototype, "query");
  onTestFinished(() => asked.mockRestore());
  const sent: string[] = [];
  let calls = 0;
  await store.work({ until: "ready", concurrency: 1, maxItems: 2 }, async (batch, signal) => {
    calls += 1;
    sent.push(...batch.items.map(({ text }) => text));
    if (calls === 60) await wait(300);
    return echo(batch, signal);
  });
  expect(asked.mock.calls.filter(([{ name }]) => name === giveBack.name).length).toBeGreaterThan(0);
  expect(sent.toSorted()).toEqual(
    texts(400)
      .map(({ text }) => text)
      .toSorted(),
  );
  expect(await translatedCount(db)).toBe(400);
  await expectInvariants(db);
});
