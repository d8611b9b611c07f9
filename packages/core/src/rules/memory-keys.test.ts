import { describe, expect, test } from "vitest";
import { memoryKeys, similarity, trigramsOf } from "./memory-keys.ts";
import { memoryLanguage, memoryLocale, memoryTargets } from "./memory-locale.ts";

const shared = (one: string, other: string) => {
  const keys = memoryKeys("p", other);
  return memoryKeys("p", one).filter((key, band) => key === keys[band]).length;
};
const alike = (one: string, other: string) => similarity(trigramsOf(one), trigramsOf(other));

describe("the keys of a text in the memory", () => {
  test("are twenty integers, the same each time, and others in another project", () => {
    const keys = memoryKeys("p", "Add to cart");
    expect(keys).toHaveLength(20);
    expect(keys).toEqual(memoryKeys("p", "Add to cart"));
    expect(keys.every((key) => Number.isInteger(key) && key >= -(2 ** 31) && key < 2 ** 31)).toBe(true);
    expect(memoryKeys("q", "Add to cart").filter((key) => keys.includes(key))).toEqual([]);
    // Stored keys are compared with those of a later release: changed ones need another MEMORY_KEY_VERSION.
    expect(keys.slice(0, 3)).toEqual([183891436, -629123275, -2102717991]);
  });

  test("are the same for another letter case and other white space", () => {
    expect(memoryKeys("p", " ADD  to\ncart ")).toEqual(memoryKeys("p", "Add to cart"));
    expect(memoryKeys("p", "cafe\u0301 au lait")).toEqual(memoryKeys("p", "café au lait"));
  });

  test("are none for a text without words, and for a very long one", () => {
    expect(memoryKeys("p", "")).toEqual([]);
    expect(memoryKeys("p", "   ")).toEqual([]);
    expect(memoryKeys("p", "x".repeat(2_001))).toEqual([]);
    expect(memoryKeys("p", "好")).toHaveLength(20);
  });

  test("have two in common where texts are similar, and mostly none where they are not", () => {
    const similar = [
      "Your changes to the account settings were saved",
      "The changes to your account settings were saved",
    ] as const;
    expect(alike(...similar)).toBeGreaterThan(0.7);
    expect(shared(...similar)).toBeGreaterThanOrEqual(2);
    expect(shared("Your changes to the account settings were saved", "Delete this folder for ever")).toBeLessThan(2);
  });
});

test("similarity is the share of common trigrams", () => {
  expect(alike("Add to cart", "add to cart")).toBe(1);
  expect(alike("Add to cart", "")).toBe(0);
  expect(alike("abc", "xyz")).toBe(0);
  // " abc " has 3 trigrams, " abcd " has 4, and 2 of them are in both.
  expect(alike("abc", "abcd")).toBeCloseTo(2 / 5);
});

test("a locale is named in the memory by its likely subtags", () => {
  expect(["fr-FR", "zh-CN", "zh-Hans", "pt-BR", "de-DE"].map(memoryLocale)).toEqual(["fr", "zh", "zh", "pt", "de"]);
  expect(["fr-CA", "zh-TW", "zh-Hant", "pt-PT"].map(memoryLocale)).toEqual(["fr-CA", "zh-TW", "zh-TW", "pt-PT"]);
  expect(["en-GB", "en", "und", "zh-TW", "sr-Latn-RS"].map(memoryLanguage)).toEqual([
    "en",
    "en",
    "und",
    "zh-TW",
    "sr-Latn",
  ]);
  expect(memoryTargets("fr-CA")).toEqual(["fr-CA", "fr"]);
  expect(memoryTargets("zh-Hant-HK")).toEqual(["zh-HK", "zh-TW"]);
  expect(memoryTargets("zh-TW")).toEqual(["zh-TW"]);
  expect(memoryTargets("pt-BR")).toEqual(["pt"]);
});
