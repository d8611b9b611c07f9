/** Rules over the server's own facts and our connection to it. */
import type { ServerFacts } from "@trans-hub/core/operations";
import { printable } from "../output.ts";
import { type Check, fail, ok, warn } from "./check.ts";

const OLDEST = 140_000;
const NEWEST = 190_000;

/**
 * The oldest sound minor release of each major one. In earlier releases a statement that finds a row by its ctid, and
 * waits for another transaction's change of that row, goes on with the row's new version without comparing the ctid
 * again. Our statements lock the rows first or compare more than the ctid; those of others may not.
 */
const WELL_SINCE: Readonly<Record<number, number>> = { 14: 20, 15: 15, 16: 11, 17: 7, 18: 1 };

export function checkVersion({ version, versionText, isStandby, isReadOnly }: ServerFacts): Check {
  const detail = `PostgreSQL ${versionText}`;
  if (isStandby) return fail("version", `${detail}, a standby`, "Set TH_DATABASE_URL to the primary.");
  if (isReadOnly) {
    return fail(
      "version",
      `${detail}, read-only for this role`,
      "Reset default_transaction_read_only for the database and the role.",
    );
  }
  if (version < OLDEST)
    return fail("version", `${detail} is too old`, "Upgrade the server; versions 14 to 18 are supported.");
  if (version >= NEWEST) return warn("version", `${detail} was not tested`, "Use a version from 14 to 18.");
  const [major, minor] = [Math.floor(version / 10_000), version % 10_000];
  const since = WELL_SINCE[major] ?? 0;
  if (minor < since) {
    return warn(
      "version",
      `${detail} is an old minor release with known faults`,
      `Upgrade the server to the newest ${major}, at least ${major}.${since}. A minor upgrade keeps the data as it is.`,
    );
  }
  return ok("version", detail);
}

/** Names of this machine: no network is involved. */
const LOCAL = /^(localhost|127\.[\d.]+|\[?::1\]?|)$/;

/** @param url The URL as the user gave it: the connection does not show whether it demands a verified server. */
export function checkEncryption({ isEncrypted }: Pick<ServerFacts, "isEncrypted">, url: string): Check {
  // The driver accepts a URL without a host, which is otherwise not a valid URL.
  const { hostname = "", searchParams } = URL.parse(url) ?? new URL(url.replace("@/", "@localhost/"));
  const host = searchParams.get("host") ?? decodeURIComponent(hostname);
  const cure = "Add sslmode=verify-full&sslrootcert=/path/to/ca.pem to TH_DATABASE_URL.";
  if (!isEncrypted) {
    if (LOCAL.test(host) || host.startsWith("/")) return ok("encryption", "none; the server is on this machine");
    return warn("encryption", "none: the network between can read all texts", cure);
  }
  const mode = searchParams.get("sslmode");
  const isLax = mode === "no-verify" || (searchParams.get("uselibpqcompat") === "true" && mode !== "verify-full");
  if (isLax) return warn("encryption", `on, but sslmode=${mode} does not check the server's identity`, cure);
  return ok("encryption", "on, and the server's identity is checked");
}

export function checkPrivileges({ role }: Pick<ServerFacts, "role">): Check {
  const { name, openToEverybody: open } = role;
  const cure = "Run trans-hub roles create, and log in with the role for this kind of work.";
  const problems = [
    ...(role.isSuperuser ? [`${name} is a superuser`] : role.isOwner ? [`${name} may drop the schema`] : []),
    ...(role.isOwnedBySuperuser ? ["a superuser owns the schema, so its functions run with all rights"] : []),
    ...(open.length > 0
      ? [`PUBLIC may use ${open.slice(0, 3).join(", ")}${open.length > 3 ? " and others" : ""}`]
      : []),
  ];
  if (role.mayWrite && !role.seesJobs) {
    return fail("privileges", `${name} sees no jobs: graphile-worker's tables have no policy for it`, cure);
  }
  if (problems.length > 0) return warn("privileges", problems.join("; "), cure);
  if (!role.mayWrite) {
    const may = role.mayRead ? "may only read" : "may only register";
    return warn("privileges", `${name} ${may}, so it cannot run a worker, and some checks were skipped`, cure);
  }
  return ok("privileges", `${name} can run a worker and cannot change the schema`);
}

/**
 * Settings that our own connections replace, and others have: callers of the SQL functions, and connections behind a pooler.
 *
 * @param isPooled Whether statements go through a pooler, whose connections nothing may be set on.
 */
export function checkSession({ harmfulSettings }: Pick<ServerFacts, "harmfulSettings">, isPooled: boolean): Check {
  const [first] = harmfulSettings;
  if (first === undefined) return ok("session", "no setting changes the meaning of statements");
  const detail = harmfulSettings.map(({ name, value, of }) => `${name} = ${value} for ${of}`).join("; ");
  const whose = first.of === "every role" || first.of === "this session" ? "database NAME" : `role ${first.of}`;
  const cure = `alter ${whose} reset ${first.name} (see the table of server settings in the operations guide).`;
  return isPooled
    ? fail("session", printable(detail), printable(cure))
    : warn("session", printable(detail), printable(cure));
}

export function checkDurability({ durability }: Pick<ServerFacts, "durability">): Check {
  const { fsync, fullPageWrites, synchronousCommit } = durability;
  if (!fsync) return fail("durability", "fsync is off: a power cut destroys the database", "Set fsync = on.");
  if (synchronousCommit === "off") {
    return fail(
      "durability",
      "synchronous_commit is off: acknowledged work may be lost",
      "Set it to on for the server, the database and the role.",
    );
  }
  if (!fullPageWrites) {
    return warn(
      "durability",
      "full_page_writes is off: a power cut may tear a page",
      "Set it to on, unless the file system writes whole pages.",
    );
  }
  return ok("durability", `fsync, full_page_writes, synchronous_commit = ${synchronousCommit}`);
}

/** @param workers Number of live workers; undefined: not known. @param pool The most connections of each worker. */
export function checkConnections(
  { connections: { max, limit, used } }: Pick<ServerFacts, "connections">,
  workers: number | undefined,
  pool: number,
): Check {
  const fleet = workers === undefined ? undefined : workers * pool;
  const fleetUses = workers === 1 ? "one worker uses" : `${workers} workers use`;
  const use = fleet === undefined ? "the number of workers is not known" : `${fleetUses} up to ${fleet}`;
  const detail = `${use}; the server allows ${limit} of ${max}, ${used} are in use`;
  if (fleet !== undefined && fleet > limit) {
    return fail("connections", detail, "Lower TH_MAX_CONNECTIONS, raise max_connections, or use a pooler.");
  }
  if (used > 0.8 * limit) {
    return warn(
      "connections",
      detail,
      "See which programs hold them: select application_name, count(*) from pg_stat_activity group by 1.",
    );
  }
  return ok("connections", detail);
}

const SKEW_MS = 5_000;

/** The fleet never compares the clocks of machines; logs, certificates and people do. */
export function checkClock({ clockSkewMs }: Pick<ServerFacts, "clockSkewMs">): Check {
  const detail = `the server's clock is ${Math.abs(clockSkewMs / 1_000).toFixed(1)} s ${clockSkewMs < 0 ? "behind" : "ahead"}`;
  if (Math.abs(clockSkewMs) <= SKEW_MS) return ok("clock", detail);
  return warn("clock", detail, "Run NTP on both machines.");
}
