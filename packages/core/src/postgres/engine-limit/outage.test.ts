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

/** Longer than any wait of a test, so that the end of this time explains no progress. */
const NEVER_MS = 3_600_000;

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
    engineTimeoutMs: 5_000,
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
      const given = kind === "hangs" ? { engineTimeoutMs: 500 } : {};
      const members = stores.map((store, at) =>
        startMember(store, engine, { ...given, now: () => Date.now() + at * 3_600_000 }),
      );
      await expect.poll(() => circuitOf(stores[0])).toBe("open");
      const { limits } = await stores[0].status();
      expect(limits).toMatchObject([
        { reason: "TH_ENGINE_TRANSIENT", faultySince: expect.any(Date), fault: expect.stringMatching(/\w/) },
      ]);
      const probed = engine.asked.length;
      await expect.poll(() => engine.asked.length).toBeGreaterThan(probed + 8);
      const probes = engine.asked.slice(-4).map(([text]) => text);
      expect(engine.asked.slice(-4).every(({ length }) => length === 1)).toBe(true);
      expect(new Set(probes).size).toBeGreaterThan(1);
      expect([await count(db, "failed"), await count(db, "translated")]).toEqual([0, 0]);
      weather.now = "up";
      await expect.poll(() => count(db, "translated")).toBe(400);
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
    const given = { engineTimeoutMs: NEVER_MS, limiterTimes: { ...TIMES, leaseMs: 300 } };
    const engine = engineOf(weather);
    const members = stores.map((store) => startMember(store, engine, given));
    await expect.poll(() => circuitOf(stores[0])).toBe("open");
    weather.now = "hangs";
    const asked = engine.asked.length;
    await expect.poll(() => engine.asked.length).toBeGreaterThan(asked + 2);
    weather.now = "up";
    await expect.poll(() => count(db, "translated")).toBe(96);
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
    await expect.poll(() => circuitOf(store)).toBe("open");
    weather.now = "up";
    await expect.poll(() => count(db, "translated")).toBe(9);
    // Others go on to get answers, as they do in a fleet.
    const feed = setInterval(() => void store.register([item(`Later ${performance.now()}`)]), 100);
    await expect.poll(() => count(db, "failed")).toBe(1);
    clearInterval(feed);
    await stop();
  });

  test("of the only engine of a locale leaves the slots to the texts of others, and its texts wait", async ({
    db,
    openStore,
  }) => {
    const store = await openStore();
    const targetLocales = ["de"];
    await store.register(Array.from({ length: 1_000 }, (_, at) => item(`Text number ${at}`, { targetLocales })));
    const weather: { now: Weather } = { now: "refuses" };
    const [german, well] = [{ ...engineOf(weather), name: "german", targetLocales }, engineOf({ now: "up" })];
    const limiterTimes = { ...TIMES, patienceMs: NEVER_MS };
    const stop = startMember(store, german, { engines: [german, well], limiterTimes });
    await expect.poll(() => circuitOf(store)).toBe("open");
    // So many that those of the other locale are more urgent.
    await store.register(texts(2_000));
    await expect.poll(() => count(db, "translated")).toBe(2_000);
    expect(await count(db, "failed")).toBe(0);
    weather.now = "up";
    await expect.poll(() => count(db, "translated")).toBe(3_000);
    await stop();
    await expectInvariants(db);
  });

  test("is what a text that is alone in the fleet and never gets an answer looks like: it waits, and is not buried", async ({
    db,
    openStore,
  }) => {
    const store = await openStore();
    await store.register([item("Poison")]);
    const engine = engineOf({ now: "up" }, /Poison/);
    const stop = startMember(store, engine);
    await expect.poll(() => circuitOf(store)).toBe("open");
    const asked = engine.asked.length;
    await expect.poll(() => engine.asked.length).toBeGreaterThan(asked + 5);
    expect(await count(db, "pending")).toBe(1);
    await store.register([item("Good")]);
    await expect.poll(() => count(db, "translated")).toBe(1);
    await stop();
  });
});

describe("a member that is cut off from the engine", () => {
  // Longer than a call takes: the fleet has no answer yet when the faults are many enough for an outage.
  for (const [name, ms, faultsOverMs] of [
    ["calls that take longer than the faults", 400, 200],
    ["quick calls", 20, 1_000],
  ] as const) {
    test(`holds no text back from a member with ${name}, opens the circuit once at most, and buries nothing`, async ({
      db,
      openStore,
    }) => {
      const stores = await Promise.all([openStore(), openStore()]);
      await stores[0].register(texts(300));
      const given = { engineTimeoutMs: 5_000, limiterTimes: { ...TIMES, patienceMs: NEVER_MS, faultsOverMs } };
      const faults: string[] = [];
      const [cutOff, well] = [engineOf({ now: "refuses" }), engineOf({ now: "up" }, /^$/, ms)];
      const onFault = (error: Error) => void faults.push(error.message);
      const members = [startMember(stores[0], cutOff, { ...given, onFault })];
      await expect.poll(() => cutOff.asked.length).toBeGreaterThan(5);
      members.push(startMember(stores[1], well, given));
      await expect.poll(() => count(db, "translated")).toBe(300);
      await expect.poll(() => faults.at(-1)).toMatch(/this process no answer.*others got answers/);
      const askedBefore = cutOff.asked.length;
      // Both live, and the member knows that it is cut off.
      await stores[0].register(Array.from({ length: 300 }, (_, at) => item(`Later text ${at}`)));
      await expect.poll(() => count(db, "translated")).toBe(600);
      const asked = cutOff.asked.slice(askedBefore).flat().length;
      expect(asked).toBeLessThan(60);
      const [{ openings = 0 } = {}] = (await stores[0].engineGate?.states()) ?? [];
      expect(openings).toBeLessThanOrEqual(1);
      expect(await count(db, "failed")).toBe(0);
      await Promise.all(members.map((stop) => stop()));
      await expectInvariants(db);
    });
  }

  test("alone waits without losing an attempt, and translates as soon as it gets answers", async ({
    db,
    openStore,
  }) => {
    const stores = await Promise.all([openStore(), openStore()]);
    await stores[0].register([item("Any", { targetLocales: ["de"] }), ...texts(20)]);
    const weather: { now: Weather } = { now: "refuses" };
    const given = { limiterTimes: { ...TIMES, patienceMs: NEVER_MS } };
    const cutOff = engineOf(weather);
    const stop = startMember(stores[0], cutOff, given);
    await expect.poll(() => circuitOf(stores[0])).toBe("open");
    // Somebody else gets an answer, once.
    await stores[1].engineGate?.settle({
      ...{ engine: "engine", callId: crypto.randomUUID(), moreTokens: 0, works: true, retryMs: 0, callMs: 1 },
    });
    const asked = cutOff.asked.length;
    await expect.poll(() => cutOff.asked.length).toBeGreaterThan(asked + 5);
    expect([await count(db, "failed"), await count(db, "translated")]).toEqual([0, 0]);
    weather.now = "up";
    await expect.poll(() => count(db, "translated")).toBe(21);
    await stop();
  });
});
