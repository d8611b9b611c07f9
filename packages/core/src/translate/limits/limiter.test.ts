import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { EngineGate } from "../../contract/engine-gate.ts";
import { DatabaseUnavailableError, EngineConfigError, type TransHubError } from "../../contract/errors.ts";
import type { EngineCall } from "../../contract/work.ts";
import { EngineLimiter, type LimiterOptions, type Permit } from "./limiter.ts";
import { LocalEngineGate } from "./local-engine-gate.ts";

/** A gate that remembers which of its methods were called. */
function watched(gate: EngineGate = new LocalEngineGate()): EngineGate & { asked: string[] } {
  const asked: string[] = [];
  const methods = ["states", "reserve", "settle", "renew", "pause", "open", "fail", "reset"] as const;
  const entries = methods.map((name) => [
    name,
    (...given: never[]) => {
      asked.push(name);
      return (gate[name] as (...given: never[]) => unknown)(...given);
    },
  ]);
  return Object.assign(Object.fromEntries(entries) as EngineGate, { asked });
}

function limiter(gate: EngineGate, given: Partial<LimiterOptions> = {}) {
  const faults: [string, string][] = [];
  const changes: string[] = [];
  const made = new EngineLimiter({
    gate,
    now: () => Date.UTC(2026, 0, 1, 12, 0, 30),
    random: () => 0.5,
    onFault: (error, engine) => faults.push([engine, error.code]),
    onChange: ({ engine, change }) => changes.push(`${engine} ${change}`),
    ...given,
    times: { patienceMs: 30, aheadMs: 30, watchMs: 30, circuitMs: 60, ...given.times },
  });
  return Object.assign(made, { faults, changes });
}

/** For the rest of the test, limiter, gate and renewals have a clock that only `pass` moves. Waits for a turn are real. */
function stopClock(): void {
  vi.useFakeTimers({ toFake: ["performance", "setInterval", "clearInterval"] });
}
afterEach(() => void vi.useRealTimers());

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

const forever = new AbortController().signal;
const call = (given: Partial<EngineCall> = {}): EngineCall => ({
  callId: "",
  engine: "engine",
  model: null,
  items: 1,
  inputTokens: 0,
  outputTokens: 0,
  cachedTokens: 0,
  latencyMs: 1,
  outcome: "ok",
  ...given,
});
const misconfigured = { kind: "config", error: new EngineConfigError("401") as TransHubError };

async function permitted(asked: ReturnType<EngineLimiter["ask"]>): Promise<Permit> {
  const answer = await asked;
  if (answer === undefined || "error" in answer) throw new Error(`held: ${answer?.error.message}`);
  return answer;
}

describe("without limits", () => {
  test("a call costs no statement, except one read for all engines from time to time", async () => {
    const gate = watched();
    const own = limiter(gate, { times: { watchMs: 60_000 } });
    for (const engine of ["one", "two", "one", "one"]) {
      await own.ended(await permitted(own.ask(engine, 100, forever)), call());
    }
    expect(gate.asked).toEqual(["states"]);
  });

  test("a pause made by another process is obeyed after the next read, and ends by itself", async () => {
    stopClock();
    const gate = new LocalEngineGate();
    const own = limiter(gate);
    await permitted(own.ask("engine", 0, forever));
    await gate.pause("engine", 200);
    await pass(29);
    await permitted(own.ask("engine", 0, forever));
    await pass(1);
    expect(await own.ask("engine", 0, forever)).toMatchObject({ kind: "rate_limited" });
    await permitted(own.ask("other", 0, forever));
    await pass(170);
    await permitted(own.ask("engine", 0, forever));
  });

  test("a store out of reach stops no call, and the last known state holds", async () => {
    const down = async () => Promise.reject(new DatabaseUnavailableError("gone"));
    const own = limiter({
      states: down,
      reserve: down,
      settle: down,
      renew: down,
      pause: down,
      open: down,
      fail: down,
      reset: down,
    });
    const permit = await permitted(own.ask("engine", 0, forever));
    expect(await own.ended(permit, call(), { kind: "rate_limited", error: misconfigured.error })).toMatchObject({
      waitMs: 33_000,
    });
    expect(await own.ask("engine", 0, forever)).toMatchObject({ kind: "rate_limited" });
  });
});

