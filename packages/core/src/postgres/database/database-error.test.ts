import { expect, test } from "vitest";
import { TransHubError } from "../../contract/errors.ts";
import { databaseError, isCatalogRace } from "./database-error.ts";

function codeOf(error: unknown): string | undefined {
  const ours = databaseError(error);
  return ours instanceof TransHubError ? ours.code : undefined;
}

const withCode = (code: string) => Object.assign(new Error("as the driver says it"), { code });

test.each([
  ["ECONNREFUSED", "TH_DATABASE_UNAVAILABLE"],
  ["57P01", "TH_DATABASE_UNAVAILABLE"],
  ["53300", "TH_DATABASE_UNAVAILABLE"],
  ["25006", "TH_DATABASE_UNAVAILABLE"], // connected to a standby: a failover is in progress
  ["28P01", "TH_DATABASE_REFUSED"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "TH_DATABASE_REFUSED"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "TH_DATABASE_REFUSED"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "TH_DATABASE_REFUSED"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "TH_DATABASE_REFUSED"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "TH_DATABASE_REFUSED"],
  ["CERT_HAS_EXPIRED", "TH_DATABASE_REFUSED"],
  ["TH020", "TH_DATABASE_REFUSED"], // our function, in another isolation level than read committed
  ["42P01", "TH_SCHEMA_MISSING"],
  ["22021", undefined],
])("an error %s becomes %s", (code, ours) => {
  expect(codeOf(withCode(code))).toBe(ours);
});

test.each([
  ["The server does not support SSL connections", "TH_DATABASE_REFUSED"],
  ["timeout exceeded when trying to connect", "TH_DATABASE_UNAVAILABLE"],
  ["Something else", undefined],
])("an error that says only '%s' becomes %s", (message, ours) => {
  expect(codeOf(new Error(message))).toBe(ours);
});

test("an unreadable certificate file is a lasting refusal, a missing socket only a passing one", () => {
  const folder = Object.assign(new Error("illegal operation"), { code: "EISDIR", syscall: "read" });
  expect(databaseError(folder)).toMatchObject({
    code: "TH_DATABASE_REFUSED",
    hint: expect.stringContaining("sslrootcert"),
  });
  const missing = (syscall: string) => Object.assign(new Error("no such file"), { code: "ENOENT", syscall });
  expect(databaseError(missing("open"))).toMatchObject({
    code: "TH_DATABASE_REFUSED",
    hint: expect.stringContaining("sslrootcert"),
  });
  expect(codeOf(missing("connect"))).toBe("TH_DATABASE_UNAVAILABLE");
});

test("a pooler that refuses the start-up limits is a lasting refusal, and the hint names the setting", () => {
  const error = Object.assign(new Error("unsupported startup parameter: statement_timeout"), { code: "08P01" });
  expect(databaseError(error)).toMatchObject({
    code: "TH_DATABASE_REFUSED",
    message: "The database refused: unsupported startup parameter: statement_timeout",
    hint: expect.stringContaining("TH_DIRECT_URL"),
  });
});

test("a process without a free descriptor is out of reach for a while, and the hint says which limit to raise", () => {
  expect(databaseError(withCode("EMFILE"))).toMatchObject({
    code: "TH_DATABASE_UNAVAILABLE",
    hint: expect.stringContaining("LimitNOFILE"),
  });
});

test("an unknown error is returned untouched", () => {
  const error = withCode("22021");
  expect(databaseError(error)).toBe(error);
});

test("two sessions that changed one function are noticed in every language of the server", () => {
  const race = (message: string, routine: string) => Object.assign(new Error(message), { code: "XX000", routine });
  expect(isCatalogRace(race("tuple concurrently updated", "simple_heap_update"))).toBe(true);
  expect(isCatalogRace(race("Tupel wurde gleichzeitig gelöscht", "simple_heap_delete"))).toBe(true);
  expect(isCatalogRace(race("could not open relation", "relation_open"))).toBe(false);
});
