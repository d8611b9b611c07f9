import { expect, test } from "vitest";
import { FIXTURES } from "./fixtures.ts";
import { breakage, falseAlarms } from "./measure.ts";
import { WAYS } from "./mutations.ts";

/** The blocking checks of today let this share of broken texts pass at most. From 0 to 1. */
const LEAST_BLOCKED = 0.95;
const LEAST_WARNED = 0.6;
/** Right translations that today's blocking checks refuse: a plural form without its number. */
const MOST_FALSE_ALARMS = 1;

test("right translations are neither blocked nor warned of", () => {
  const alarms = falseAlarms(FIXTURES);
  expect(alarms.blocked).toBeLessThanOrEqual(MOST_FALSE_ALARMS);
  expect(alarms.eastAsianPlurals.blocked).toBe(0);
  expect(alarms.warnedOfAll).toEqual({});
});

test("broken translations are blocked or repaired, and doubtful ones are warned of", () => {
  const { caught, warned, ways } = breakage(FIXTURES);
  expect(caught).toBeGreaterThanOrEqual(LEAST_BLOCKED);
  expect(warned).toBeGreaterThanOrEqual(LEAST_WARNED);
  expect(ways.filter(({ applied }) => applied === 0).map(({ way }) => way)).toEqual(NOT_IN_FIXTURES);
});

const NOT_IN_FIXTURES: string[] = [];

test("each way has a name of its own", () => {
  expect(new Set(WAYS.map(({ name }) => name)).size).toBe(WAYS.length);
});
