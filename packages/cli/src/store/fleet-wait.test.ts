/** When waiting for a fleet is no longer worth it. */
import { expect, test } from "vitest";
import { type FleetState, FleetWait, type FleetWaitOptions } from "./fleet-wait.ts";

const NOW = new Date("2026-11-30T12:00:00Z");
const ENGINES = [
  { name: "deepl", processor: "third-party", targetLocales: ["de"] },
  { name: "openai", processor: "third-party" },
] as const;

function state(more: Partial<FleetState> = {}): FleetState {
  return {
    now: NOW,
    translations: { pending: 5 },
    locales: { fr: { pending: 3 }, de: { pending: 2 } },
    jobs: { running: 0 },
    inbox: 0,
    workers: [{ locales: null }],
    paused: [],
    limits: [],
    budgets: [],
    ...more,
  };
}

function limit(engine: string, more: Partial<FleetState["limits"][number]> = {}): FleetState["limits"][number] {
  return {
    ...{ engine, pausedUntil: null, circuit: "open", openUntil: NOW, reason: "TH_ENGINE_QUOTA" },
    ...{ faultySince: null, fault: null, running: 0 },
    ...more,
  };
}

function waiting(options: Partial<FleetWaitOptions> = {}) {
  const told: string[] = [];
  const wait = new FleetWait({ project: "shop", engines: ENGINES, tell: (line) => told.push(line), ...options });
  return { wait, told };
}

test("a healthy fleet is waited for, and says nothing", async () => {
  const { wait, told } = waiting();
  expect(await wait.look(state(), ["fr", "de"])).toBeUndefined();
  expect(told).toEqual([]);
});

test("the run ends when no engine is left for any of its locales, and not before", async () => {
  const { wait, told } = waiting();
  expect(await wait.look(state({ limits: [limit("openai")] }), ["fr", "de"])).toBeUndefined();
  expect(told).toEqual([expect.stringContaining("engine openai: gets no calls")]);
  expect(await wait.look(state({ limits: [limit("openai")] }), ["fr"])).toMatchObject({
    code: "TH_ENGINES_STOPPED",
    message: expect.stringContaining("engine openai"),
  });
  expect(await wait.look(state({ limits: [limit("openai"), limit("deepl")] }), ["fr", "de"])).toMatchObject({
    code: "TH_ENGINES_STOPPED",
  });
  // Each reason is told once.
  expect(told.filter((line) => line.includes("openai"))).toHaveLength(1);
});

test("an outage may pass: a minute of it is waited for", async () => {
  const since = (ms: number) => limit("openai", { reason: "TH_ENGINE_TRANSIENT", faultySince: new Date(+NOW - ms) });
  const { wait } = waiting();
  expect(await wait.look(state({ limits: [since(30_000)] }), ["fr"])).toBeUndefined();
  expect(await wait.look(state({ limits: [since(61_000)] }), ["fr"])).toMatchObject({ code: "TH_ENGINES_STOPPED" });
});

test("a probe is waited for, and engines that are not known end nothing", async () => {
  expect(
    await waiting().wait.look(state({ limits: [limit("openai", { circuit: "half_open" })] }), ["fr"]),
  ).toBeUndefined();
  const { wait, told } = waiting({ engines: [] });
  expect(await wait.look(state({ limits: [limit("openai")] }), ["fr"])).toBeUndefined();
  expect(told).toHaveLength(1);
});

test("a missing worker is named at once, and waited for while one may be starting", async () => {
  let now = 0;
  const { wait, told } = waiting({ noWorkerMs: 60_000, now: () => now });
  const alone = state({ workers: [{ locales: ["it"] }] });
  expect(await wait.look(alone, ["fr", "de"])).toBeUndefined();
  expect(told).toEqual(["no worker is running behind the server for fr, de: trans-hub worker"]);
  now = 50_000;
  expect(await wait.look(state(), ["fr"])).toBeUndefined();
  now = 100_000;
  expect(await wait.look(alone, ["fr"])).toBeUndefined();
  now = 161_000;
  expect(await wait.look(alone, ["fr"])).toMatchObject({ code: "TH_ENGINES_STOPPED", retryable: true });
});

test("pauses of the project and of its locales are told, and no other", async () => {
  const { wait, told } = waiting();
  const paused = [
    { kind: "locale", name: "fr", since: NOW },
    { kind: "locale", name: "it", since: NOW },
    { kind: "project", name: "shop", since: NOW },
  ] as const;
  expect(await wait.look(state({ paused: [...paused] }), ["fr"])).toBeUndefined();
  expect(told).toEqual([expect.stringContaining("locale fr is paused"), expect.stringContaining("project shop")]);
});

test("texts that wait for a budget alone end the run with its code", async () => {
  const budget: FleetState["budgets"][number] = {
    ...{ project: "shop", per: "day", amount: "1", currency: "USD", spent: "1", unconfirmed: "0", held: "0" },
    ...{ state: "paused", reason: "spent", unpricedEngine: null, waiting: 5, endsAt: NOW, setBy: null, setAt: NOW },
  };
  const { wait } = waiting();
  expect(await wait.look(state({ budgets: [{ ...budget, waiting: 2 }] }), ["fr"])).toBeUndefined();
  expect(await wait.look(state({ budgets: [budget] }), ["fr", "de"])).toMatchObject({ code: "TH_BUDGET_EXCEEDED" });
});
