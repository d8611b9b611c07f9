import type { Settlement, WorkOutcome } from "@trans-hub/core/store";
import { expect, test } from "vitest";
import { batchFields } from "./batch-fields.ts";

const error = { at: "2026-01-01T00:00:00Z", engine: "openai", code: "TH_ENGINE_TRANSIENT", message: "m" };
const outcomes: WorkOutcome[] = [
  { kind: "translated", text: "Payer", engine: "openai", model: "m" },
  { kind: "retry", error, delayMs: 1, split: false },
  { kind: "failed", error },
  { kind: "postponed", delayMs: 1 },
  { kind: "released" },
];

test("a batch's log line holds counts, names and codes, and no text", () => {
  const settlement = {
    batch: {
      project: "shop",
      sourceLocale: "en",
      targetLocale: "fr",
      items: outcomes.map((_, at) => ({ text: "Pay", attempt: at + 1 })),
    },
    outcomes,
    elapsedMs: 12.4,
  } as unknown as Settlement;
  const fields = batchFields(settlement);
  expect(fields).toEqual({
    project: "shop",
    source: "en",
    locale: "fr",
    items: 5,
    attempt: 5,
    engine: "openai",
    ms: 12,
    translated: 1,
    retrying: 2,
    failed: 1,
    released: 1,
    errors: { TH_ENGINE_TRANSIENT: 2 },
  });
  expect(JSON.stringify(fields)).not.toMatch(/Pay/);
  expect(batchFields({ ...settlement, repairs: 3 })).toEqual({ ...fields, repairs: 3 });
});
