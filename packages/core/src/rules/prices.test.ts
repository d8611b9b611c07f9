import { seeded } from "@trans-hub/test-support/random";
import { describe, expect, test } from "vitest";
import { formatAmount, parseAmount } from "./money.ts";
import { ageOfPrices, boundOf, costOf, isPriced, type Prices, priceProblems, priceTable } from "./prices.ts";

const PRICES: Prices = {
  currency: "USD",
  asOf: "2026-11-28",
  engines: {
    openai: {
      "gpt-4o-mini": { inputPerMillion: 0.15, cachedPerMillion: 0.075, outputPerMillion: 0.6 },
      "*": { inputPerMillion: "2.50", outputPerMillion: 10 },
    },
    deepl: { "*": { charactersPerMillion: 20 } },
    anthropic: {
      "claude-haiku-4-5": {
        inputPerMillion: 1,
        cachedPerMillion: 0.1,
        cacheWritePerMillion: 1.25,
        outputPerMillion: 5,
      },
    },
  },
};
const TABLE = priceTable(PRICES);
const mini = ["gpt-4o-mini"];

/** The cost as a decimal number. */
function priced(engine: string, models: readonly (string | null)[], units: Parameters<typeof costOf>[3]) {
  const cost = costOf(TABLE, engine, models, units);
  return cost && `${formatAmount(cost.amount)} ${cost.currency}`;
}

describe("an amount", () => {
  test.each([
    ["0", "0"],
    ["2.50", "2.5"],
    ["0.000000000001", "0.000000000001"],
    ["1000000", "1000000"],
    ["007.10", "7.1"],
  ])("%s is %s", (text, shown) => {
    expect(formatAmount(parseAmount(text) ?? -1n)).toBe(shown);
  });

  test.each(["", ".5", "5.", "-1", "+1", "1e3", "1,5", "0x1", "NaN", " 1", "0.0000000000001", "1".repeat(16)])(
    "is not %j",
    (text) => {
      expect(parseAmount(text)).toBeUndefined();
    },
  );

  test("is read back as it was written", () => {
    for (let digits = 0n; digits < 27n; digits += 1n) {
      for (const amount of [10n ** digits, 10n ** digits - 1n, 7n * 10n ** digits + 3n]) {
        expect(parseAmount(formatAmount(amount))).toBe(amount);
      }
    }
  });

  test("below zero keeps its sign", () => {
    expect([formatAmount(-1_500_000_000_000n), formatAmount(-1n)]).toEqual(["-1.5", "-0.000000000001"]);
  });
});

describe("the cost of a call", () => {
  test("is exact, and counts cached tokens once", () => {
    expect(priced("openai", mini, { inputTokens: 1_000, cachedTokens: 0, outputTokens: 0 })).toBe("0.00015 USD");
    expect(priced("openai", mini, { inputTokens: 1_000, cachedTokens: 400, outputTokens: 3 })).toBe("0.0001218 USD");
    expect(priced("openai", mini, { inputTokens: 1, cachedTokens: 0, outputTokens: 0 })).toBe("0.00000015 USD");
  });

  test("takes cached tokens for input where they have no price of their own, and never more of them than there are", () => {
    expect(priced("openai", ["gpt-9"], { inputTokens: 10, cachedTokens: 10, outputTokens: 0 })).toBe("0.000025 USD");
    expect(priced("openai", mini, { inputTokens: 10, cachedTokens: 99, outputTokens: 0 })).toBe("0.00000075 USD");
  });

  test("has tokens that were written into a cache at their own price", () => {
    const units = { inputTokens: 1_000, cachedTokens: 300, cacheWriteTokens: 200, outputTokens: 0 };
    expect(priced("anthropic", ["claude-haiku-4-5"], units)).toBe("0.00078 USD");
    expect(priced("openai", mini, { ...units, cachedTokens: 0 })).toBe("0.00015 USD");
  });

  test("is that of the model that answered, then of the one that was asked, then of any; never of a part of a name", () => {
    const units = { inputTokens: 1_000_000, outputTokens: 0 };
    expect(priced("openai", ["gpt-4o-mini-2024-07-18", "gpt-4o-mini"], units)).toBe("0.15 USD");
    expect(priced("openai", ["gpt-4o-mini-2024-07-18", null], units)).toBe("2.5 USD");
    expect(priced("openai", [], units)).toBe("2.5 USD");
    expect(priced("anthropic", ["claude-haiku-4-5-20251001"], units)).toBeUndefined();
  });

  test("in characters is one of characters alone", () => {
    expect(priced("deepl", [null], { characters: 1_234 })).toBe("0.02468 USD");
    expect(priced("deepl", [null], { inputTokens: 1, outputTokens: 1 })).toBeUndefined();
    expect(priced("openai", mini, { characters: 1_234 })).toBeUndefined();
  });

  test("is unknown without a price", () => {
    expect(priced("libretranslate", [null], { characters: 1 })).toBeUndefined();
    expect(costOf(undefined, "openai", mini, { inputTokens: 1, outputTokens: 1 })).toBeUndefined();
    expect(isPriced(TABLE, "openai", [])).toBe(true);
    expect(isPriced(TABLE, "apertium", [])).toBe(false);
  });

  test("of calls together is the sum of their costs", () => {
    const random = seeded(7);
    for (let round = 0; round < 200; round += 1) {
      const inputPerMillion = formatAmount(BigInt(Math.floor(random() * 1e12)) * 10n ** 6n);
      const engines = { one: { "*": { inputPerMillion, outputPerMillion: "0" } } };
      const table = priceTable({ currency: "EUR", asOf: "2026-01-01", engines });
      const costOfInput = (inputTokens: number) =>
        costOf(table, "one", [], { inputTokens, outputTokens: 0 })?.amount ?? -1n;
      const calls = Array.from({ length: 9 }, () => Math.floor(random() * 2_147_483_647));
      const together = calls.reduce((sum, tokens) => sum + tokens, 0);
      expect(calls.reduce((sum, tokens) => sum + costOfInput(tokens), 0n)).toBe(costOfInput(together));
    }
  });
});

