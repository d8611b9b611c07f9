import { EngineRefusedError } from "@trans-hub/core/engine";
import { expect, test } from "vitest";
import { engineFailure } from "../failure.ts";
import { engineConformance, scriptedEngine } from "./index.ts";

engineConformance("scripted", () => {
  const engine = scriptedEngine();
  return {
    engine,
    hang() {
      engine.rescript({ call: () => new Promise(() => {}) });
      return engine.started(engine.calls.length + 1);
    },
    provoke: {
      rate_limited: () =>
        engine.rescript({ item: () => ({ failure: engineFailure("rate_limited", "busy", { retryAfterMs: 2_000 }) }) }),
    },
  };
});

const batchOf = (...texts: string[]) => ({
  sourceLocale: "en",
  targetLocale: "fr",
  items: texts.map((text) => ({ id: text, text, format: "auto" as const })),
});
const signal = new AbortController().signal;

test("a scripted engine answers item by item, leaves out items without an answer, and records the call", async () => {
  const failure = engineFailure("refused", "no");
  const engine = scriptedEngine({
    maxItemsPerCall: 3,
    item: ({ text }, { number }) => ({ a: `${number}`, b: { failure }, c: undefined })[text],
  });
  const { results } = await engine.translate(batchOf("a", "b", "c"), signal);
  expect([...results]).toEqual([
    ["a", { text: "1" }],
    ["b", { failure }],
  ]);
  expect(failure.error).toBeInstanceOf(EngineRefusedError);
  expect(engine.maxItemsPerCall).toBe(3);
  expect(engine.calls.map(({ number, batch }) => [number, batch.items.length])).toEqual([[1, 3]]);
});

test("a script can answer or fail a whole call, and can change between calls", async () => {
  const engine = scriptedEngine({ call: () => ({ results: new Map() }) });
  expect((await engine.translate(batchOf("a"), signal)).results.size).toBe(0);
  engine.rescript({ call: () => Promise.reject(new Error("boom")) });
  await expect(engine.translate(batchOf("a"), signal)).rejects.toThrow("boom");
  engine.rescript({ call: () => undefined });
  expect((await engine.translate(batchOf("a"), signal)).results.get("a")).toEqual({ text: "[fr] a" });
  await engine.close?.();
  expect(engine.closeCount).toBe(1);
});
