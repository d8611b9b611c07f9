/** Rules over the server's own facts and our connection to it. */
import type { ServerFacts } from "@trans-hub/core/operations";
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
  if (isStandby) return fail("version", `${detail}, a standby`, "Name the primary in TH_DATABASE_URL.");
  if (isReadOnly) {
    return fail("version", `${detail}, read-only for us`, "Reset default_transaction_read_only of database and role.");
  }
  if (version < OLDEST) return fail("version", `${detail} is too old`, "Upgrade the server: 14 to 18 are supported.");
  if (version >= NEWEST) return warn("version", `${detail} was not tried`, "14 to 18 are.");
  const [major, minor] = [Math.floor(version / 10_000), version % 10_000];
  const since = WELL_SINCE[major] ?? 0;
  if (minor < since) {
    return warn(
      "version",
      `${detail} is an old minor release: faults in it are cured since`,
      `Upgrade the server to the newest ${major}, at least ${major}.${since}: its data stays as it is.`,
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
    if (LOCAL.test(host) || host.startsWith("/")) return ok("encryption", "none, on this machine");
    return warn("encryption", "none: who is on the way reads along", cure);
  }
  const mode = searchParams.get("sslmode");
  const isLax = mode === "no-verify" || (searchParams.get("uselibpqcompat") === "true" && mode !== "verify-full");
  if (isLax) return warn("encryption", `on, but with sslmode=${mode} whoever answers is believed`, cure);
  return ok("encryption", "on, and who answers has to prove it");
}

export function checkPrivileges({ role }: Pick<ServerFacts, "role">): Check {
  const { name, openToEverybody: open } = role;
  const cure = "trans-hub roles create makes roles for each kind of work; log in as the one whose work this is.";
  const problems = [
    ...(role.isSuperuser ? [`${name} is a superuser`] : role.isOwner ? [`${name} may drop the schema`] : []),
    ...(role.isOwnedBySuperuser ? ["the schema is a superuser's, so its functions run with all rights"] : []),
    ...(open.length > 0
      ? [`everybody may use ${open.slice(0, 3).join(", ")}${open.length > 3 ? " and others" : ""}`]
      : []),
  ];
  if (role.mayWrite && !role.seesJobs) {
    return fail("privileges", `${name} sees no jobs: graphile-worker's tables have no policy for it`, cure);
  }
  if (problems.length > 0) return warn("privileges", problems.join("; "), cure);
  if (!role.mayWrite) {
    const may = role.mayRead ? "reads" : "registers at most";
    return warn("privileges", `${name} ${may}, so it cannot work, and not all could be looked at`, cure);
  }
  return ok("privileges", `${name} can work, and change no schema`);
}

export function checkDurability({ durability }: Pick<ServerFacts, "durability">): Check {
  const { fsync, fullPageWrites, synchronousCommit } = durability;
  if (!fsync) return fail("durability", "fsync is off: a power cut destroys the database", "Set fsync = on.");
  if (synchronousCommit === "off") {
    return fail(
      "durability",
      "synchronous_commit is off: what was acknowledged may be lost",
      "Set it on, for the server, the database and the role.",
    );
  }
  if (!fullPageWrites) {
    return warn(
      "durability",
      "full_page_writes is off: a power cut may tear a page",
      "Set it on, unless the file system writes whole pages.",
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
  const fleetWants = workers === 1 ? "one worker wants" : `${workers} workers want`;
  const wants = fleet === undefined ? "the fleet is not known" : `${fleetWants} up to ${fleet}`;
  const detail = `${wants}; ${limit} of ${max} are to be had, ${used} are in use`;
  if (fleet !== undefined && fleet > limit) {
    return fail("connections", detail, "Lower TH_MAX_CONNECTIONS, raise max_connections, or put a pooler between.");
  }
  if (used > 0.8 * limit) {
    return warn(
      "connections",
      detail,
      "Look who has them: select application_name, count(*) from pg_stat_activity group by 1.",
    );
  }
  return ok("connections", detail);
}

const SKEW_MS = 5_000;

/** The fleet never compares the clocks of machines; logs, certificates and people do. */
export function checkClock({ clockSkewMs }: Pick<ServerFacts, "clockSkewMs">): Check {
  const detail = `the server's is ${Math.abs(clockSkewMs / 1_000).toFixed(1)} s ${clockSkewMs < 0 ? "behind" : "ahead"}`;
  if (Math.abs(clockSkewMs) <= SKEW_MS) return ok("clock", detail);
  return warn("clock", detail, "Run NTP on both machines.");
}
