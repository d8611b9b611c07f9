import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { EngineCallEnd, EngineFault, EngineGate, EngineTurn, EngineWish } from "../../contract/engine-gate.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import { type AddCase, item, Translator, until, work } from "./kit.ts";

/** Too long to end by itself in any case. */
const LONG_MS = 600_000;

export function limitingCases(addCase: AddCase): void {
  const add = (sentence: string, body: Parameters<AddCase>[1]) => addCase(sentence, body, "engineGate");

  add("an engine without limits is called at once, and has no recorded state", async ({ handler }) => {
    expect(await gateOf(handler).states()).toEqual([]);
    expect(await ask(handler)).toEqual({ isGranted: true, afterMs: 0, isProbe: false });
    expect((await handler.status()).limits.map(({ circuit }) => circuit)).toEqual(["closed"]);
  });

  add("all members take from one bucket of requests: a burst at once, then one by one", async ({ handler, open }) => {
    const other = await open();
    // 2 at once, then one in 766 ms.
    const limits = { rpm: 80 };
    for (const member of [handler, other]) {
      expect(await ask(member, { limits })).toMatchObject({ isGranted: true, afterMs: 0 });
    }
    const refused = await ask(other, { limits });
    expect(refused).toMatchObject({ isGranted: false, heldBy: "rate" });
    expect(waitOf(refused)).toBeGreaterThan(0);
    expect(waitOf(refused)).toBeLessThanOrEqual(767);
    // A refusal took nothing: the next two turns can be had ahead of their time.
    const ahead = await ask(handler, { limits, aheadMs: 800 });
    const behind = await ask(other, { limits, aheadMs: 1_600 });
    expect(ahead).toMatchObject({ isGranted: true });
    expect(behind).toMatchObject({ isGranted: true });
    expect(waitOf(behind) - waitOf(ahead)).toBeGreaterThan(400);
    expect(waitOf(behind)).toBeLessThanOrEqual(1_533);
    expect(await ask(handler, { limits, engine: "other" })).toMatchObject({ isGranted: true });
  });

  add("a bucket fills up again, and never beyond its size", async ({ handler }) => {
    const limits = { rpm: 6_000, tpm: 600_000 };
    for (let at = 0; at < 2; at += 1) expect(await ask(handler, { limits, tokens: 10_000 })).toMatchObject(GRANTED);
    // 20,000 tokens at once, then 9,600 a second.
    await until(async () => (await ask(handler, { limits, tokens: 18_000 })).isGranted);
    const next = await ask(handler, { limits, tokens: 18_000 });
    expect(next).toMatchObject({ isGranted: false, heldBy: "rate" });
    expect(waitOf(next)).toBeGreaterThan(500);
  });

  add(
    "a call of more tokens than the bucket holds gets its turn, and is paid off before the next",
    async ({ handler }) => {
      // 333 at once, 160 a second.
      const limits = { tpm: 10_000 };
      expect(await ask(handler, { limits, tokens: 2_000 })).toMatchObject(GRANTED);
      const next = await ask(handler, { limits, tokens: 100 });
      expect(next).toMatchObject({ isGranted: false, heldBy: "rate" });
      expect(waitOf(next)).toBeGreaterThan(9_000);
    },
  );

  add("tokens are corrected to the real use", async ({ handler }) => {
    const limits = { tpm: 10_000 };
    const callId = randomUUID();
    await ask(handler, { limits, tokens: 330, callId });
    expect(await ask(handler, { limits, tokens: 300 })).toMatchObject({ isGranted: false });
    await settle(handler, callId, { moreTokens: -330 });
    expect(await ask(handler, { limits, tokens: 300 })).toMatchObject(GRANTED);
    await settle(handler, randomUUID(), { moreTokens: 1_000 });
    expect(waitOf(await ask(handler, { limits, tokens: 50 }))).toBeGreaterThan(5_000);
  });

  add("a pause holds all members for one engine, and is never shortened", async ({ handler, open }) => {
    const other = await open();
    expect(await gateOf(handler).pause("engine", 30_000)).toMatchObject({ isNew: true });
    const again = await gateOf(other).pause("engine", 1_000);
    expect(again.isNew).toBe(false);
    expect(again.waitMs).toBeGreaterThan(20_000);
    const held = await ask(other);
    expect(held).toMatchObject({ isGranted: false, heldBy: "pause" });
    expect(waitOf(held)).toBeGreaterThan(20_000);
    expect(await ask(other, { engine: "other" })).toMatchObject(GRANTED);
    const [state] = await gateOf(other).states();
    expect(state).toMatchObject({ engine: "engine", circuit: "closed", openings: 0 });
    expect(state?.pausedMs).toBeGreaterThan(20_000);
    expect((await handler.status()).limits[0]?.pausedUntil).toBeInstanceOf(Date);
  });

  add("a pause ends by itself", async ({ handler }) => {
    await gateOf(handler).pause("engine", 50);
    await until(async () => (await ask(handler)).isGranted);
    expect((await handler.status()).limits[0]?.pausedUntil).toBeNull();
  });

  add("concurrent calls are counted over all members, and a lost call ends by itself", async ({ handler, open }) => {
    const other = await open();
    const limits = { concurrency: 2 };
    const callId = randomUUID();
    expect(await ask(handler, { limits, callId })).toMatchObject(GRANTED);
    expect(await ask(other, { limits, leaseMs: 200 })).toMatchObject(GRANTED);
    expect(await ask(other, { limits })).toMatchObject({ isGranted: false, heldBy: "calls" });
    expect(await ask(other, { limits, engine: "other" })).toMatchObject(GRANTED);
    await settle(handler, callId);
    await settle(handler, callId);
    expect(await ask(other, { limits })).toMatchObject(GRANTED);
    await until(async () => (await ask(other, { limits })).isGranted);
    expect(await ask(other, { limits })).toMatchObject({ isGranted: false });
    expect(await gateOf(handler).states()).toMatchObject([{ running: 2 }, { engine: "other", running: 1 }]);
  });

  add("a running call keeps its place while it is renewed", async ({ handler, open }) => {
    const other = await open();
    const limits = { concurrency: 1 };
    const [callId, lost] = [randomUUID(), randomUUID()];
    await ask(handler, { limits, callId, leaseMs: 150 });
    await gateOf(handler).renew("engine", [callId, lost], LONG_MS);
    await ask(other, { engine: "clock", limits, leaseMs: 150 });
    await until(async () => (await ask(other, { engine: "clock", limits })).isGranted);
    expect(await ask(other, { limits })).toMatchObject({ isGranted: false, heldBy: "calls" });
    await settle(handler, callId);
    expect(await ask(other, { limits })).toMatchObject(GRANTED);
  });

  add("a probe does not count as lost while it is renewed", async ({ handler, open }) => {
    const other = await open();
    await gateOf(handler).open(fault(randomUUID(), 10));
    const callId = randomUUID();
    await until(async () => isProbe(await ask(handler, { callId, leaseMs: 1_000 })));
    await gateOf(handler).renew("engine", [callId], LONG_MS);
    expect(waitOf(await ask(other))).toBeGreaterThan(1_000);
    expect(await settle(handler, callId, { works: true })).toEqual({ isClosed: true });
  });

  add("a circuit opens once, also when several calls find the fault", async ({ handler, open }) => {
    const other = await open();
    const opened = await gateOf(handler).open(fault(randomUUID(), LONG_MS));
    expect(opened).toMatchObject({ openings: 1, waitMs: LONG_MS });
    expect(await gateOf(other).open(fault(randomUUID(), 1, "TH_ENGINE_QUOTA"))).toMatchObject({ openings: 1 });
    expect(await ask(other)).toMatchObject({ isGranted: false, heldBy: "circuit", reason: "TH_ENGINE_CONFIG" });
    expect(await ask(other, { engine: "other" })).toMatchObject(GRANTED);
    expect((await handler.status()).limits).toMatchObject([
      { engine: "engine", circuit: "open", reason: "TH_ENGINE_CONFIG", openUntil: expect.any(Date), pausedUntil: null },
      { engine: "other", circuit: "closed", reason: null, openUntil: null },
    ]);
  });

  add("an open circuit is tried by one call, and closes when that succeeds", async ({ handler, open }) => {
    const other = await open();
    await gateOf(handler).open(fault(randomUUID(), 30));
    const callId = randomUUID();
    await until(async () => isProbe(await ask(handler, { callId })));
    expect(await ask(other)).toMatchObject({ isGranted: false, heldBy: "circuit" });
    expect(await gateOf(other).states()).toMatchObject([{ circuit: "half_open", openMs: 0 }]);
    // A call that began before the circuit opened decides nothing.
    await settle(other, randomUUID(), { works: true });
    await gateOf(other).open(fault(randomUUID(), LONG_MS));
    expect(await gateOf(other).states()).toMatchObject([{ circuit: "half_open" }]);
    expect(await settle(handler, callId, { works: true })).toEqual({ isClosed: true });
    expect(await settle(handler, callId, { works: true })).toEqual({ isClosed: false });
    expect(await ask(other)).toMatchObject({ isGranted: true, isProbe: false });
    // The next opening has another number.
    expect(await gateOf(other).open(fault(randomUUID(), 100))).toMatchObject({ openings: 2, waitMs: 100 });
  });

  add("each failed probe keeps the circuit open for twice as long, up to a bound", async ({ handler }) => {
    await gateOf(handler).open(fault(randomUUID(), 20));
    const waits: number[] = [];
    for (let at = 0; at < 3; at += 1) {
      const callId = randomUUID();
      await until(async () => isProbe(await ask(handler, { callId })));
      const { waitMs, openings } = await gateOf(handler).open({ ...fault(callId, 20), longestMs: 60 });
      expect(openings).toBe(1);
      waits.push(waitMs);
    }
    expect(waits).toEqual([40, 60, 60]);
  });

  add("a probe without a result leaves the decision to another", async ({ handler }) => {
    await gateOf(handler).open(fault(randomUUID(), 10));
    const callId = randomUUID();
    await until(async () => isProbe(await ask(handler, { callId })));
    expect(await settle(handler, callId, { retryMs: LONG_MS })).toEqual({ isClosed: false });
    expect(await ask(handler)).toMatchObject({ isGranted: false, heldBy: "circuit" });
    const states = await gateOf(handler).states();
    expect(states[0]?.openMs).toBeGreaterThan(LONG_MS / 2);
  });

  add("a probe whose member died is followed by another", async ({ handler, open }) => {
    const other = await open();
    await gateOf(handler).open(fault(randomUUID(), 10));
    await until(async () => isProbe(await ask(handler, { leaseMs: 150 })));
    expect(await ask(other)).toMatchObject({ isGranted: false, heldBy: "circuit" });
    const callId = randomUUID();
    await until(async () => isProbe(await ask(other, { callId })));
    expect(await settle(other, callId, { works: true })).toEqual({ isClosed: true });
  });

  add(
    "calls without an answer over some time are an outage, and the first answer to any member ends it",
    async (given) => {
      const { handler } = given;
      const [gate, other] = [gateOf(handler), gateOf(await given.open())];
      const silence = (callMs = 0, callId: string = randomUUID()) => ({
        engine: "engine",
        callId,
        reason: "TH_ENGINE_TRANSIENT",
        message: "refused",
        callMs,
        leastFaults: 3,
        leastMs: 50,
        probeMs: 20,
      });
      expect(await gate.fail(silence())).toMatchObject({ isOutage: false, doubts: 1 });
      expect(await other.fail(silence())).toMatchObject({ isOutage: false, doubts: 2 });
      // The answer to a call that began earlier ends the row of faults, and refutes none of them.
      await settle(handler, randomUUID(), { works: true, callMs: LONG_MS });
      expect(await gate.fail(silence())).toMatchObject({ isOutage: false, doubts: 3 });
      await until(async () => (await other.fail(silence())).isOutage);
      expect(await other.states()).toMatchObject([{ circuit: "open", fault: "refused", openings: 1 }]);
      expect((await handler.status()).limits).toMatchObject([
        { circuit: "open", reason: "TH_ENGINE_TRANSIENT", faultySince: expect.any(Date), fault: "refused" },
      ]);
      const [lost, callId] = [randomUUID(), randomUUID()];
      await until(async () => isProbe(await ask(handler, { callId: lost, leaseMs: 50 })));
      // A probe that hangs is followed by another, however often it is renewed.
      await gate.renew("engine", [lost], LONG_MS);
      await until(async () => isProbe(await ask(handler, { callId })));
      // A member without a fault of its own tries beside the probe, which keeps its role.
      expect(await ask(handler, { besideOutage: true })).toMatchObject({ isGranted: true, isProbe: true });
      expect(await ask(handler)).toMatchObject({ isGranted: false, heldBy: "circuit", isTried: true });
      const failed = await gate.fail(silence(0, callId));
      expect(failed).toMatchObject({ isOutage: true, waitMs: 20, openings: 1, counts: true });
      // Before the last faults: the answer above.
      expect(failed.answeredMs).toBeGreaterThanOrEqual(failed.faultyMs);
      expect(await settle(handler, randomUUID(), { works: true })).toEqual({ isClosed: true });
      expect(await gate.states()).toMatchObject([{ circuit: "closed", faultyMs: 0, fault: null }]);
      // A call that began in the outage says nothing about the time after it.
      expect(await gate.fail(silence(LONG_MS))).toMatchObject({ isOutage: true, faultyMs: 0, counts: false });
      expect(await gate.states()).toMatchObject([{ circuit: "closed", faultyMs: 0 }]);
      expect(await gate.fail(silence())).toMatchObject({ isOutage: false, doubts: 1 });
    },
  );

  for (const target of [{ engine: "engine" }, {}]) {
    const name = target.engine === undefined ? "every engine" : "an engine";
    add(
      `a resume of ${name} closes its circuit, ends its pause, and makes waiting work due`,
      async ({ handler, open }) => {
        const other = await open();
        const gate = gateOf(handler);
        const postponed = new Translator(() => ({ kind: "postponed", delayMs: LONG_MS }));
        await handler.register([item()]);
        await work(handler, postponed.translate);
        await gate.open(fault(randomUUID(), LONG_MS));
        await gate.pause("engine", LONG_MS);
        await gate.pause("limited", LONG_MS);
        expect(await ask(other)).toMatchObject({ isGranted: false });
        expect((await handler.status()).jobs).toMatchObject({ ready: 0, scheduled: 1 });
        // Other targets are not the engine's.
        await handler.resume({ engine: "other" });
        await handler.resume({ targetLocale: "fr" });
        expect(await ask(other)).toMatchObject({ isGranted: false });
        await handler.resume(target);
        expect(await gate.states()).toMatchObject([
          { engine: "engine", circuit: "closed", openMs: 0, pausedMs: 0, reason: null },
          { engine: "limited" },
        ]);
        expect((await gate.states())[1]?.pausedMs === 0).toBe(target.engine === undefined);
        expect(await ask(other)).toMatchObject({ isGranted: true, isProbe: false });
        const translator = new Translator();
        await work(other, translator.translate);
        expect(translator.items.map(({ attempt }) => attempt)).toEqual([1]);
      },
    );
  }

  add(
    "a reset of the circuit leaves the pause, and a probe that was under way decides nothing",
    async ({ handler }) => {
      const gate = gateOf(handler);
      await gate.open(fault(randomUUID(), 10));
      const callId = randomUUID();
      await until(async () => isProbe(await ask(handler, { callId })));
      expect(await ask(handler)).toMatchObject({ isGranted: false, heldBy: "circuit", isTried: true });
      await gate.pause("engine", LONG_MS);
      expect(await gate.reset("other", { pause: false })).toEqual([]);
      expect(await gate.reset(undefined, { pause: false })).toEqual(["engine"]);
      expect(await gate.reset("engine", { pause: false })).toEqual([]);
      expect(await settle(handler, callId)).toEqual({ isClosed: false });
      expect(await ask(handler)).toMatchObject({ isGranted: false, heldBy: "pause" });
      expect(await gate.reset("engine", { pause: true })).toEqual(["engine"]);
      expect(await ask(handler)).toMatchObject({ isGranted: true, isProbe: false });
      // The next opening begins with the shortest time again.
      expect(await gate.open(fault(randomUUID(), 100))).toMatchObject({ openings: 2, waitMs: 100 });
    },
  );

  add("a resume leaves the backoff of an attempt as it is", async ({ handler }) => {
    const error = { at: "2026-01-01T00:00:00.000Z", engine: "engine", code: "TH_ENGINE_TRANSIENT", message: "away" };
    await handler.register([item()]);
    await work(handler, new Translator(() => ({ kind: "retry", error, delayMs: LONG_MS, split: false })).translate);
    await handler.resume({});
    expect((await handler.status()).jobs).toMatchObject({ ready: 0, scheduled: 1 });
  });

  add("members that ask at the same moment share the allowance, and no more", async ({ handler, open }) => {
    const members = [handler, await open(), await open()];
    const limits = { rpm: 320, concurrency: 7 };
    const all = (wish: Partial<EngineWish>) =>
      Promise.all(Array.from({ length: 30 }, (_, at) => ask(members[at % 3] as PersistenceHandler, wish)));
    const turns = await all({ limits });
    expect(turns.filter(({ isGranted }) => isGranted)).toHaveLength(7);
    await gateOf(handler).open(fault(randomUUID(), 0, "TH_ENGINE_CONFIG", "tried"));
    const probes = await all({ engine: "tried" });
    expect(probes.filter(isProbe)).toHaveLength(1);
  });
}

