import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLogger } from "./logger.ts";
import { type StopSignals, stopOnSignals } from "./signals.ts";

const logger = createLogger({ level: "silent", destination: { write: () => undefined } });
const exit = vi.fn();
let stop: StopSignals;

beforeEach(() => {
  vi.useFakeTimers();
  exit.mockReset();
  stop = stopOnSignals({ drainMs: 20_000, logger, exit });
});
afterEach(() => {
  stop.release();
  vi.useRealTimers();
});

test("the first signal starts the graceful end, the second forces the end", () => {
  process.emit("SIGTERM", "SIGTERM");
  expect(stop.signal.aborted).toBe(true);
  expect(exit).not.toHaveBeenCalled();
  process.emit("SIGINT", "SIGINT");
  expect(exit.mock.calls).toEqual([[1]]);
});

test("a signal that arrived before is passed on at once", () => {
  stop.release();
  stop = stopOnSignals({ drainMs: 20_000, logger, exit, isAsked: true });
  expect(stop.signal.aborted).toBe(true);
  process.emit("SIGTERM", "SIGTERM");
  expect(exit.mock.calls).toEqual([[1]]);
});

test("a drain that hangs is cut off with exit code 0", () => {
  process.emit("SIGTERM", "SIGTERM");
  vi.advanceTimersByTime(20_000);
  expect(exit).not.toHaveBeenCalled();
  vi.advanceTimersByTime(3_000);
  expect(exit.mock.calls).toEqual([[0]]);
});

test("after release, the process handles its own signals again", () => {
  const before = process.listenerCount("SIGTERM");
  stop.release();
  expect(process.listenerCount("SIGTERM")).toBe(before - 1);
  vi.advanceTimersByTime(60_000);
  expect(exit).not.toHaveBeenCalled();
});
