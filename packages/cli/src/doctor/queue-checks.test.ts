import type { WorkerStatus } from "@trans-hub/core";
import { expect, test } from "vitest";
import { checkCircuits, checkCollection, checkInbox, checkPauses, checkWorkers } from "./queue-checks.ts";

const NOW = Date.parse("2026-06-15T12:00:00Z");
const daysAgo = (days: number) => ({ lastCollectionAt: new Date(NOW - days * 86_400_000) });

test("a collection within its schedule is fresh, an older one fails", () => {
  expect(checkCollection(daysAgo(1.9), "30 3 * * *", NOW).status).toBe("ok");
  expect(checkCollection(daysAgo(2.1), "30 3 * * *", NOW).status).toBe("fail");
  expect(checkCollection(daysAgo(7.5), "30 3 * * 0", NOW).status).toBe("ok");
  expect(checkCollection(daysAgo(9), "30 3 * * 0", NOW).status).toBe("fail");
  expect(checkCollection(daysAgo(31), "30 3 1 * *", NOW).status).toBe("ok");
});

test("a collection that never ran may be due yet", () => {
  expect(checkCollection({ lastCollectionAt: null }, "30 3 * * *", NOW)).toMatchObject({ status: "warn" });
});

test("a missing worker fails on a named database and warns on the embedded one", () => {
  expect(checkWorkers({ workers: [] }, "named")).toMatchObject({
    status: "fail",
    cure: expect.stringContaining("worker"),
  });
  expect(checkWorkers({ workers: [] }, "embedded").status).toBe("warn");
  const worker = { host: "a" } as WorkerStatus;
  expect(checkWorkers({ workers: [worker] }, "named")).toMatchObject({ status: "ok", cure: null });
});

test("each pause is listed with the command that ends it", () => {
  const since = new Date(NOW);
  expect(checkPauses({ paused: [] })).toEqual([]);
  const checks = checkPauses({
    paused: [
      { kind: "everything", name: null, since },
      { kind: "engine", name: "openai", since },
    ],
  });
  expect(checks).toMatchObject([
    { status: "warn", detail: "everything is paused since 2026-06-15T12:00:00.000Z", cure: "trans-hub resume" },
    { status: "warn", detail: expect.stringContaining("engine openai"), cure: "trans-hub resume --engine openai" },
  ]);
});

test("an engine with an open circuit is listed with its likely cause, one that is called or only rate-limited is not", () => {
  const limit = {
    engine: "openai",
    pausedUntil: new Date(NOW),
    openUntil: null,
    reason: null,
    running: 0,
    faultySince: null,
    fault: null,
  };
  expect(checkCircuits({ limits: [{ ...limit, circuit: "closed" }] })).toEqual([]);
  const open = { ...limit, circuit: "open", openUntil: new Date(NOW), reason: "TH_ENGINE_QUOTA" } as const;
  expect(checkCircuits({ limits: [open, { ...open, reason: "TH_ENGINE_CONFIG" }] })).toMatchObject([
    { status: "warn", detail: expect.stringContaining("TH_ENGINE_QUOTA"), cure: expect.stringContaining("billing") },
    { status: "warn", detail: expect.stringContaining("TH_ENGINE_CONFIG"), cure: expect.stringContaining("key") },
  ]);
});

test("items that cannot be registered are counted by their reason", () => {
  expect(checkInbox({ refused: {} })).toEqual([]);
  expect(checkInbox({ refused: { "23514": 1, TH_LOCALE: 2 } })).toMatchObject([
    { status: "warn", detail: "3 items cannot be registered: 2 TH_LOCALE, 1 23514" },
  ]);
});
