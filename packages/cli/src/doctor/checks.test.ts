import type { WorkerStatus } from "@trans-hub/core";
import { expect, test } from "vitest";
import { checkCollection, checkWorkers } from "./checks.ts";

const NOW = Date.parse("2026-06-15T12:00:00Z");
const daysAgo = (days: number) => ({ lastCollectionAt: new Date(NOW - days * 86_400_000) });

test("a collection as old as its schedule allows is fresh, an older one fails", () => {
  expect(checkCollection(daysAgo(1.9), "30 3 * * *", NOW).status).toBe("ok");
  expect(checkCollection(daysAgo(2.1), "30 3 * * *", NOW).status).toBe("fail");
  expect(checkCollection(daysAgo(7.5), "30 3 * * 0", NOW).status).toBe("ok");
  expect(checkCollection(daysAgo(9), "30 3 * * 0", NOW).status).toBe("fail");
  expect(checkCollection(daysAgo(31), "30 3 1 * *", NOW).status).toBe("ok");
});

test("a collection that never ran may be due yet", () => {
  expect(checkCollection({ lastCollectionAt: null }, "30 3 * * *", NOW)).toMatchObject({ status: "warn" });
});

test("no worker fails on a named database and warns on the embedded one", () => {
  expect(checkWorkers({ workers: [] }, "named")).toMatchObject({
    status: "fail",
    cure: expect.stringContaining("worker"),
  });
  expect(checkWorkers({ workers: [] }, "embedded").status).toBe("warn");
  const worker = { host: "a" } as WorkerStatus;
  expect(checkWorkers({ workers: [worker] }, "named")).toMatchObject({ status: "ok", cure: null });
});
