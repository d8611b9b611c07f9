import { describe, expect, test } from "vitest";
import type { Engine, EngineBatch, EngineBound, EngineReply } from "../contract/engine.ts";
import { EngineConfigError, EngineTransientError } from "../contract/errors.ts";
import { priceTable } from "../rules/prices.ts";
import { callEngine } from "./engine-call.ts";

const PRICES = priceTable({
  currency: "USD",
  asOf: "2026-11-28",
  engines: {
    tokens: { small: { inputPerMillion: 1, cachedPerMillion: 0.5, outputPerMillion: 10 } },
    characters: { "*": { charactersPerMillion: 20 } },
  },
});
const BATCH: EngineBatch = {
  sourceLocale: "en",
  targetLocale: "fr",
  items: ["one", "two"].map((id) => ({ id, text: id, format: "text" })),
};
const TEXTS: EngineReply["results"] = new Map(BATCH.items.map(({ id }) => [id, { text: id.toUpperCase() }]));
const TOKEN_BOUND: EngineBound = { inputTokens: 1_000, outputTokens: 100 };
/** 1,000 input tokens at 1 and 100 output tokens at 10 a million. */
const TOKEN_BOUND_COST = "0.002";

function failing(kind: "transient" | "config" | "refused"): EngineReply["results"] {
  const error = kind === "config" ? new EngineConfigError("no key") : new EngineTransientError("no answer");
  return new Map(BATCH.items.map(({ id }) => [id, { failure: { kind, error } }]));
}

/** The money of one call of an engine that answers so. */
async function billed(
  answer: EngineReply | ((batch: EngineBatch, signal: AbortSignal) => Promise<EngineReply>),
  given: Partial<Engine> & {
    isStopped?: boolean;
    prices?: typeof PRICES | undefined;
    timeoutMs?: number;
    held?: string;
  } = {},
) {
  const { isStopped, timeoutMs = 60_000, held, ...facts } = given;
  const asked: EngineBatch[] = [];
  const engine: Engine = {
    name: "tokens",
    version: "1",
    processor: "third-party",
    maxItemsPerCall: 10,
    maxBytesPerCall: 1_000,
    detectsSource: true,
    takesContext: false,
    model: "small",
    bound: () => TOKEN_BOUND,
    ...facts,
    translate: async (batch, signal) => {
      asked.push(batch);
      return typeof answer === "function" ? answer(batch, signal) : answer;
    },
  };
  const signal = isStopped ? AbortSignal.abort() : new AbortController().signal;
  const prices = "prices" in given ? given.prices : PRICES;
  const { call } = await callEngine(engine, BATCH, { signal, timeoutMs, prices, held });
  const { cost, currency, unconfirmed } = call;
  return { bill: cost === undefined ? undefined : `${cost} + ${unconfirmed} ${currency}`, asked, call };
}

const usage = (inputTokens: number, outputTokens: number, cachedTokens = 0) => ({
  inputTokens,
  outputTokens,
  cachedTokens,
});

