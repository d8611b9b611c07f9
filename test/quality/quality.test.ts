import { friendlyEngine, hostileEngine } from "@trans-hub/core/testing";
import { describe, expect, test } from "vitest";
import { FIXTURES } from "./fixtures.ts";
import { icuFaults } from "./icu-faults.ts";
import { lostPart } from "./identity.ts";
import { breakage, falseAlarms } from "./measure.ts";
import { WAYS } from "./mutations.ts";
import { apostropheEngine, hasBranches, proveIcu, proveIdentity } from "./promises.ts";

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

const TEXTS = FIXTURES.map(({ source: text, format }) => ({ text, format }));

test.each(["instructed", "tags", "words", "none"] as const)(
  "an engine that protects by %s leaves no part changed, hostile or friendly",
  async (protects) => {
    for (const engine of [hostileEngine(protects), friendlyEngine(protects)]) {
      const { broken, identical } = await proveIdentity(TEXTS, engine, { from: "en", to: "pl" });
      expect(broken).toEqual([]);
      expect(identical).toBe(TEXTS.length);
    }
  },
);

test.each(["pl", "ar", "ja", "fr", "zh-CN"])("ICU messages come out as FormatJS demands in %s", async (to) => {
  const messages = TEXTS.filter(hasBranches);
  expect(messages.length).toBeGreaterThan(3);
  for (const engine of [friendlyEngine("instructed"), apostropheEngine()]) {
    expect((await proveIcu(messages, engine, { from: "en", to })).broken).toEqual([]);
  }
});

describe("the proofs find", () => {
  const locales = { sourceLocale: "en", targetLocale: "pl" };
  const message = "{n, plural, =0 {none} one {# row of {name}} other {# rows of {name}}}";
  const right = "{n, plural, =0 {0} one {# a {name}} few {# b {name}} many {# c {name}} other {# d {name}}}";

  test("nothing in a right message", () => {
    expect(icuFaults({ source: message, translation: right, ...locales })).toEqual([]);
  });

  test.each([
    ["FormatJS cannot read it", right.replace("other {# d {name}}", "")],
    ["the plural categories are not those of the language", right.replace("few {# b {name}} ", "")],
    ["the exact numbers or keys are others", right.replace("=0 {0} ", "")],
    ["it does not show a number", right.replace("few {#", "few {")],
    ["an argument or a tag is missing", right.replace("# c {name}", "# c")],
    ["an argument or a tag was added", right.replace("# c", "<b># c")],
    ["it chooses by other arguments", right.replace("{n,", "{m,")],
  ])("that %s", (fault, translation) => {
    expect(icuFaults({ source: message, translation, ...locales })).toContain(fault);
  });

  test.each([
    ["%b %d", "%bu %du"],
    ["%s left", "%ss"],
    ["%s left", "left"],
    ["Hi {name}", "Hej {name} {name}"],
    ["See https://a.example", "https://b.example"],
    ["%Y-%m-%d", "%m %d"],
  ])("that a part of %j is lost in %j", (source, translation) => {
    expect(lostPart({ source, translation, format: "auto", ...locales })).toBeDefined();
  });
});
