import type { BudgetStatus } from "@trans-hub/core";
import { expect, test } from "vitest";
import { reasonsToWait } from "./reasons-to-wait.ts";

const since = new Date("2026-01-01T12:00:00Z");
const limit = {
  pausedUntil: null,
  circuit: "closed",
  openUntil: null,
  reason: null,
  running: 0,
  faultySince: null,
  fault: null,
} as const;
const waiting = { engines: [{ name: "openai" }, { name: "pseudo" }], project: "shop", locales: ["fr", "de"] };

test("an engine that gets no calls is named with the reason, the time of the next call and the cure", () => {
  const limits = [
    { ...limit, engine: "openai", circuit: "open", openUntil: since, reason: "TH_ENGINE_CONFIG" } as const,
    { ...limit, engine: "pseudo", pausedUntil: since },
    { ...limit, engine: "deepl", pausedUntil: since },
  ];
  expect(reasonsToWait({ limits, paused: [], budgets: [] }, waiting)).toEqual([
    expect.stringMatching(
      /^engine openai: gets no calls until 2026-01-01T12:00:00\.000Z .*key.*resume --engine openai/,
    ),
    "engine pseudo: paused until 2026-01-01T12:00:00.000Z (it limited our rate)",
  ]);
  expect(reasonsToWait({ limits: [{ ...limit, engine: "openai" }], paused: [], budgets: [] }, waiting)).toEqual([]);
});

test("a pause is named with its cure if it holds texts of the run, and no other pause is", () => {
  const paused = [
    { kind: "engine", name: "openai", since },
    { kind: "engine", name: "deepl", since },
    { kind: "everything", name: null, since },
    { kind: "locale", name: "ja", since },
    { kind: "locale", name: "de", since },
    { kind: "project", name: "other", since },
    { kind: "project", name: "shop", since },
  ] as const;
  expect(reasonsToWait({ limits: [], paused: [...paused], budgets: [] }, waiting)).toEqual([
    "engine openai is paused: trans-hub resume --engine openai",
    "all work is paused: trans-hub resume",
    "locale de is paused: trans-hub resume --locale de",
    "project shop is paused: trans-hub resume --project shop",
  ]);
});

test("a budget is named with its end and its cure if texts of the run wait for it, and no other budget is", () => {
  const budget = {
    ...{ project: "shop", per: "day", amount: "2.5", currency: "USD", spent: "2.4", unconfirmed: "0", held: "0" },
    ...{ state: "paused", reason: "spent", unpricedEngine: null, waiting: 7, endsAt: since, setBy: null, setAt: since },
  } as BudgetStatus;
  const budgets: BudgetStatus[] = [
    budget,
    { ...budget, per: "month", state: "near", reason: null },
    { ...budget, project: "other" },
    { ...budget, reason: "price", unpricedEngine: "deepl" },
  ];
  expect(reasonsToWait({ limits: [], paused: [], budgets }, waiting)).toEqual([
    "project shop is paused: budget. 2.4 of 2.5 USD per day is spent; it goes on at 2026-01-01T12:00:00.000Z, or with a greater amount: trans-hub budget set",
    "project shop is paused: budget. Engine deepl cannot be held to it: add its price to TH_PRICES_FILE in USD",
  ]);
});