test("a bound takes the highest of the prices of input", () => {
  const bound = { inputTokens: 1_000_000, outputTokens: 100_000 };
  const most = (engine: string, models: string[]) => boundOf(TABLE, engine, models, bound)?.amount;
  expect(most("openai", mini)).toBe(parseAmount("0.21"));
  expect(most("anthropic", ["claude-haiku-4-5"])).toBe(parseAmount("1.75"));
  expect(boundOf(TABLE, "openai", mini, undefined)).toBeUndefined();
  expect(boundOf(TABLE, "deepl", [], { characters: 50 })?.amount).toBe(parseAmount("0.001"));
});

test("the age of prices is in whole days", () => {
  const day = (date: string) => ageOfPrices(TABLE, Date.parse(date));
  expect([day("2026-11-28"), day("2026-11-29T23:59:59Z"), day("2027-02-27"), day("2026-11-27")]).toEqual([
    0, 1, 91, -1,
  ]);
});

describe("prices are refused, and the error says where,", () => {
  const problems = (change: Record<string, unknown>) =>
    priceProblems({ ...PRICES, ...change }, "prices").map(({ key, problem }) => `${key} ${problem}`);
  const ofModel = (price: unknown) => problems({ engines: { openai: { "gpt-4o:free": price } } });

  test("with a part that is missing, unknown or none", () => {
    expect(problems({})).toEqual([]);
    expect(problems({ currency: "usd", asOf: "2026-02-30" })).toEqual([
      "prices.currency must be three letters such as USD",
      "prices.asOf must be the day of the prices, such as 2026-11-28",
    ]);
    expect(problems({ asof: "2026-11-28" })).toEqual([
      'prices.asof is not a part of prices; did you mean "asOf"? (currency, asOf, engines)',
    ]);
    expect(problems({ engines: { openai: {} } })).toEqual([
      'prices.engines.openai must be an object: a price by the name of its model, or by "*" for any',
    ]);
    expect(priceProblems([], "prices")).toHaveLength(1);
  });

  test("with a price that is none", () => {
    const good = { inputPerMillion: 1, outputPerMillion: 2 };
    const at = "prices.engines.openai.gpt-4o:free";
    const wanted = "must be a number from 0 to 1,000,000 with at most 6 decimals";
    expect(ofModel(good)).toEqual([]);
    for (const bad of [-1, Number.NaN, 1e-7, 1e21, 0.1234567, "1e3", "1.2345678", "", null, true, 1_000_001]) {
      expect(ofModel({ ...good, inputPerMillion: bad })).toEqual([`${at}.inputPerMillion ${wanted}`]);
    }
    expect(ofModel({ inputPerMillion: 1 })).toEqual([
      `${at} must have inputPerMillion and outputPerMillion, or charactersPerMillion; outputPerMillion is missing`,
    ]);
    expect(ofModel({ ...good, inputPermillion: 2 })[0]).toMatch(/inputPermillion is not a price; did you mean/);
    expect(ofModel({ charactersPerMillion: 1, inputPerMillion: 1 })[0]).toMatch(
      /inputPerMillion is not a price beside/,
    );
  });
});
