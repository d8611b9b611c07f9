import { expect, test } from "vitest";
import { checkLocks, checkReviewers, checkStandby } from "./keeping-checks.ts";

test("a reviewer whose locale or role is misspelt is named, and others are not", () => {
  const row = (role: string, locale: string, isRole = true) => ({ role, locale, isRole });
  expect(checkReviewers({ reviewerLocales: undefined })).toEqual([]);
  expect(checkReviewers({ reviewerLocales: [row("anna", "pt-BR"), row("bo", "*")] })).toEqual([]);
  const [wrong] = checkReviewers({ reviewerLocales: [row("anna", "pt_br"), row("bo", "x!"), row("mia", "fr", false)] });
  expect(wrong).toMatchObject({
    status: "warn",
    detail: "anna has pt_br, which is pt-BR; bo has x!; there is no role mia",
  });
});

test("requests behind a lock are told with the holders of locks on tables, or as behind rows of an open transaction", () => {
  const none = { lockWaits: [], putOff: { waiting: 0, seconds: 0, holders: [] } };
  expect(checkLocks(none)).toMatchObject({ status: "ok", detail: "nothing waits for a lock" });
  expect(checkLocks({ lockWaits: [], putOff: undefined }).status).toBe("ok");
  const putOff = { waiting: 2, seconds: 40, holders: [{ pid: 7, lock: "trans_hub.batch", holder: "psql" }] };
  expect(checkLocks({ lockWaits: [], putOff })).toMatchObject({
    status: "warn",
    detail: expect.stringMatching(
      /^2 rows of the inbox wait .* 40 s: server process 7 \(psql\) holds trans_hub\.batch$/,
    ),
    cure: expect.stringContaining("pg_terminate_backend(7)"),
  });
  expect(checkLocks({ lockWaits: [], putOff: { ...putOff, holders: [] } })).toMatchObject({
    detail: expect.stringContaining("an open transaction wrote the same rows"),
    cure: expect.stringContaining("pg_stat_activity"),
  });
  const prepared = { ...putOff, holders: [{ pid: 0, lock: "trans_hub.batch", holder: null }] };
  expect(checkLocks({ lockWaits: [], putOff: prepared }).cure).toContain("pg_prepared_xacts");
});

test("a standby is judged by its schema, its recovery and its lag", () => {
  const current = { isStandby: true, secondsBehind: 0, hasSchema: true };
  expect(checkStandby(current)).toMatchObject({ status: "ok", detail: "in recovery, less than 1 s behind" });
  expect(checkStandby({ ...current, secondsBehind: 59.2 })).toMatchObject({
    status: "ok",
    detail: "in recovery, at most 60 s behind",
  });
  expect(checkStandby({ ...current, secondsBehind: 61 })).toMatchObject({
    status: "warn",
    detail: "in recovery, at most 61 s behind",
  });
  expect(checkStandby({ ...current, secondsBehind: null }).status).toBe("warn");
  expect(checkStandby({ ...current, isStandby: false }).status).toBe("warn");
  expect(checkStandby({ ...current, hasSchema: false }).status).toBe("fail");
});