describe("a call costs", () => {
  test("its usage, where the engine reports it, also if its texts failed", async () => {
    expect((await billed({ results: TEXTS, usage: usage(100, 10, 40) })).bill).toBe("0.00018 + 0 USD");
    expect((await billed({ results: failing("refused"), usage: usage(100, 0) })).bill).toBe("0.0001 + 0 USD");
  });

  test("by the model that answered, or the one that was asked", async () => {
    const answer = { results: TEXTS, usage: usage(100, 0), model: "small-2026-01-01" };
    expect((await billed(answer)).bill).toBe("0.0001 + 0 USD");
    expect((await billed(answer, { model: "other" })).bill).toBeUndefined();
  });

  test("perhaps its bound, where no usage came, and never silently nothing", async () => {
    expect((await billed({ results: TEXTS })).bill).toBe(`0 + ${TOKEN_BOUND_COST} USD`);
    expect((await billed({ results: TEXTS, usage: usage(0, 0) })).bill).toBe(`0 + ${TOKEN_BOUND_COST} USD`);
    expect((await billed({ results: TEXTS, usage: usage(0, 10) })).bill).toBe(`0 + ${TOKEN_BOUND_COST} USD`);
    expect((await billed({ results: failing("transient") })).bill).toBe(`0 + ${TOKEN_BOUND_COST} USD`);
    expect((await billed(() => Promise.reject(new Error("lost")))).bill).toBe(`0 + ${TOKEN_BOUND_COST} USD`);
  });

  test("perhaps its bound, where it was aborted or timed out", async () => {
    const hang = (_: EngineBatch, signal: AbortSignal) =>
      new Promise<EngineReply>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const { bill, call } = await billed(hang, { timeoutMs: 1 });
    expect([bill, call.outcome]).toEqual([`0 + ${TOKEN_BOUND_COST} USD`, "transient"]);
  });

  test("nothing, where it was stopped before it began", async () => {
    const { bill, asked } = await billed({ results: TEXTS }, { isStopped: true });
    expect([bill, asked]).toEqual(["0 + 0 USD", []]);
  });

  test("nothing, where it could cost more by now than is held for it: it is not made", async () => {
    const refused = await billed({ results: TEXTS }, { held: "0.0019" });
    expect([refused.bill, refused.asked, refused.call.outcome]).toEqual(["0 + 0 USD", [], "transient"]);
    const unbounded = await billed({ results: TEXTS }, { held: TOKEN_BOUND_COST, bound: () => undefined });
    expect([unbounded.bill, unbounded.asked]).toEqual(["0 + 0 USD", []]);
    const kept = await billed({ results: TEXTS }, { held: TOKEN_BOUND_COST });
    expect([kept.bill, kept.asked.length]).toEqual([`0 + ${TOKEN_BOUND_COST} USD`, 1]);
  });

  test("nothing, where the provider refused it before any work", async () => {
    expect((await billed({ results: failing("config") })).bill).toBe("0 + 0 USD");
    expect((await billed({ results: failing("transient"), unconfirmed: "none" })).bill).toBe("0 + 0 USD");
  });

  test("as the engine says, where some of its requests were lost", async () => {
    const characters = { name: "characters", model: undefined, bound: () => ({ characters: 6 }) };
    const reply = { results: TEXTS, usage: { ...usage(0, 0), characters: 3 }, unconfirmed: { characters: 2 } };
    const { bill, call } = await billed(reply, characters);
    expect([bill, call.characters]).toEqual(["0.00006 + 0.00004 USD", 3]);
    expect((await billed({ results: TEXTS }, characters)).bill).toBe("0 + 0.00012 USD");
  });

  test("an unknown amount without a price, without a bound that counts, and in other units than its price", async () => {
    expect((await billed({ results: TEXTS, usage: usage(1, 1) }, { prices: undefined })).bill).toBeUndefined();
    expect((await billed({ results: TEXTS, usage: usage(1, 1) }, { name: "other" })).bill).toBeUndefined();
    expect((await billed({ results: TEXTS }, { bound: () => undefined })).bill).toBeUndefined();
    const inCharacters = { results: TEXTS, usage: { ...usage(0, 0), characters: 6 } };
    expect((await billed(inCharacters, { bound: () => ({ characters: 6 }) })).bill).toBeUndefined();
  });

  test("an unknown amount, where an engine in plain JavaScript bounds it by no figures", async () => {
    const bounds = [
      () => ({ inputTokens: Number.NaN, outputTokens: 1 }),
      () => ({ inputTokens: 1.5, outputTokens: 1 }),
      () => ({ inputTokens: 1, outputTokens: -1 }),
      (): EngineBound => {
        throw new Error("none");
      },
    ];
    for (const bound of bounds) expect((await billed({ results: TEXTS }, { bound })).bill).toBeUndefined();
    const said = { results: TEXTS, unconfirmed: { characters: Number.NaN } };
    expect((await billed(said)).bill).toBe(`0 + ${TOKEN_BOUND_COST} USD`);
  });

  test("nothing, of a free engine without a price", async () => {
    expect((await billed({ results: TEXTS }, { name: "own", isFree: true })).bill).toBe("0 + 0 USD");
    expect((await billed({ results: TEXTS }, { name: "own", isFree: true, prices: undefined })).bill).toBeUndefined();
  });
});

test("an answer is limited to its bound only where a price is known", async () => {
  const limits = async (facts: Parameters<typeof billed>[1]) =>
    (await billed({ results: TEXTS, usage: usage(1, 1) }, facts)).asked.map(({ maxOutputTokens }) => maxOutputTokens);
  expect(await limits({})).toEqual([100]);
  expect(await limits({ prices: undefined })).toEqual([undefined]);
  expect(await limits({ name: "other" })).toEqual([undefined]);
  expect(await limits({ bound: () => undefined })).toEqual([undefined]);
});
