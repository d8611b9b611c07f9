import { DatabaseUnavailableError, InvalidItemError, SettingsError } from "@trans-hub/core";
import { EnginesStoppedError } from "@trans-hub/core/operations";
import { expect, test } from "vitest";
import { EXIT, exitCodeOf, reportError } from "./report-error.ts";
import { redact } from "./settings/environment.ts";
import { UsageError } from "./usage-error.ts";

test("the caller's mistakes are wrong usage, failures are failures, and interruptions have a code of their own", () => {
  expect(exitCodeOf(new UsageError("no"))).toBe(EXIT.usage);
  expect(exitCodeOf(new SettingsError([]))).toBe(EXIT.usage);
  expect(exitCodeOf(new InvalidItemError("TH_LOCALE", "targetLocale", "is none"))).toBe(EXIT.usage);
  expect(exitCodeOf(new DatabaseUnavailableError("away"))).toBe(EXIT.failed);
  expect(exitCodeOf(new EnginesStoppedError("no engine answers"))).toBe(EXIT.incomplete);
  expect(exitCodeOf(new TypeError("a fault of ours"))).toBe(EXIT.failed);
  const aborted = new AbortController();
  aborted.abort();
  expect(exitCodeOf(aborted.signal.reason)).toBe(EXIT.interrupted);
});

test("an internal fault is one line, without a stack", () => {
  const reported = reportError(new TypeError("x is not a function\n    at y (z.ts:1:2)"), redact);
  expect(reported).toEqual({ code: "TH_UNEXPECTED", message: "unexpected: TypeError: x is not a function" });
});

test("an error is reported with its hint, and without passwords", () => {
  const error = new DatabaseUnavailableError("No answer\nfrom postgres://u:hunter2@h/d?sslpassword=hunter3");
  const reported = reportError(error, redact);
  expect(reported).toMatchObject({ code: "TH_DATABASE_UNAVAILABLE", hint: expect.stringContaining("TH_DATABASE_URL") });
  expect(reported.message).toMatch(/^No answer from postgres:\/\/u:\*\*\*@h\/d/);
  expect(JSON.stringify(reported)).not.toMatch(/hunter/);
});