const GRANTED = { isGranted: true, afterMs: 0 };

function gateOf({ engineGate }: PersistenceHandler): EngineGate {
  if (engineGate === undefined) throw new Error("the store has no engine gate");
  return engineGate;
}

function ask(handler: PersistenceHandler, given: Partial<EngineWish> = {}): Promise<EngineTurn> {
  const callId = randomUUID();
  return gateOf(handler).reserve({
    engine: "engine",
    callId,
    tokens: 0,
    limits: {},
    aheadMs: 0,
    leaseMs: LONG_MS,
    ...given,
  });
}

function settle(handler: PersistenceHandler, callId: string, given: Partial<EngineCallEnd> = {}) {
  return gateOf(handler).settle({
    engine: "engine",
    callId,
    moreTokens: 0,
    works: undefined,
    retryMs: 0,
    callMs: 0,
    ...given,
  });
}

function fault(callId: string, forMs: number, reason = "TH_ENGINE_CONFIG", engine = "engine"): EngineFault {
  return { engine, callId, reason, forMs, longestMs: LONG_MS };
}

function waitOf(turn: EngineTurn): number {
  return turn.isGranted ? turn.afterMs : turn.waitMs;
}

function isProbe(turn: EngineTurn): boolean {
  return turn.isGranted && turn.isProbe;
}
