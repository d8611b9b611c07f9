/** Limits, pauses and circuits over several members of a fleet, on a real database and against a real server. */

import { once } from "node:events";
import type { Engine, EngineLimits } from "@trans-hub/core/engine";
import { type Settlement, translateBatch, type WorkOutcome } from "@trans-hub/core/store";
import { openai, pseudo } from "@trans-hub/engines";
import { scriptedEngine } from "@trans-hub/engines/testing";
import { testOnDatabase as testOfCommands } from "@trans-hub/test-support/command";
import { expectWithin, within } from "@trans-hub/test-support/load";
import { type OpenaiServer, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { item, type OpenStore, test, translated, value } from "@trans-hub/test-support/store";
import { makeTexts } from "@trans-hub/test-support/strings";
import type pg from "pg";
import { describe, expect, onTestFinished } from "vitest";

interface FleetOptions {
  engines: readonly Engine[];
  members?: number;
  concurrency?: number;
  limits?: Record<string, EngineLimits>;
  circuitMs?: number;
}

interface Fleet {
  /** The faults that each member was notified of. */
  faults: string[][];
  changes: string[];
  /** The outcome of each attempt of each text, over all members. */
  outcomes: WorkOutcome[];
  stop(): Promise<void>;
}

/** Starts members with short times, each with connections of its own. */
async function startFleet(openStore: OpenStore, given: FleetOptions): Promise<Fleet> {
  const { engines, members = 2, concurrency = 4, limits, circuitMs = 60_000 } = given;
  const stop = new AbortController();
  const fleet = { faults: [] as string[][], changes: [] as string[], outcomes: [] as WorkOutcome[] };
  const works: Promise<unknown>[] = [];
  for (let at = 0; at < members; at += 1) {
    const store = await openStore({ pollSeconds: 0.1, batchSize: 1 });
    const faults: string[] = [];
    fleet.faults.push(faults);
    const translate = translateBatch({
      engines,
      limits,
      gate: store.engineGate,
      maxAttempts: 2,
      engineTimeoutMs: 10_000,
      limiterTimes: { watchMs: WATCH_MS, circuitMs },
      onFault: (error, engine) => faults.push(`${engine} ${error.code}`),
      onLimitChange: ({ change, engine }) => fleet.changes.push(`${engine} ${change}`),
    });
    const observer = { settled: ({ outcomes }: Settlement) => void fleet.outcomes.push(...outcomes) };
    works.push(
      store.work(
        { until: "stopped", concurrency, maxItems: 1, signal: stop.signal, drainMs: 2_000, observer },
        translate,
      ),
    );
  }
  const end = async () => {
    stop.abort();
    await Promise.all(works);
  };
  onTestFinished(end);
  return { ...fleet, stop: end };
}

const WATCH_MS = 100;

async function serve(): Promise<{ server: OpenaiServer; engine: Engine }> {
  const server = await startOpenaiServer();
  onTestFinished(() => server.close());
  return { server, engine: openai({ apiKey: "sk-test", baseURL: server.url }) };
}

/** Registers this many texts, each in a batch of its own. */
async function register(openStore: OpenStore, count: number): Promise<void> {
  const store = await openStore({ batchSize: 1 });
  await store.register(Array.from({ length: count }, (_, at) => item(`Text number ${at + 1}`)));
}

async function untilTranslated(db: pg.Pool, count: number): Promise<void> {
  const count_ = "select count(*)::int from trans_hub.translation where status = 'translated'";
  // Below the minute of a closed circuit, and the two of a call.
  await within(50_000, () => expect.poll(() => value(db, count_), { interval: 50 }).toBe(count));
}

function expectNoAttemptCounted({ outcomes }: Fleet): void {
  expect(
    new Set(outcomes.map(({ kind }) => kind)).difference(new Set(["translated", "postponed", "released"])),
  ).toEqual(new Set());
}

describe("a rate limit of the engine", () => {
  test.for([
    ["in seconds", (): string | number => 3],
    ["as a date", (): string | number => new Date(Date.now() + 4_000).toUTCString()],
  ] as const)(
    "stops every member for as long as it asks, %s, and costs no attempt",
    async ([, retryAfter], { openStore, db }) => {
      const { server, engine } = await serve();
      const asksFor = retryAfter();
      server.misbehave({ fault: { kind: "rate_limit", retryAfter: asksFor }, times: 1 }, { kind: "slow", ms: 100 });
      const refused = new Promise<number>((resolve) => {
        server.events.on("answered", ({ status }) => void (status === 429 && resolve(Date.now())));
      });
      await register(openStore, 60);
      const fleet = await startFleet(openStore, { engines: [engine] });
      const refusedAt = await refused;
      const endsAt = typeof asksFor === "number" ? refusedAt + asksFor * 1_000 : Date.parse(asksFor);
      await untilTranslated(db, 60);
      const times = server.calls.map(({ at }) => at);
      // The calls of members that had not heard of the refusal yet.
      const unheard = times.filter((at) => at > refusedAt && at < endsAt - 200).map((at) => at - refusedAt);
      expectWithin(Math.max(0, ...unheard), WATCH_MS + 500);
      expect(times.some((at) => at >= endsAt - 200)).toBe(true);
      expectNoAttemptCounted(fleet);
      expect(fleet.changes.filter((change) => change === "openai paused")).toHaveLength(1);
    },
  );

  test("pauses only that engine until the next minute when it names no time", async ({ openStore, store, db }) => {
    const { server, engine } = await serve();
    server.misbehave({ kind: "rate_limit" });
    await register(openStore, 4);
    const fleet = await startFleet(openStore, { engines: [engine] });
    await expect
      .poll(async () => (await store.status()).limits)
      .toMatchObject([{ engine: "openai", circuit: "closed", pausedUntil: expect.any(Date) }]);
    const [state] = await store.engineGate.states();
    expect(state?.pausedMs).toBeGreaterThan(0);
    expect(state?.pausedMs).toBeLessThanOrEqual(66_000);
    await fleet.stop();
    expectNoAttemptCounted(fleet);
    // Its texts wait for it; new texts go to another engine at once.
    const other = await openStore();
    await other.register([item("Something new")]);
    await startFleet(openStore, { engines: [pseudo()] });
    await within(20_000, () => untilTranslated(db, 1));
  });
});

describe("a configured limit", () => {
  test("per minute is kept by all members together, at every moment", async ({ openStore, db }) => {
    const { server, engine } = await serve();
    await register(openStore, 40);
    // 7 calls at once, then 4.9 a second.
    const fleet = await startFleet(openStore, { engines: [engine], limits: { openai: { rpm: 300 } } });
    await untilTranslated(db, 40);
    const times = server.calls.map(({ at }) => at);
    expect(times).toHaveLength(40);
    for (const [first, from] of times.entries()) {
      for (const [last, to] of times.entries()) {
        // One more, because calls may arrive at shorter intervals than they left.
        if (last >= first) expect(last - first + 1).toBeLessThanOrEqual(8.5 + (4.88 * (to - from)) / 1_000);
      }
    }
    // The allowance is also used: the limit permits these calls in 6.7 s.
    expect(Number(times.at(-1)) - Number(times[0])).toBeLessThan(15_000);
    expectNoAttemptCounted(fleet);
  });

  test("of concurrent calls is kept by all members together", async ({ openStore, db }) => {
    const { server, engine } = await serve();
    server.misbehave({ kind: "slow", ms: 150 });
    const seen: number[] = [];
    server.events.on("call", () => seen.push(server.inFlight));
    await register(openStore, 40);
    const fleet = await startFleet(openStore, { engines: [engine], limits: { openai: { concurrency: 2 } } });
    await untilTranslated(db, 40);
    expect(Math.max(...seen)).toBe(2);
    expectNoAttemptCounted(fleet);
  });

  test("below a batch's size splits the batch, and lets all of it through", async ({ openStore, store, db }) => {
    // 2,000 tokens at once: 3,000 bytes of the batch's 8,000.
    const limits = { scripted: { tpm: 60_000 } };
    const engine = scriptedEngine({
      call: async ({ batch }) => ({
        results: new Map(batch.items.map(({ id, text }) => [id, { text: `${text}!` }])),
        usage: { inputTokens: 20, outputTokens: 20, cachedTokens: 0 },
      }),
    });
    await (await openStore()).register(Array.from({ length: 20 }, (_, at) => item(`${at} `.padEnd(400, "long text "))));
    const translate = translateBatch({
      engines: [engine],
      limits,
      gate: store.engineGate,
      maxAttempts: 1,
      engineTimeoutMs: 10_000,
    });
    const summary = await store.work({ until: "empty", concurrency: 2, maxItems: 50 }, translate);
    expect(summary).toEqual({ translated: 20, failed: 0, retrying: 0 });
    const bytes = engine.calls.map(({ batch }) => batch.items.reduce((sum, { text }) => sum + text.length, 0));
    expect(Math.max(...bytes)).toBeLessThanOrEqual(3_000);
    expect(engine.calls.length).toBeLessThanOrEqual(5);
    expect(await value(db, "select count(*)::int from trans_hub.dead_letter")).toBe(0);
  });

  test("below a single text's size lets the text through anyway", async ({ openStore, store }) => {
    await (await openStore()).register([item("A text of more than three bytes")]);
    const engine = scriptedEngine();
    const limits = { scripted: { tpm: 10, rpm: 1, concurrency: 1 } };
    const translate = translateBatch({
      engines: [engine],
      limits,
      gate: store.engineGate,
      maxAttempts: 1,
      engineTimeoutMs: 10_000,
    });
    expect(await store.work({ until: "ready", concurrency: 1, maxItems: 50 }, translate)).toMatchObject({
      translated: 1,
    });
  });
});

describe("work that waits for its turn", () => {
  test("makes room for more urgent work", async ({ openStore, store }) => {
    const producer = await openStore({ batchSize: 1 });
    await producer.register([item("Bulk", { priority: "bulk" })]);
    const asked: string[] = [];
    const stop = new AbortController();
    const working = store.work(
      { until: "stopped", concurrency: 1, maxItems: 1, signal: stop.signal },
      async ({ items, isToYield }) => {
        const text = items[0]?.text ?? "";
        asked.push(text);
        if (text === "Urgent") stop.abort();
        if (text === "Urgent") return { outcomes: [translated("Done")], calls: [] };
        expect(isToYield?.()).toBe(false);
        await producer.register([
          item("Bulk as well", { priority: "bulk" }),
          item("Urgent", { priority: "interactive" }),
        ]);
        await expect.poll(() => isToYield?.()).toBe(true);
        return { outcomes: [{ kind: "postponed", delayMs: 60_000 }], calls: [] };
      },
    );
    await working;
    expect(asked).toEqual(["Bulk", "Urgent"]);
  });

  test("is handed back when the worker ends, and does not delay the end", async ({ openStore, db }) => {
    const { server, engine } = await serve();
    await register(openStore, 5);
    const fleet = await startFleet(openStore, { engines: [engine], members: 1, limits: { openai: { rpm: 1 } } });
    await untilTranslated(db, 1);
    await fleet.stop();
    expect(server.calls).toHaveLength(1);
    expect(fleet.outcomes.map(({ kind }) => kind).filter((kind) => kind === "postponed")).not.toEqual([]);
    expectNoAttemptCounted(fleet);
  });
});

describe("real workers", () => {
  testOfCommands("use their tokens and never go over them", async ({ commands, db }) => {
    const tpm = 1_200_000;
    const server = await startOpenaiServer({ limits: { rpm: 6_000, tpm, window: "sliding" } });
    onTestFinished(() => server.close());
    const env = {
      TH_ENGINES: "openai",
      TH_OPENAI_ENDPOINT: server.url,
      TH_OPENAI_RPM: "6000",
      TH_OPENAI_TPM: `${tpm}`,
    };
    const input = makeTexts(3_000)
      .map((text) => JSON.stringify({ text }))
      .join("\n");
    await commands.json(["request", "--file", "-", "--from", "en", "--to", "fr"], { input });
    for (let worker = 0; worker < 3; worker += 1) commands.start(["worker"], { env });
    await untilTranslated(db, 3_000);
    const { calls, passed, refused } = server.limiting;
    expect(refused).toBe(0);
    const seconds = (Number(calls.at(-1)?.at) - Number(calls[0]?.at)) / 1_000;
    // A 30th of a minute's tokens at once, then the steady rate; with some room, because token counts are estimates.
    expect(passed.tokens).toBeLessThan(1.1 * (tpm / 30 + (seconds * tpm) / 60));
    // At least half of it, on an overloaded machine.
    expect(passed.tokens).toBeGreaterThan((0.5 * seconds * tpm) / 60);
  });

  testOfCommands("give a killed one's place among the calls at once to another", async ({ commands, db }) => {
    const server = await startOpenaiServer({ rules: [{ fault: { kind: "hang" }, times: 1 }] });
    onTestFinished(() => server.close());
    const env = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url, TH_OPENAI_CONCURRENCY: "1" };
    await commands.json(["request", "Pay", "--from", "en", "--to", "fr"]);
    const killed = commands.start(["worker"], { env });
    await once(server.events, "call");
    const other = commands.start(["worker", "--locales", "de"], { env });
    await other.says("worker.ready");
    await commands.json(["request", "Back", "--from", "en", "--to", "de"]);
    const { limits } = await commands.json<{ limits: unknown[] }>(["status"]);
    expect(limits).toMatchObject([{ engine: "openai", running: 1 }]);
    killed.kill("SIGKILL");
    await killed.ended();
    // Its lease was for 15 s; a call may take 120.
    await untilTranslated(db, 1);
    expect(await value(db, "select count(*)::int from trans_hub.engine_lease where ends_at > now()")).toBe(0);
  });
});

