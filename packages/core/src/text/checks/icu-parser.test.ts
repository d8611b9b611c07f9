import { createRequire } from "node:module";
import { parse } from "@formatjs/icu-messageformat-parser";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readSyntax } from "../syntax.ts";
import { isPlain } from "./icu-parser.ts";
import { judgeByAll } from "./judge.ts";

const text = fc.array(fc.constantFrom("a", "Ü", " ", "\n", "#", "/", "\u00a0", "'", "<b>", "}", "{"), { maxLength: 4 });
const name = fc.constantFrom("n", "count", "0", "a_b", "a.b", "a-b", "名");
const space = fc.constantFrom("", "", " ", "\n\t", "\u00a0", "\u2003", "\ufeff");
const form = fc.constantFrom("zero", "one", "few", "other", "other", "=0", "=01", "=1", "= 1", "male", "x-y");

const { message } = fc.letrec<{ message: string; argument: string }>((tie) => ({
  message: fc
    .array(
      fc.oneof(
        { depthSize: "small", maxDepth: 3 },
        text.map((all) => all.join("")),
        tie("argument"),
      ),
      { maxLength: 3 },
    )
    .map((all) => all.join("")),
  argument: fc.oneof(
    fc.tuple(space, name, space).map(([before, each, after]) => `{${before}${each}${after}}`),
    fc
      .record({
        ...{ name, space, type: fc.constantFrom("plural", "select", "selectordinal", "number", "date", "offset") },
        offset: fc.constantFrom("", "", " offset:1"),
        branches: fc.array(fc.tuple(form, tie("message"), space), { minLength: 1, maxLength: 3 }),
      })
      .map(
        (each) =>
          `{${each.name},${each.space}${each.type}${each.space},${each.offset}${each.branches
            .map(([selector, content, between]) => ` ${selector}${between}{${content}}`)
            .join("")}${each.space}}`,
      ),
  ),
}));

const { TH_TEST_RUNS: runs = "3000" } = process.env;

test("a message that is called plain is one that the second parser reads", () => {
  let plain = 0;
  fc.assert(
    fc.property(message, (each) => {
      const { message: read } = readSyntax(each, "icu");
      if (read === undefined || !isPlain(each, read)) return;
      plain += 1;
      expect(() => parse(each, { ignoreTag: true })).not.toThrow();
    }),
    { numRuns: Number(runs) },
  );
  expect(plain).toBeGreaterThan(Number(runs) / 20);
});

test("plain plurals and selections are judged without the second parser", () => {
  const { cache } = createRequire(import.meta.url);
  const isLoaded = () => Object.keys(cache).some((path) => path.includes("icu-messageformat-parser"));
  const source = "{n, plural, one {# file of {who}} other {# files of {who}}}, {sex, select, male {he} other {they}}";
  expect(judgeByAll({ source, translation: source.replaceAll("file", "Datei") }).blocked).toEqual([]);
  expect(isLoaded()).toBe(false);
  const price = "{price, number, ::currency/EUR}";
  expect(judgeByAll({ source: price, translation: `Preis ${price}`, format: "icu" }).blocked).toEqual([]);
  expect(isLoaded()).toBe(true);
});
