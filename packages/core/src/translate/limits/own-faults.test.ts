import { beforeEach, expect, test, vi } from "vitest";
import { OwnFaults } from "./own-faults.ts";

const OPTIONS = { least: 5, overMs: 3_000, tryEveryMs: 5_000, cutOffMs: 60_000 };

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

function faulty(count: number, texts: (at: number) => string[] = (at) => [`text ${at}`]) {
  const own = new OwnFaults(OPTIONS);
  for (let at = 0; at < count; at += 1) own.failed("engine", texts(at));
  return own;
}

test("from the fifth fault on one call is made at a time, and after three seconds one every five seconds", () => {
  expect(faulty(4).waitMs("engine")).toBeUndefined();
  const own = faulty(5);
  expect(own.waitMs("engine")).toBe(600);
  vi.advanceTimersByTime(600);
  expect([own.waitMs("engine"), own.waitMs("engine")]).toEqual([0, 600]);
  vi.advanceTimersByTime(2_400);
  own.failed("engine", []);
  expect(own.waitMs("engine")).toBe(5_000);
  own.answered("engine");
  expect([own.waitMs("engine"), own.has("engine")]).toEqual([undefined, false]);
});

test("an answer that came after the faults began makes a process cut off, an earlier one does not", () => {
  const own = faulty(5);
  expect(own.othersAnswered("engine", 0)).toBe(false); // The faults do not last yet.
  vi.advanceTimersByTime(3_000);
  expect([own.othersAnswered("engine", 3_001), own.isCutOff("engine")]).toEqual([false, false]);
  expect([own.othersAnswered("engine", 2_000), own.isCutOff("engine")]).toEqual([true, true]);
  expect(own.countsForFleet("engine")).toBe(false);
  vi.advanceTimersByTime(60_000);
  // The others may have left: the faults count again, and the process stays cut off until it is known.
  expect([own.countsForFleet("engine"), own.isCutOff("engine")]).toEqual([true, true]);
  expect(own.othersAnswered("engine", 61_000)).toBe(false);
  expect(own.countsForFleet("engine")).toBe(true);
  expect(own.othersAnswered("engine", 30_000)).toBe(false); // Known before.
  expect(own.countsForFleet("engine")).toBe(false);
  own.fleetHasOutage("engine");
  expect([own.isCutOff("engine"), own.countsForFleet("engine")]).toEqual([false, true]);
});

test("calls with one text over and over may fail because of it", () => {
  expect(faulty(20, () => ["the same"]).isOfManyTexts("engine")).toBe(false);
  expect(faulty(5).isOfManyTexts("engine")).toBe(true);
});
