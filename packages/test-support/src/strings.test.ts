import { expect, test } from "vitest";
import { makeTexts } from "./strings.ts";

test("made-up texts are distinct and as long as those of real interfaces, for any seed", () => {
  for (const seed of [1, 7, 4_000]) {
    const texts = makeTexts(20_000, seed);
    expect(new Set(texts).size).toBe(texts.length);
    const lengths = texts.map((text) => text.length).sort((one, other) => one - other);
    const [half, most, nearlyAll] = [0.5, 0.9, 0.99].map((share) => lengths[share * texts.length] ?? 0) as [
      number,
      number,
      number,
    ];
    expect(half).toBeGreaterThanOrEqual(18);
    expect(half).toBeLessThanOrEqual(22);
    expect(most).toBeGreaterThanOrEqual(74);
    expect(most).toBeLessThanOrEqual(86);
    expect(nearlyAll).toBeGreaterThanOrEqual(205);
    expect(nearlyAll).toBeLessThanOrEqual(245);
  }
});
