import type { ServerFacts } from "@trans-hub/core/operations";
import { expect, test } from "vitest";
import { checkEncryption, checkPrivileges, checkVersion } from "./server-checks.ts";

const server = (version: number, state: Partial<ServerFacts> = {}) =>
  ({ version, versionText: "x", ...state }) as ServerFacts;

test("PostgreSQL 14 to 18 pass, an older or read-only server does not, a newer one is reported as untested", () => {
  const statuses = [130_022, 140_023, 180_004, 190_000].map((version) => checkVersion(server(version)).status);
  expect(statuses).toEqual(["fail", "ok", "ok", "warn"]);
  expect(checkVersion(server(180_004, { isStandby: true })).status).toBe("fail");
  expect(checkVersion(server(180_004, { isReadOnly: true })).status).toBe("fail");
});

test("a minor release with known faults gives a warning that names the release to upgrade to", () => {
  const well = [140_020, 150_015, 160_011, 170_007, 180_001];
  for (const version of well) {
    expect({ version, ...checkVersion(server(version)) }).toMatchObject({ version, status: "ok", cure: null });
    expect({ version, ...checkVersion(server(version - 1)) }).toMatchObject({ version, status: "warn" });
  }
  expect(checkVersion(server(150_000, { versionText: "15.0" }))).toMatchObject({
    detail: expect.stringContaining("PostgreSQL 15.0 is an old minor release"),
    cure: expect.stringContaining("at least 15.15"),
  });
});

test("an unencrypted connection passes on this machine only, and an encrypted one only where it verifies the server", () => {
  const open = (url: string) => checkEncryption({ isEncrypted: false }, url).status;
  for (const here of ["localhost", "127.0.0.1", "[::1]", "%2Frun%2Fpostgresql"]) {
    expect({ here, is: open(`postgres://u:p@${here}/app`) }).toEqual({ here, is: "ok" });
  }
  expect(open("postgres://u:p@/app?host=/run/postgresql")).toBe("ok");
  for (const there of ["db.internal", "10.0.0.7", "localhost.example.org"]) {
    expect({ there, is: open(`postgres://u:p@${there}/app`) }).toEqual({ there, is: "warn" });
  }
  const encrypted = (query: string) => checkEncryption({ isEncrypted: true }, `postgres://u:p@db/app${query}`).status;
  expect(encrypted("?sslmode=verify-full")).toBe("ok");
  expect(encrypted("?sslmode=no-verify")).toBe("warn");
  expect(encrypted("?uselibpqcompat=true&sslmode=require")).toBe("warn");
});

test("a schema owned by a superuser is reported, also to other roles", () => {
  const role = {
    name: "app",
    isSuperuser: false,
    isOwner: false,
    isOwnedBySuperuser: false,
    mayRead: true,
    mayWrite: true,
    seesJobs: true,
    openToEverybody: [],
  };
  expect(checkPrivileges({ role }).status).toBe("ok");
  expect(checkPrivileges({ role: { ...role, isOwnedBySuperuser: true } })).toMatchObject({
    status: "warn",
    cure: expect.stringContaining("roles create"),
  });
});
