/** One line of the production checklist. */

/** Every check by its name, with its subject: the table of docs/operations.md, held equal by a test. */
export const CHECKS = {
  settings: "`TH_…` variables that are not settings (warn)",
  prices: "prices of `TH_PRICES_FILE` that are older than 90 days, engines of `TH_ENGINES` without a price (warn)",
  log: "`TH_LOG_FORMAT=pretty`, which log collectors cannot parse (warn)",
  secrets: "files with secrets (`.env`, `TH_…_FILE`) that other users may read (warn)",
  database: "no answer; an embedded database in production (fail)",
  version:
    "PostgreSQL 14 to 18 (older: fail, newer: warn), minor releases before 14.20, 15.15, 16.11, 17.7, 18.1 (warn); a standby, or read-only (fail)",
  encryption: "a connection to another machine without encryption, or without a check of the server's identity (warn)",
  privileges:
    "a superuser, an owner, a role that cannot work; rights of `PUBLIC` (warn). A role that sees no jobs (fail)",
  session:
    "settings of the server, the database or a role that change the meaning of statements or end them early (warn; behind a pooler: fail)",
  durability: "`fsync` and `synchronous_commit` off (fail), `full_page_writes` off (warn)",
  schema: "migrations that are missing or of a newer release (fail)",
  connections:
    "live workers × `TH_MAX_CONNECTIONS` above the server's limit (fail); more than four fifths of the limit in use (warn)",
  clock: "a difference of more than 5 s between the clocks of this machine and the server (warn)",
  engine:
    "names, keys and addresses of `TH_ENGINES`, by a call that costs nothing and sends no text; projects of `TH_PROJECT_ENGINES` without an engine (fail)",
  probes:
    "only with `--engine`: texts with protected parts that the engine does not translate acceptably (fail), translates in pieces or with a warning (warn)",
  circuit:
    "engines with an open circuit: their account or setting is at fault, or they give no answer (warn). If the engine takes calls again, the doctor closes the circuit",
  worker: "no live worker (fail; warn on the embedded database)",
  release: "workers of different releases (warn)",
  backlog: "work that has been ready for more than ten minutes (warn)",
  gc: "a last collection that is older than `TH_GC_CRON` allows (fail); no collection yet (warn)",
  backup: "a last recorded backup that is more than two days old (fail); no recorded backup (warn)",
  archive: "failing WAL archiving (fail)",
  "dead-letters": "open dead letters (warn)",
  inbox: "items that cannot be registered (warn)",
  pause: "pauses by an operator (warn)",
  budget: "[budgets](cost.md#budgets) that are nearly used up, or that texts wait for (warn)",
  bloat: "autovacuum switched off (fail); tables with more dead rows than live ones (warn)",
  locks:
    "statements that have waited for a lock for a second or more, and requests that wait in the inbox behind one, with the process in the way (warn)",
  server: "the HTTP server of `TH_SERVER`: no answer (fail)",
  reviewers:
    "locales of [reviewers](#which-rights-does-a-role-need) that never fit: the role does not exist, or the locale is not in its canonical form (warn)",
  tokens:
    "with a role that may read them (a server's, the migrator): tokens of the HTTP API that end within two weeks (warn)",
  webhooks:
    "with a role that may read them (a server's, the migrator): webhooks that were disabled because their receiver failed or is gone, or whose tries have failed for an hour (warn)",
  standby: "the server of `TH_READ_URL`: no answer, no schema (fail); not in recovery, more than 60 s behind (warn)",
  horizon:
    "open and prepared transactions that keep dead rows for an hour or 500,000 transactions; replication slots without a reader (warn)",
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
