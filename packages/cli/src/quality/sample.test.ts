import { readSyntax } from "@trans-hub/core/engine";
import { expect, test } from "vitest";
import { readSample } from "./sample.ts";

const ENGLISH = { sourceLocale: "en", targetLocale: "fr", limit: 1_000 };

test("the built-in set has 200 texts, and every notation", async () => {
  const sample = await readSample(undefined, ENGLISH);
  expect(sample).toHaveLength(200);
  const formats = new Set(sample.map(({ format }) => format));
  expect([...formats].sort()).toEqual([
    "auto",
    "fluent",
    "html",
    "i18next",
    "icu",
    "java",
    "markdown",
    "printf",
    "strftime",
  ]);
  const isRead = ({ text, format }: (typeof sample)[number]) => format !== "icu" || readSyntax(text, format).isIcu;
  expect(sample.filter((each) => !isRead(each))).toEqual([]);
});

test("a part of it has several notations too", async () => {
  const few = await readSample(undefined, { ...ENGLISH, limit: 30 });
  expect(few).toHaveLength(30);
  expect(new Set(few.map(({ format }) => format)).size).toBeGreaterThan(4);
});
