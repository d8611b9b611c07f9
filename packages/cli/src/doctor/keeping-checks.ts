/** Rules over the upkeep that keeps the data whole and the tables small: backups, archiving, vacuum. */
import type { ServerFacts, StandbyFacts } from "@trans-hub/core/operations";
import { canonicalLocale } from "@trans-hub/core/rules";
import { firstOf, printable } from "../output.ts";
import { describeLockWait } from "../session.ts";
import { type Check, fail, ok, warn } from "./check.ts";

const DAY_MS = 86_400_000;

/** Maximum age of a backup: one day, and a day to spare. */
const BACKUP_DAYS = 2;

export function checkBackup({ lastBackupAt }: Pick<ServerFacts, "lastBackupAt">, now: number): Check {
  const cure =
    "Run deploy/backup/backup.sh daily by cron, a timer or a CronJob. For other tools, see the operations guide.";
  if (lastBackupAt === undefined)
    return warn("backup", "this role may not read it", "Run doctor with the role of a worker.");
  if (lastBackupAt === null) return warn("backup", "no backup was recorded", cure);
  const detail = `the last one began ${lastBackupAt.toISOString()}`;
  if (now - lastBackupAt.getTime() > BACKUP_DAYS * DAY_MS) return fail("backup", detail, cure);
  return ok("backup", detail);
}

export function checkArchive({ archiving }: Pick<ServerFacts, "archiving">): Check {
  const { isOn, lastArchivedAt, lastFailedAt } = archiving;
  if (!isOn) return ok("archive", "off: data written since the last backup has no second copy");
  if (lastFailedAt !== null && (lastArchivedAt === null || lastFailedAt > lastArchivedAt)) {
    const detail = `failing since ${lastArchivedAt?.toISOString() ?? "its start"}`;
    return fail(
      "archive",
      detail,
      "See the server's log for archive_command; the server keeps the WAL on its disk until archiving works.",
    );
  }
  return ok(
    "archive",
    lastArchivedAt === null ? "on" : `the last segment was archived ${lastArchivedAt.toISOString()}`,
  );
}

export function checkLetters({ openLetters }: Pick<ServerFacts, "openLetters">): Check {
  if (openLetters === undefined) {
    return warn("dead-letters", "this role may not read them", "Run doctor with the role of a worker or a reader.");
  }
  if (openLetters === 0) return ok("dead-letters", "none open");
  return warn("dead-letters", `${openLetters} open`, "Run trans-hub dead-letters list, then replay or purge.");
}

/** Locales that reviewers got by hand, and that never fit: a role may be misspelt, and a locale is compared as it is stored. */
export function checkReviewers({ reviewerLocales = [] }: Pick<ServerFacts, "reviewerLocales">): Check[] {
  const wrong = reviewerLocales.flatMap(({ role, locale, isRole }) => {
    if (!isRole) return [`there is no role ${role}`];
    const canonical = locale === "*" ? locale : canonicalOr(locale);
    return canonical === locale ? [] : [`${role} has ${locale}${canonical && `, which is ${canonical}`}`];
  });
  if (wrong.length === 0) return [];
  const cure = "Correct the rows of trans_hub.reviewer_locale: its reviewers are refused.";
  return [warn("reviewers", printable(firstOf([...new Set(wrong)], 5).join("; ")), cure)];
}

/** Empty: it is no locale. */
function canonicalOr(locale: string): string {
  try {
    return canonicalLocale(locale, "locale");
  } catch {
    return "";
  }
}

/** Below this number the next vacuum removes them, and no warning is due. */
const DEAD_ROWS = 10_000;

export function checkBloat({ autovacuum, tables }: Pick<ServerFacts, "autovacuum" | "tables">): Check {
  const left = tables.filter(({ isVacuumed }) => !isVacuumed).map(({ name }) => name);
  if (!autovacuum) return fail("bloat", "autovacuum is off", "Set autovacuum = on and track_counts = on.");
  if (left.length > 0) {
    const cure = `alter table ${left[0]} reset (autovacuum_enabled)`;
    return fail("bloat", `autovacuum is off for ${left.join(", ")}`, `${cure}, and so on.`);
  }
  const bloated = tables.filter(({ dead, live }) => dead > DEAD_ROWS && dead > live);
  if (bloated.length === 0) return ok("bloat", "no table has more dead rows than live ones");
  const detail = bloated.map(({ name, dead, live }) => `${name} (${dead} dead, ${live} live)`).join(", ");
  return warn("bloat", detail, `See the check horizon, then run: vacuum (verbose) ${bloated[0]?.name}.`);
}

