import type { EngineCall } from "@trans-hub/core/store";
import { expect, test } from "vitest";
import { isOverHold } from "./work-events.ts";

const call = (facts: Partial<EngineCall>): EngineCall => ({
  ...{ callId: "00000000-0000-0000-0000-000000000000", engine: "openai", model: "dear", items: 1 },
  ...{ inputTokens: 7, outputTokens: 5, cachedTokens: 0, latencyMs: 1, outcome: "ok", ...facts },
});

test("a call is over its hold only where its exact cost is greater", () => {
  expect(isOverHold(call({ cost: "0.000000000002", held: "0.000000000001" }))).toBe(true);
  expect(isOverHold(call({ cost: "10", held: "9.5" }))).toBe(true);
  expect(isOverHold(call({ cost: "0.10", held: "0.1" }))).toBe(false);
  expect(isOverHold(call({ held: "0.1" }))).toBe(false);
  expect(isOverHold(call({ cost: "10" }))).toBe(false);
});
