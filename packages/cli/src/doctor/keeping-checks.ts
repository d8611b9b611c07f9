/** Rules over the upkeep that keeps the data whole and the tables small: backups, archiving, vacuum. */
import type { ServerFacts } from "@trans-hub/core/operations";
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

export function checkLocks({ lockWaits }: Pick<ServerFacts, "lockWaits">): Check {
  const [first] = lockWaits;
  if (first === undefined) return ok("locks", "nothing waits for a lock");
  const detail = lockWaits
    .map((wait) => `server process ${wait.pid} has waited ${wait.seconds} s for ${describeLockWait(wait)}`)
    .join("; ");
  const holder = first.blockedBy[0] ?? 0;
  const cure =
    holder === 0
      ? "End the prepared transaction: see select * from pg_prepared_xacts, then commit prepared or rollback prepared."
      : `End its transaction, or: select pg_terminate_backend(${holder})`;
  return warn("locks", detail, cure);
}
