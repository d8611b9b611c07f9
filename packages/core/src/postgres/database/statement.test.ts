import { test, value } from "@trans-hub/test-support/store";
import { expect } from "vitest";
import { integerArray, textArray } from "./statement.ts";

const HARD = [
  "",
  " ",
  "NULL",
  "null",
  "{}",
  '"',
  "\\",
  '\\"',
  "a,b",
  '{"a": "b\\n"}',
  "line\nbreak\ttab",
  "'; --",
  "é😀",
  "$&",
];

test("texts reach the database unchanged", async ({ db }) => {
  expect(await value(db, "select to_json($1::text[])", [textArray(HARD)])).toEqual(HARD);
  expect(await value(db, "select to_json($1::text[])", [textArray([])])).toEqual([]);
  expect(await value(db, "select to_json($1::text[])", [textArray([""])])).toEqual([""]);
});

test("numbers reach the database unchanged", async ({ db }) => {
  expect(await value(db, "select to_json($1::integer[])", [integerArray([3, -1, 0])])).toEqual([3, -1, 0]);
  expect(await value(db, "select to_json($1::integer[])", [integerArray([])])).toEqual([]);
});
