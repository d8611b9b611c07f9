import { expect, test } from "vitest";
import { closestName } from "./closest-name.ts";

test.each([
  ["opnai", "openai"],
  ["OpenIA", "openai"],
  ["deepl", "deepl"],
  ["TH_BATCHSIZE", "TH_BATCH_SIZE"],
  ["TH_BACHSIZ", "TH_BATCH_SIZE"],
])("%s means %s", (name, meant) => {
  expect(closestName(name, ["openai", "deepl", "TH_BATCH_SIZE", "TH_DATA_DIR"])).toBe(meant);
});

test.each(["zzz", "opn", "constructor", "", "x".repeat(1_000_000)])("a name that is not close means none", (name) => {
  expect(closestName(name, ["openai", "deepl", "pseudo"])).toBeUndefined();
});

test("of two names the closer one is meant, whatever their order", () => {
  expect(closestName("pseudi", ["pseud", "pseudo"])).toBe("pseud");
  expect(closestName("pseudoo", ["pseud", "pseudo"])).toBe("pseudo");
  expect(closestName("pseudoo", ["pseudo", "pseud"])).toBe("pseudo");
});
