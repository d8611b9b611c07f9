/** The bill of a small run of the real command, by a tokenizer: `npm run bench:cost` measures a whole corpus. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestDatabase } from "@trans-hub/test-support/database";
import { makeTexts } from "@trans-hub/test-support/strings";
import { expect, test } from "vitest";
import { FIXTURES } from "../quality/fixtures.ts";
import { INSTRUCTIONS } from "./cost/instructions.ts";
import { type CostConditions, measureCost } from "./cost/measure.ts";
import { plausible } from "./cost/plausible.ts";
import { missed } from "./cost/report.ts";

const texts = [...new Set([...FIXTURES.map(({ source }) => source), ...makeTexts(240)])].map((text) => ({ text }));

test.for<[string, CostConditions]>([
  ["none", { caches: false }],
  ["instructions", { caches: true, instructions: INSTRUCTIONS }],
])(
  "the product costs at most its goal of one call a string, and the ledger is the bill: %s",
  async ([name, conditions], { onTestFinished }) => {
    const folder = await mkdtemp(join(tmpdir(), "trans-hub-cost-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const figures = await measureCost(texts, conditions, {
      folder,
      locales: ["de", "ja"],
      sample: 30,
      openDatabase: async () => {
        const database = await createTestDatabase();
        onTestFinished(() => database.drop());
        return database.url;
      },
    });
    expect(missed({ [name]: figures }, 2)).toEqual([]);
    expect(figures).toMatchObject({ ledgerIsBill: true, again: { calls: 0, cost: 0n } });
    expect(figures.ours.calls).toBeLessThan(1.5 * figures.estimatedCalls);
    // What the cache serves is known to no estimate.
    if (!conditions.caches) {
      expect(figures.ours.cachedTokens).toBe(0);
      expect(figures.estimateOfBill).toBeGreaterThan(0.85);
      expect(figures.estimateOfBill).toBeLessThan(1.15);
    } else {
      expect(figures.ours.cachedTokens).toBeGreaterThan(0.5 * figures.ours.inputTokens);
    }
  },
);

test("the translations of the server keep placeholders and markup, and have the lengths of real ones", () => {
  const translate = plausible("de");
  const given = "Hello {name}, <b>see</b> 3 new files of %1$s at https://example.com/a";
  for (const part of ["{name}", "<b>", "</b>", "3", "%1$s", "https://example.com/a"]) {
    expect(translate(given)).toContain(part);
  }
  expect(translate("Do not touch this", ["touch"])).toContain("touch");
  expect(translate(given)).toBe(translate(given));
  const source = makeTexts(300).join(" ").length;
  for (const [locale, least, most] of [
    ["de", 0.9, 1.4],
    ["fr", 0.9, 1.4],
    ["ja", 0.35, 0.8],
  ] as const) {
    const each = plausible(locale);
    const target = makeTexts(300)
      .map((text) => each(text))
      .join(" ").length;
    expect([locale, target / source > least, target / source < most]).toEqual([locale, true, true]);
  }
});