export function checkHorizon({ holders, hiddenSessions }: Pick<ServerFacts, "holders" | "hiddenSessions">): Check {
  if (holders.length > 0) {
    const detail = holders.map(({ what, seconds, transactions }) => {
      const facts = [
        ...(seconds === null ? [] : [`for ${seconds} s`]),
        ...(transactions === null ? [] : [`across ${transactions} transactions`]),
      ];
      return [what, facts.join(", ")].filter(Boolean).join(" ");
    });
    return warn(
      "horizon",
      `vacuum cannot remove dead rows because of ${detail.join("; ")}`,
      "End it with pg_terminate_backend(pid), rollback prepared, or pg_drop_replication_slot(name).",
    );
  }
  const unseen = hiddenSessions === 0 ? "" : `; this role cannot see ${hiddenSessions} sessions of other roles`;
  return ok("horizon", `no transaction or slot keeps dead rows for long${unseen}`);
}

export function checkLocks({ lockWaits, putOff }: Pick<ServerFacts, "lockWaits" | "putOff">): Check {
  const waits = lockWaits.map((wait) => {
    return `server process ${wait.pid} has waited ${wait.seconds} s for ${describeLockWait(wait)}`;
  });
  const holders = putOff?.holders ?? [];
  if (putOff !== undefined && putOff.waiting > 0) {
    const rows = putOff.waiting === 1 ? "1 row of the inbox waits" : `${putOff.waiting} rows of the inbox wait`;
    const locks = holders.map(({ pid, lock, holder }) => {
      return pid === 0
        ? `a prepared transaction holds ${lock}`
        : `server process ${pid} (${holder ?? "?"}) holds ${lock}`;
    });
    const why = locks.length === 0 ? "an open transaction wrote the same rows" : locks.join("; ");
    waits.push(`${rows} behind a lock of another session, for up to ${putOff.seconds} s: ${why}`);
  }
  if (waits.length === 0) return ok("locks", "nothing waits for a lock");
  return warn("locks", waits.join("; "), cureOfLock(lockWaits[0]?.blockedBy[0] ?? holders[0]?.pid));
}

/** @param holder The server process in the way; 0: a prepared transaction; undefined: not known. */
function cureOfLock(holder: number | undefined): string {
  if (holder === undefined)
    return "End the transaction that has been open longest: select pid, state, xact_start from pg_stat_activity order by xact_start.";
  if (holder === 0)
    return "End the prepared transaction: see select * from pg_prepared_xacts, then commit prepared or rollback prepared.";
  return `End its transaction, or: select pg_terminate_backend(${holder})`;
}

/** A standby that is further behind shows readers texts of long ago. */
const BEHIND_SECONDS = 60;

/** The standby of `TH_READ_URL`. No read fails without it: the primary answers, and carries the load. */
export function checkStandby({ isStandby, secondsBehind, hasSchema }: StandbyFacts): Check {
  if (!hasSchema)
    return fail(
      "standby",
      "the database of TH_READ_URL has no Trans-Hub",
      "Set TH_READ_URL to a hot standby of TH_DATABASE_URL, with the same database.",
    );
  if (!isStandby)
    return warn(
      "standby",
      "the server of TH_READ_URL is a primary, not in recovery",
      "Set TH_READ_URL to a hot standby of TH_DATABASE_URL, or unset it.",
    );
  const detail = secondsBehind === null ? "has replayed no commit yet" : `at most ${Math.ceil(secondsBehind)} s behind`;
  if (secondsBehind === 0) return ok("standby", "in recovery, less than 1 s behind");
  if (secondsBehind !== null && secondsBehind <= BEHIND_SECONDS) return ok("standby", `in recovery, ${detail}`);
  return warn(
    "standby",
    `in recovery, ${detail}`,
    "See pg_stat_replication on the primary, and pg_stat_wal_receiver and the log of the standby.",
  );
}