describe("with limits", () => {
  test("a call is reserved, and settled when there is something to correct", async () => {
    const gate = watched();
    const own = limiter(gate, {
      limits: { paced: { rpm: 600 }, metered: { tpm: 60_000 } },
      times: { watchMs: 60_000 },
    });
    await own.ended(await permitted(own.ask("paced", 100, forever)), call());
    // The read for all engines tells whether an answer has to be reported.
    expect(gate.asked).toEqual(["reserve", "states"]);
    await own.ended(await permitted(own.ask("metered", 100, forever)), call({ inputTokens: 5, outputTokens: 4 }));
    expect(gate.asked).toEqual(["reserve", "states", "reserve", "settle"]);
  });

  test("an engine that reports too many tokens keeps no call waiting for longer than a minute", async () => {
    const gate = new LocalEngineGate();
    const own = limiter(gate, { limits: { engine: { tpm: 60_000 } } });
    await own.ended(await permitted(own.ask("engine", 100, forever)), call({ outputTokens: 2_147_483_647 }));
    const hold = await own.ask("engine", 100, forever);
    expect((hold as { waitMs: number }).waitMs).toBeLessThan(62_000);
  });

  test("token estimates are corrected by the tokens that calls used", async () => {
    const gate = new LocalEngineGate();
    const own = limiter(gate, { limits: { engine: { tpm: 600_000 } } });
    expect(own.tokensAtOnce("engine")).toBe(20_000);
    for (const used of [300, 310, 290]) {
      await own.ended(await permitted(own.ask("engine", 100, forever)), call({ inputTokens: used }));
    }
    expect(own.tokensAtOnce("engine")).toBeCloseTo(20_000 / 3, -2);
    const { charge, tokens } = await permitted(own.ask("engine", 100, forever));
    expect(tokens).toBe(100);
    expect(charge).toBeCloseTo(300, -1);
    expect(own.tokensAtOnce("other")).toBeUndefined();
  });

  test("the place of a call is kept while it runs, and no longer", async () => {
    stopClock();
    const gate = watched();
    const own = limiter(gate, { limits: { engine: { concurrency: 1 } }, times: { leaseMs: 60 } });
    const other = limiter(gate, { limits: { engine: { concurrency: 1 } } });
    const permit = await permitted(own.ask("engine", 0, forever));
    await pass(10 * 60);
    expect(await other.ask("engine", 0, forever)).toMatchObject({ kind: "rate_limited" });
    await own.ended(permit, call());
    await permitted(other.ask("engine", 0, forever));
    const renewals = gate.asked.filter((name) => name === "renew").length;
    await pass(10 * 60);
    await other.ask("engine", 0, forever);
    expect(gate.asked.filter((name) => name === "renew")).toHaveLength(renewals);
  });

  test("without an answer of the store no engine is asked", async () => {
    const down = async () => Promise.reject(new DatabaseUnavailableError("gone"));
    const gate = {
      states: down,
      reserve: down,
      settle: down,
      renew: down,
      pause: down,
      open: down,
      fail: down,
      reset: down,
    };
    const own = limiter(gate, { limits: { engine: { rpm: 600 } } });
    expect(await own.ask("engine", 0, forever)).toMatchObject({ kind: "rate_limited", waitMs: expect.any(Number) });
  });

  test("a near turn is waited for, a far one is a hold with the rest of the wait", async () => {
    const near: EngineGate = Object.assign(new LocalEngineGate(), {
      reserve: async () => ({ isGranted: true, afterMs: 40, isProbe: false }) as const,
    });
    const startedAt = performance.now();
    await permitted(limiter(near, { limits: { near: { rpm: 1 } } }).ask("near", 0, forever));
    expect(performance.now() - startedAt).toBeGreaterThan(38);
    const own = limiter(new LocalEngineGate(), { limits: { far: { rpm: 1 } } });
    await permitted(own.ask("far", 0, forever));
    const hold = await own.ask("far", 0, forever);
    expect(hold).toMatchObject({ kind: "rate_limited" });
    expect((hold as { waitMs: number }).waitMs).toBeGreaterThan(50_000);
  });

  test("a turn that comes within the patience is waited for, unless the slot is needed for other work", async () => {
    const gate = new LocalEngineGate();
    const own = limiter(gate, { limits: { engine: { rpm: 600 } }, times: { patienceMs: 60_000, aheadMs: 0 } });
    for (let at = 0; at < 20; at += 1) await permitted(own.ask("engine", 0, forever));
    await gate.pause("engine", 30_000);
    const looks = [false, false, true];
    const hold = await own.ask("engine", 0, forever, () => looks.shift() ?? true);
    expect(hold).toMatchObject({ kind: "rate_limited" });
    expect((hold as { waitMs: number }).waitMs).toBeGreaterThan(20_000);
    expect(looks).toEqual([]);
  });

  test("a stop during the wait gives the turn back", async () => {
    const gate = new LocalEngineGate();
    const limits = { engine: { rpm: 25, concurrency: 5 } };
    const own = limiter(gate, { limits, times: { aheadMs: 600_000 } });
    await permitted(own.ask("engine", 0, forever));
    const stop = new AbortController();
    const waiting = own.ask("engine", 0, stop.signal);
    await expect.poll(async () => (await gate.states())[0]?.running).toBe(2);
    stop.abort();
    expect(await waiting).toBeUndefined();
    expect(await gate.states()).toMatchObject([{ running: 1 }]);
  });

  test("a free place is taken by the call that waits for it", async () => {
    const gate = new LocalEngineGate();
    const limits = { engine: { concurrency: 1 } };
    const [one, other] = [limiter(gate, { limits }), limiter(gate, { limits, times: { patienceMs: 60_000 } })];
    const first = await permitted(one.ask("engine", 0, forever));
    expect(await one.ask("engine", 0, forever)).toMatchObject({ kind: "rate_limited" });
    const second = other.ask("engine", 0, forever);
    await one.ended(first, call());
    await permitted(second);
  });
});

