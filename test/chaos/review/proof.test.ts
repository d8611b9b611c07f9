import { test } from "@trans-hub/test-support/database";
import { expect } from "vitest";
import { proveReviews } from "./proof.ts";

test("acts of people, killed in the middle and beside all others, are kept once each, and undone to the byte", {
  timeout: 180_000,
}, async ({ database }) => {
  const report = await proveReviews({ databaseUrl: database.url, texts: 40, acts: 300, kills: 6, seed: 7 });
  expect(report.faults).toEqual([]);
  expect(report.acked).toBeGreaterThanOrEqual(300);
  expect(report.undone).toBeGreaterThan(100);
});
