/** One line of the production checklist. */

/** Every check by its name, with its subject: the table of docs/operations.md, held equal by a test. */
export const CHECKS = {
  settings: "names that are no settings (warn)",
  log: "`TH_LOG_FORMAT=pretty`, which no log collector reads (warn)",
  secrets: "files with secrets (`.env`, `TH_…_FILE`) that others may read (warn)",
  database: "whether it answers; an embedded one in production (fail)",
  version:
    "PostgreSQL 14 to 18 (older: fail, newer: warn), minor releases before 14.20, 15.15, 16.11, 17.7, 18.1 (warn); a standby, or read-only (fail)",
  encryption: "an open connection to another machine, or one that does not look who answers (warn)",
  privileges:
    "a superuser, an owner, a role that cannot work; what everybody may use (warn). A role that sees no jobs (fail)",
  durability: "`fsync` and `synchronous_commit` off (fail), `full_page_writes` off (warn)",
  schema: "migrations that are missing or of a newer release (fail)",
  connections:
    "workers alive × `TH_MAX_CONNECTIONS` against what the server gives (fail); four fifths of it in use (warn)",
  clock: "this machine's clock against the server's, more than 5 s apart (warn)",
  engine: "names, keys and addresses of `TH_ENGINES`, by a call that costs nothing and sends no text (fail)",
  circuit: "engines that are not asked, since their account or setting is at fault (warn)",
  worker: "whether one is alive (fail; warn on the embedded database)",
  release: "workers of different releases (warn)",
  backlog: "work that has been ready for more than ten minutes (warn)",
  gc: "the last collection against `TH_GC_CRON` (fail; warn while it never ran)",
  backup: "the last backup that was recorded, two days old or more (fail), none (warn)",
  archive: "WAL archiving that fails (fail)",
  "dead-letters": "open dead letters (warn)",
  inbox: "items that cannot be registered (warn)",
  pause: "what is paused (warn)",
  bloat: "autovacuum switched off (fail); tables with more dead rows than live ones (warn)",
  horizon:
    "what keeps dead rows for an hour or 500,000 transactions: open and prepared transactions; and replication slots nobody reads (warn)",
} as const;

export type CheckName = keyof typeof CHECKS;

export interface Check {
  name: CheckName;
  status: "ok" | "warn" | "fail";
  detail: string;
  /** The remedy; null when all is well. */
  cure: string | null;
}

export function ok(name: CheckName, detail: string): Check {
  return { name, status: "ok", detail, cure: null };
}

export function warn(name: CheckName, detail: string, cure: string): Check {
  return { name, status: "warn", detail, cure };
}

export function fail(name: CheckName, detail: string, cure: string): Check {
  return { name, status: "fail", detail, cure };
}
