import { expect, test } from "vitest";
import { retryMs } from "./retry.ts";

const evenly = () => 0.5;

test("the waits grow from 5 s to 24 h", () => {
  const waits = Array.from({ length: 12 }, (_, at) => Math.round(retryMs(at + 1, 0, evenly) / 1_000));
  expect(waits).toEqual([5, 15, 45, 135, 405, 1215, 3645, 10935, 32805, 86400, 86400, 86400]);
});

test("receivers that failed together are tried at different times", () => {
  expect(retryMs(1, 0, () => 0)).toBe(4_000);
  expect(retryMs(1, 0, () => 1)).toBe(6_000);
});

test("a receiver that asks for a longer wait gets it, up to a day", () => {
  expect(retryMs(1, 120_000, evenly)).toBe(120_000);
  expect(retryMs(3, 1_000, evenly)).toBe(45_000);
  expect(retryMs(1, 1e12, evenly)).toBe(86_400_000);
});

test("after a thousand failures the wait is still a day", () => {
  expect(retryMs(1_000, 0, evenly)).toBe(86_400_000);
});
