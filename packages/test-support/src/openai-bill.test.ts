/** The bill of the test server: its tokens are those of the tokenizer, its cache is the documented one. */
import { expect, test } from "vitest";
import { amountOf, OpenaiBill, tokensIn } from "./openai-bill.ts";

const prompt = (words: number, text = "Save") => [
  { role: "system", content: "word ".repeat(words) },
  { role: "user", content: text },
];

test("a call is counted with the marks around its messages", () => {
  const bill = new OpenaiBill();
  // Three marks around each message, its role, and three for the beginning of the answer.
  expect(bill.count([{ role: "user", content: "Save changes" }], "Enregistrer")).toEqual({
    prompt_tokens: tokensIn("Save changes") + 4 + 3,
    completion_tokens: tokensIn("Enregistrer"),
    total_tokens: tokensIn("Save changes") + 7 + tokensIn("Enregistrer"),
    prompt_tokens_details: { cached_tokens: 0 },
  });
  expect(tokensIn("Save changes")).toBe(2);
});

test("the longest prefix of at least 1,024 tokens that an earlier call had is cached, in steps of 128", () => {
  const bill = new OpenaiBill();
  const cached = (...given: Parameters<typeof prompt>) =>
    bill.count(prompt(...given), "x").prompt_tokens_details.cached_tokens;
  expect(cached(900)).toBe(0);
  expect(cached(900)).toBe(0);
  expect(cached(1_200, "one")).toBe(0);
  expect(cached(1_200, "two")).toBe(1_152);
  expect(cached(1_300)).toBe(1_152);
  expect(cached(1_300, "Save ".repeat(400))).toBe(1_280);
  expect(cached(1_300, "Open ".repeat(400))).toBe(1_280);
  expect(cached(1_300, "Open ".repeat(400))).toBe(1_664);
});

test("a server without a cache bills all of it", () => {
  const bill = new OpenaiBill({ caches: false });
  bill.count(prompt(2_000), "x");
  expect(bill.count(prompt(2_000), "x").prompt_tokens_details.cached_tokens).toBe(0);
  const { calls, inputTokens, cachedTokens, outputTokens } = bill.tokens;
  expect([calls, cachedTokens, outputTokens]).toEqual([2, 0, 2]);
  expect(bill.amount({ input: 150_000n, cached: 75_000n, output: 600_000n })).toBe(
    BigInt(inputTokens) * 150_000n + 1_200_000n,
  );
});

test("cached tokens are a part of the input, at their own price", () => {
  const tokens = { calls: 1, inputTokens: 10, cachedTokens: 4, outputTokens: 2 };
  expect(amountOf(tokens, { input: 100n, cached: 10n, output: 1_000n })).toBe(2_640n);
});