describe("the circuit", () => {
  beforeEach(stopClock);

  test("is reported once by each process: the one that opened it and those that met it", async () => {
    const gate = new LocalEngineGate();
    const [finder, other] = [limiter(gate), limiter(gate)];
    const permits = [
      await permitted(finder.ask("engine", 0, forever)),
      await permitted(finder.ask("engine", 0, forever)),
    ];
    for (const permit of permits) await finder.ended(permit, call({ outcome: "config" }), misconfigured);
    for (let at = 0; at < 3; at += 1) {
      expect(await other.ask("engine", 0, forever)).toMatchObject({
        kind: "config",
        error: expect.any(EngineConfigError),
      });
    }
    expect(finder.faults).toEqual([["engine", "TH_ENGINE_CONFIG"]]);
    expect(other.faults).toEqual([["engine", "TH_ENGINE_CONFIG"]]);
    expect([finder.changes, other.changes]).toEqual([["engine opened"], []]);
  });

  test("lets one call try when its time is over, and closes for all when that call succeeds", async () => {
    const gate = new LocalEngineGate();
    const [one, other] = [limiter(gate), limiter(gate)];
    await one.ended(await permitted(one.ask("engine", 0, forever)), call({ outcome: "config" }), misconfigured);
    expect(await one.ask("engine", 0, forever)).toMatchObject({ kind: "config" });
    await pass(60);
    expect(await one.ask("engine", 0, forever)).toHaveProperty("isProbe", true);
    expect(await other.ask("engine", 0, forever)).toMatchObject({ kind: "config" });
    expect((await gate.states())[0]?.circuit).toBe("half_open");
  });

  test("stays open when the probe got no answer, and closes at any answer except the fault", async () => {
    const gate = new LocalEngineGate();
    const own = limiter(gate);
    await own.ended(await permitted(own.ask("engine", 0, forever)), call({ outcome: "config" }), misconfigured);
    const probe = async () => {
      await pass(60);
      const permit = await permitted(own.ask("engine", 0, forever));
      expect(permit.isProbe).toBe(true);
      return permit;
    };
    await own.ended(await probe(), call({ outcome: "transient" }));
    expect(await gate.states()).toMatchObject([{ circuit: "open" }]);
    await own.ended(await probe(), call({ outcome: "rate_limited" }), {
      kind: "rate_limited",
      error: misconfigured.error,
      retryAfterMs: 0,
    });
    expect(await gate.states()).toMatchObject([{ circuit: "closed", openings: 1 }]);
    expect(own.changes).toEqual(["engine opened", "engine paused", "engine closed"]);
    await pass((await gate.states())[0]?.pausedMs ?? 0);
    expect(await own.ask("engine", 0, forever)).toMatchObject({ isProbe: false });
  });

  test("that a reset closed is known to a process with an older state at once, with limits and without", async () => {
    for (const limits of [undefined, { engine: { rpm: 6_000 } }]) {
      const gate = new LocalEngineGate();
      const [finder, other] = [limiter(gate), limiter(gate, { limits, times: { watchMs: 600_000 } })];
      await finder.ended(await permitted(finder.ask("engine", 0, forever)), call({ outcome: "config" }), misconfigured);
      expect(await other.ask("engine", 0, forever)).toMatchObject({ kind: "config" });
      await gate.reset("engine", { pause: true });
      expect(await other.ask("engine", 0, forever)).toMatchObject({ isProbe: false });
    }
  });

  test("says until when it is open, and why; a call that tries the engine is no fault", async () => {
    const gate = new LocalEngineGate();
    const [finder, other] = [limiter(gate), limiter(gate)];
    await finder.ended(await permitted(finder.ask("engine", 0, forever)), call({ outcome: "config" }), misconfigured);
    await pass(60);
    expect(await finder.ask("engine", 0, forever)).toHaveProperty("isProbe", true);
    expect(await other.ask("engine", 0, forever)).toMatchObject({ kind: "config" });
    expect(other.faults).toEqual([]);
    await gate.reset("engine", { pause: false });
    await gate.open({ engine: "engine", callId: "", reason: "TH_ENGINE_QUOTA", forMs: 60_000, longestMs: 60_000 });
    const hold = await other.ask("engine", 0, forever);
    expect(hold).toMatchObject({
      kind: "quota",
      error: {
        message: expect.stringMatching(/not asked until 2026-01-01T12:01:\d\dZ: .* no credit/),
        hint: expect.stringContaining("resume --engine engine"),
      },
    });
    expect(other.faults).toEqual([["engine", "TH_ENGINE_QUOTA"]]);
  });
});
