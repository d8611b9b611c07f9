import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SILENT_LOGGER } from "../contract/logger.ts";
import type { NamedReference } from "../contract/translation.ts";
import { TouchLog } from "./touch-log.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const byId = (businessId: string, targetLocale = "fr"): NamedReference => ({
  project: "default",
  targetLocale,
  businessId,
});

function touchLog(touch = vi.fn(async (_references: readonly NamedReference[]) => undefined)) {
  return { touch, log: new TouchLog({ touch, logger: SILENT_LOGGER }) };
}

test("a text is noted once a period, however many locales are read", async () => {
  const { touch, log } = touchLog();
  log.note(byId("pay"));
  log.note(byId("pay"));
  log.note(byId("pay", "de"));
  log.note(byId("back"));
  await vi.advanceTimersByTimeAsync(59_000);
  expect(touch).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(touch.mock.calls).toEqual([[[byId("pay"), byId("back")]]]);
  log.note(byId("pay"));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(touch).toHaveBeenCalledTimes(2);
});

test("without a read, nothing is written and no timer runs", async () => {
  const { touch, log } = touchLog();
  expect(vi.getTimerCount()).toBe(0);
  await log.flush();
  expect(touch).not.toHaveBeenCalled();
});

test("many notes are written in calls of a bounded size, and too many do not wait for the period", async () => {
  const { touch, log } = touchLog();
  for (let at = 0; at < 20_000; at += 1) log.note(byId(`id.${at}`));
  await log.flush();
  expect(touch).toHaveBeenCalledTimes(20);
  expect(touch.mock.calls.every(([references]) => references.length === 1_000)).toBe(true);
});

test("a failed write loses the notes and nothing else, and no value that its error quotes is logged", async () => {
  const warn = vi.fn();
  const quoting = Object.assign(new Error('invalid: "Pay now"'), { code: "22P02", detail: "Key (text)=(Pay now)" });
  const touch = vi.fn().mockRejectedValueOnce(quoting).mockResolvedValue(undefined);
  const log = new TouchLog({ touch, logger: { ...SILENT_LOGGER, warn } });
  log.note(byId("pay"));
  await log.flush();
  const error = { name: "Error", code: "22P02", at: expect.any(String) };
  expect(warn).toHaveBeenCalledWith({ error, references: 1 }, "touch.failed");
  log.note(byId("pay"));
  await log.flush();
  expect(touch).toHaveBeenCalledTimes(2);
});
