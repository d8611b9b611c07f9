/** Outages of an engine, with several members on one database. The times are scaled: a second stands for a minute and more. */
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { item, test, value } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";
import type { Engine, EngineBatch, EngineReply } from "../../contract/engine.ts";
import { EngineTransientError } from "../../contract/errors.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import { type TranslateBatchOptions, translateBatch } from "../../translate/translate-batch.ts";

const TIMES = { watchMs: 40, patienceMs: 1_000, faultsOverMs: 100, probeMs: 100, aheadMs: 50 };

type Weather = "up" | "refuses" | "hangs";

/** An engine that a test takes down, and that never translates the texts of `poison`. */
function engineOf(weather: { now: Weather }, poison: RegExp = /^$/, ms = 5): Engine & { asked: string[][] } {
  const asked: string[][] = [];
  return {
    name: "engine",
    version: "1",
    processor: "local",
    maxItemsPerCall: 10,
    maxBytesPerCall: 100_000,
    detectsSource: true,
    takesContext: false,
    asked,
    async translate({ items }: EngineBatch, signal: AbortSignal): Promise<EngineReply> {
      asked.push(items.map(({ text }) => text));
      if (weather.now === "refuses") throw new EngineTransientError("refused");
      if (weather.now === "hangs") {
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      }
      if (items.some(({ text }) => poison.test(text))) throw new EngineTransientError("500");
      await new Promise((resolve) => setTimeout(resolve, ms));
      return { results: new Map(items.map(({ id, text }) => [id, { text: `[fr] ${text}` }])) };
    },
  };
}

function startMember(store: PersistenceHandler, engine: Engine, given: Partial<TranslateBatchOptions> = {}) {
  const stop = new AbortController();
  const translate = translateBatch({
    engines: [engine],
    maxAttempts: 1,
    engineTimeoutMs: 150,
    gate: store.engineGate,
    limiterTimes: TIMES,
    ...given,
  });
  const working = store.work({ until: "stopped", concurrency: 4, maxItems: 10, signal: stop.signal }, translate);
  return async () => {
    stop.abort();
    await working;
  };
}

const texts = (count: number) => Array.from({ length: count }, (_, at) => item(`Text number ${at}`));
const count = async (db: pg.Pool, status: string) =>
  Number(await value<string>(db, `select count(*) from trans_hub.translation where status = '${status}'`));
const circuitOf = async (store: PersistenceHandler) => (await store.engineGate?.states())?.[0]?.circuit;

describe("an outage", () => {
  for (const kind of ["refuses", "hangs"] as const) {
    test(`in which the engine ${kind} buries no text at the last attempt, and all are done soon after it`, async ({
      db,
      openStore,
    }) => {
      const stores = await Promise.all([openStore(), openStore()]);
      await stores[0].register(texts(400));
      const weather: { now: Weather } = { now: kind };
      const engine = engineOf(weather);
      // The clock of one member is an hour fast.
      const members = stores.map((store, at) => startMember(store, engine, { now: () => Date.now() + at * 3_600_000 }));
      await expect.poll(() => circuitOf(stores[0]), { timeout: 20_000 }).toBe("open");
      const { limits } = await stores[0].status();
      expect(limits).toMatchObject([
        { reason: "TH_ENGINE_TRANSIENT", faultySince: expect.any(Date), fault: expect.stringMatching(/\w/) },
      ]);
      const probed = engine.asked.length;
      await expect.poll(() => engine.asked.length, { timeout: 20_000 }).toBeGreaterThan(probed + 8);
      const probes = engine.asked.slice(-4).map(([text]) => text);
      expect(engine.asked.slice(-4).every(({ length }) => length === 1)).toBe(true);
      expect(new Set(probes).size).toBeGreaterThan(1);
      expect([await count(db, "failed"), await count(db, "translated")]).toEqual([0, 0]);
      weather.now = "up";
      await expect.poll(() => count(db, "translated"), { timeout: 20_000 }).toBe(400);
      expect(await circuitOf(stores[0])).toBe("closed");
      await Promise.all(members.map((stop) => stop()));
      await expectInvariants(db);
    });
  }

  test("ends for the calls that hang in it too: their texts do not wait for the time-out", async ({
    db,
    openStore,
  }) => {
    const stores = await Promise.all([openStore(), openStore()]);
    // Of eight lanes, so that more slots than one have work.
    const targetLocales = ["fr", "de", "es", "it", "pl", "pt", "nl", "sv"];
    await stores[0].register(Array.from({ length: 12 }, (_, at) => item(`Text number ${at}`, { targetLocales })));
    const weather: { now: Weather } = { now: "refuses" };
    const given = { engineTimeoutMs: 120_000, limiterTimes: { ...TIMES, leaseMs: 300 } };
    const engine = engineOf(weather);
    const members = stores.map((store) => startMember(store, engine, given));
    await expect.poll(() => circuitOf(stores[0]), { timeout: 20_000 }).toBe("open");
    weather.now = "hangs";
    const asked = engine.asked.length;
    await expect.poll(() => engine.asked.length, { timeout: 20_000 }).toBeGreaterThan(asked + 2);
    weather.now = "up";
    await expect.poll(() => count(db, "translated"), { timeout: 20_000 }).toBe(96);
    await Promise.all(members.map((stop) => stop()));
  });

  test("is not prolonged by a text that breaks the engine, and the text ends when others get answers", async ({
    db,
    openStore,
  }) => {
    const store = await openStore();
    await store.register([...texts(9), item("Poison")]);
    const weather: { now: Weather } = { now: "refuses" };
    const stop = startMember(store, engineOf(weather, /Poison/));
    await expect.poll(() => circuitOf(store), { timeout: 20_000 }).toBe("open");
    weather.now = "up";
    await expect.poll(() => count(db, "translated"), { timeout: 30_000 }).toBe(9);
    // Others go on to get answers, as they do in a fleet.
    const feed = setInterval(() => void store.register([item(`Later ${performance.now()}`)]), 100);
    await expect.poll(() => count(db, "failed"), { timeout: 60_000 }).toBe(1);
    clearInterval(feed);
    await stop();
  });

  test("is what a text that is alone in the fleet and never gets an answer looks like: it waits, and is not buried", async ({
    db,
    openStore,
  }) => {
    const store = await openStore();
    await store.register([item("Poison")]);
    const engine = engineOf({ now: "up" }, /Poison/);
    const stop = startMember(store, engine);
    await expect.poll(() => circuitOf(store), { timeout: 60_000 }).toBe("open");
    const asked = engine.asked.length;
    await expect.poll(() => engine.asked.length, { timeout: 20_000 }).toBeGreaterThan(asked + 5);
    expect(await count(db, "pending")).toBe(1);
    await store.register([item("Good")]);
    await expect.poll(() => count(db, "translated"), { timeout: 20_000 }).toBe(1);
    await stop();
  });
});

test("a member that is cut off from the engine buries nothing, and what it held is done once it is stopped", async ({
  db,
  openStore,
}) => {
  const stores = await Promise.all([openStore(), openStore()]);
  await stores[0].register(texts(600));
  const cutOff = engineOf({ now: "refuses" });
  const stopCutOff = startMember(stores[0], cutOff);
  const stopWell = startMember(stores[1], engineOf({ now: "up" }, /^$/, 40));
  await expect.poll(() => cutOff.asked.length, { timeout: 20_000 }).toBeGreaterThan(5);
  await stopCutOff();
  await expect.poll(() => count(db, "translated"), { timeout: 60_000 }).toBe(600);
  expect(await count(db, "failed")).toBe(0);
  await stopWell();
});