describe("an engine whose setting is at fault", () => {
  test("gets no calls from any member except a single trial, and is used again once that succeeds", async ({
    openStore,
    store,
    db,
  }) => {
    const { server, engine } = await serve();
    server.misbehave({ kind: "status", status: 401, code: "invalid_api_key" });
    await register(openStore, 30);
    const fleet = await startFleet(openStore, { engines: [engine], concurrency: 2, circuitMs: 1_500 });
    const circuit = async () => (await store.status()).limits[0]?.circuit;
    await expect.poll(circuit).toBe("open");
    await expect.poll(() => server.inFlight).toBe(0);
    // One call for each slot that had not learnt of the fault yet.
    const before = server.calls.length;
    expect(before).toBeLessThanOrEqual(4);
    const probed = new Promise<void>((resolve) => {
      server.events.on("answered", ({ call }) => call > before && resolve());
    });
    await probed;
    expect(await value(db, "select openings::int from trans_hub.rate_limit")).toBe(1);
    const failedProbes = () => value<number>(db, "select failed_probes from trans_hub.rate_limit");
    await expect.poll(failedProbes).toBeGreaterThan(0);
    server.behave();
    await untilTranslated(db, 30);
    expect(await circuit()).toBe("closed");
    expectNoAttemptCounted(fleet);
    expect(fleet.faults).toEqual([["openai TH_ENGINE_CONFIG"], ["openai TH_ENGINE_CONFIG"]]);
    // On a slow machine a second trial may have gone out before the engine was repaired: the fault is then reported
    // again, after one more call.
    const opened = fleet.changes.filter((change) => change === "openai opened").length;
    expect(fleet.changes).toEqual([...Array(opened).fill("openai opened"), "openai closed"]);
    expect(opened).toBeLessThanOrEqual(2);
    const calls = "select count(*)::int from trans_hub.usage where outcome = 'config'";
    // Four slots that had not learnt of the fault, and two trials.
    expect(await value(db, calls)).toBeLessThanOrEqual(4 + 2);
  });

  test("is skipped while there is a next engine", async ({ openStore, db }) => {
    const { server, engine } = await serve();
    server.misbehave({ kind: "status", status: 429, code: "insufficient_quota" });
    await register(openStore, 30);
    const fleet = await startFleet(openStore, { engines: [engine, pseudo()] });
    await untilTranslated(db, 30);
    expect(server.calls.length).toBeLessThanOrEqual(8);
    expect(new Set(fleet.outcomes.map(({ kind }) => kind))).toEqual(new Set(["translated"]));
    expect(await value(db, "select circuit from trans_hub.rate_limit where engine = 'openai'")).toBe("open");
    expect(new Set(fleet.faults.flat())).toEqual(new Set(["openai TH_ENGINE_QUOTA"]));
    for (const told of fleet.faults) expect(told.length).toBeLessThanOrEqual(1);
  });
});

testOfCommands(
  "limits come from the settings, and the status shows what keeps an engine from being asked",
  async ({ commands }) => {
    const env = { TH_PSEUDO_CONCURRENCY: "1", TH_PSEUDO_RPM: "6000" };
    await commands.json(["request", "Pay", "Back", "--from", "en", "--to", "fr,de"]);
    expect(await commands.json(["worker", "--until-empty"], { env })).toMatchObject({ translated: 4 });
    const { limits } = await commands.json<{ limits: unknown[] }>(["status"]);
    expect(limits).toEqual([
      {
        engine: "pseudo",
        pausedUntil: null,
        circuit: "closed",
        openUntil: null,
        reason: null,
        running: 0,
        faultySince: null,
        fault: null,
      },
    ]);
  },
);
