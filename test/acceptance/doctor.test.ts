/** The doctor reports nothing about a healthy fleet, and finds each fault that is planted in one. */
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect as connectTcp, createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { createRoles, revertMigration } from "@trans-hub/core/operations";
import { findDataDir, stopEmbedded } from "@trans-hub/embedded";
import { test as base, startCommand } from "@trans-hub/test-support/command";
import { createTestDatabase } from "@trans-hub/test-support/database";
import { type OpenaiServer, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { startPostgres, type TestPostgres } from "@trans-hub/test-support/postgres";
import pg from "pg";
import { describe, expect } from "vitest";
import type { CommandContext } from "../../packages/cli/src/command-context.ts";
import { CHECKS, type Check, type CheckName } from "../../packages/cli/src/doctor/check.ts";
import { Output } from "../../packages/cli/src/output.ts";
import { runProgram } from "../../packages/cli/src/program.ts";

const KEY = "a-key-of-the-test";
const PASSWORDS = { worker: "w-secret", producer: "p-secret", reader: "r-secret", migrator: "m-secret" };

interface Fleet {
  server: TestPostgres;
  /** A superuser's connection to the fleet's database. */
  db: pg.Client;
  url(role: keyof typeof PASSWORDS): string;
  env: Record<string, string>;
  engine: OpenaiServer;
  /** Working directory of the commands. */
  cwd: string;
}

/** One server with the settings of production, and one worker that lives through the file. */
const test = base.extend(
  "fleet",
  { scope: "file" },
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs from the pattern; this one has none
  async ({}, { onCleanup }): Promise<Fleet> => {
    const ends: (() => unknown)[] = [];
    onCleanup(async () => {
      for (const end of ends.reverse()) await end();
    });
    const settings = ["fsync=on", "max_prepared_transactions=4", "archive_mode=on", "autovacuum_naptime=1h"];
    const server = await startPostgres(settings);
    ends.push(() => server.stop());
    const engine = await startOpenaiServer({ apiKey: KEY });
    ends.push(() => engine.close());
    const admin = await connect(server.url);
    await admin.query("create database app");
    await admin.query("alter system set archive_command = 'true'");
    await admin.query("select pg_reload_conf()");
    await admin.end();
    const home = new URL(server.url);
    home.pathname = "/app";
    const { roles } = await createRoles({ databaseUrl: home.href, migrate: true, passwords: PASSWORDS });
    const db = await connect(home.href);
    ends.push(() => db.end());
    const url = (role: keyof typeof PASSWORDS) => {
      const own = new URL(home);
      own.username = roles[role];
      own.password = PASSWORDS[role];
      return own.href;
    };
    const env = {
      TH_DATABASE_URL: url("worker"),
      TH_ENGINES: "openai",
      TH_OPENAI_ENDPOINT: engine.url,
      TH_OPENAI_API_KEY: KEY,
      TH_LOG_FORMAT: "json",
      NODE_ENV: "production",
    };
    await db.query(BACKUP);
    const cwd = mkdtempSync(join(tmpdir(), "trans-hub-doctor-"));
    // Of a folder closed to others, root's embedded data would be elsewhere, and stay there.
    chmodSync(cwd, 0o755);
    ends.push(async () => {
      await stopEmbedded({ dataDir: findDataDir(cwd) });
      rmSync(cwd, { recursive: true, force: true });
    });
    const worker = startCommand(["worker", "--locales", "fr,de"], { cwd, env });
    ends.push(async () => {
      worker.kill("SIGKILL");
      await worker.ended();
    });
    await worker.says(/"event":"worker.ready"/);
    const gc = startCommand(["gc"], { cwd, env });
    await gc.ended();
    return { server, db, url, env, engine, cwd };
  },
);

const BACKUP = "insert into trans_hub.backup_run (started_at, made_by) values (now() - interval '3 hours', 'test')";

/** Runs the real command in this process, because some thirty runs are needed. */
async function doctor(
  { cwd }: Pick<Fleet, "cwd">,
  env: Record<string, string>,
  ...args: string[]
): Promise<{ checks: Check[]; code: number }> {
  const said: string[] = [];
  const sink = () =>
    new Writable({
      write(chunk, _, done) {
        said.push(String(chunk));
        done();
      },
    });
  const stdout = sink();
  const context: CommandContext = {
    env,
    cwd,
    stdin: process.stdin,
    output: new Output({ json: true, stdout, stderr: new Writable({ write: (_chunk, _, done) => done() }), env }),
    signal: new AbortController().signal,
    exitCode: 0,
    graceMs: 0,
    releaseSignals: () => undefined,
  };
  await runProgram(["doctor", "--json", ...args], "0", context);
  return { ...JSON.parse(said.join("")), code: context.exitCode };
}

const troubles = (checks: readonly Check[]) => checks.filter(({ status }) => status !== "ok");

/** A fault, and the doctor's expected finding. The function returned by `plant` removes the fault again. */
interface Fault {
  is: string;
  name: CheckName;
  status: "warn" | "fail";
  detail: RegExp;
  /** The reason why it cannot be planted here. */
  cannot?: () => string | undefined;
  args?: string[];
  plant(fleet: Fleet): Promise<Planted> | Planted;
}
interface Planted {
  env?: Record<string, string>;
  undo?: () => Promise<unknown>;
}

const sql =
  (plant: string, undo: string) =>
  async ({ db }: Fleet): Promise<Planted> => {
    await run(db, plant);
    return { undo: () => run(db, undo) };
  };

/** Runs one statement at a time: some must not be in a transaction. */
async function run(db: pg.Client, statements: string): Promise<void> {
  for (const statement of statements.split(";;")) await db.query(statement);
}

const withEnv = (env: Record<string, string>) => () => ({ env });
const OTHER_ADDRESS = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === "IPv4" && !address.internal)?.address;

const FAULTS: Fault[] = [
  {
    is: "an HTTP server that does not answer",
    name: "server",
    status: "fail",
    detail: /TH_SERVER does not answer/,
    plant: withEnv({ TH_SERVER: "http://127.0.0.1:1" }),
  },
  {
    is: "a token that ends soon",
    name: "tokens",
    status: "warn",
    detail: /end soon: mia in 8 days/,
    async plant({ db, url }) {
      await db.query(
        `insert into trans_hub.api_token (id, sha256, scopes, label, expires_at)
         values ('4Yx0bPq81kWc', sha256('x'), '{read}', 'mia', now() + interval '8 days 1 hour')`,
      );
      // A worker may not see who has tokens.
      return {
        env: { TH_DATABASE_URL: url("migrator") },
        undo: () => db.query("delete from trans_hub.api_token"),
      };
    },
  },
  {
    is: "a misspelt setting",
    name: "settings",
    status: "warn",
    detail: /TH_CONCURENCY is not a setting; did you mean TH_CONCURRENCY/,
    plant: withEnv({ TH_CONCURENCY: "8" }),
  },
  {
    is: "prices of long ago",
    name: "prices",
    status: "warn",
    detail: /The prices are of 2020-02-29/,
    plant: withEnv({ TH_PRICES: '{"currency":"USD","asOf":"2020-02-29","engines":{}}' }),
  },
  {
    is: "a log for people",
    name: "log",
    status: "warn",
    detail: /pretty/,
    plant: withEnv({ TH_LOG_FORMAT: "pretty" }),
  },
  {
    is: "a .env that others may read",
    name: "secrets",
    status: "warn",
    detail: /\.env/,
    plant({ cwd }) {
      writeFileSync(join(cwd, ".env"), "TH_PROJECT=default\n");
      chmodSync(join(cwd, ".env"), 0o644);
      return { undo: async () => rmSync(join(cwd, ".env")) };
    },
  },
  {
    is: "the embedded database in production",
    name: "database",
    status: "fail",
    detail: /embedded PostgreSQL in production/,
    args: ["--embedded"],
    plant: withEnv({}),
  },
  {
    is: "a database that is away",
    name: "database",
    status: "fail",
    detail: /does not answer/,
    plant: withEnv({ TH_DATABASE_URL: "postgres://somebody@127.0.0.1:1/app" }),
  },
  {
    is: "an open connection to another machine",
    name: "encryption",
    status: "warn",
    detail: /can read all texts/,
    cannot: () => (OTHER_ADDRESS === undefined ? "this machine has no address but its own" : undefined),
    async plant(fleet) {
      const target = new URL(fleet.server.url);
      const wire = createServer((from) => {
        const to = connectTcp(Number(target.port), target.hostname);
        from.pipe(to).pipe(from);
        from.on("error", () => to.destroy());
        to.on("error", () => from.destroy());
      }).listen(0, OTHER_ADDRESS);
      await once(wire, "listening");
      const url = new URL(fleet.url("worker"));
      url.hostname = OTHER_ADDRESS ?? "";
      url.port = String((wire.address() as AddressInfo).port);
      return { env: { TH_DATABASE_URL: url.href }, undo: async () => wire.close() };
    },
  },
  {
    is: "a superuser",
    name: "privileges",
    status: "warn",
    detail: /postgres is a superuser/,
    plant({ server, url }) {
      const own = new URL(url("worker"));
      own.username = new URL(server.url).username;
      own.password = new URL(server.url).password;
      return { env: { TH_DATABASE_URL: own.href } };
    },
  },
  {
    is: "a member of the owner",
    name: "privileges",
    status: "warn",
    detail: /trans_hub_owner may drop the schema/,
    plant: ({ url }) => ({ env: { TH_DATABASE_URL: url("migrator") } }),
  },
  {
    is: "a worker without the policies on its jobs",
    name: "privileges",
    status: "fail",
    detail: /sees no jobs/,
    plant: sql(
      "alter policy trans_hub_worker on graphile_worker._private_jobs to trans_hub_reader",
      "alter policy trans_hub_worker on graphile_worker._private_jobs to trans_hub_worker",
    ),
  },
  {
    is: "a function that everybody may call",
    name: "privileges",
    status: "warn",
    detail: /PUBLIC may use function trans_hub\.forget|trans_hub\.request/,
    plant: sql(
      "grant execute on function trans_hub.request to public",
      "revoke execute on function trans_hub.request from public",
    ),
  },
  {
    is: "a server without fsync",
    name: "durability",
    status: "fail",
    detail: /fsync is off/,
    async plant() {
      const database = await createTestDatabase();
      return { env: { TH_DATABASE_URL: database.url }, undo: () => database.drop() };
    },
  },
  {
    is: "commits that do not wait",
    name: "durability",
    status: "fail",
    detail: /synchronous_commit is off/,
    plant: sql(
      "alter role trans_hub_worker in database app set synchronous_commit = off",
      "alter role trans_hub_worker in database app reset synchronous_commit",
    ),
  },
  {
    is: "a database whose sessions keep their first snapshot",
    name: "session",
    status: "warn",
    detail: /^default_transaction_isolation = repeatable read for every role$/,
    plant: sql(
      "alter database app set default_transaction_isolation = 'repeatable read'",
      "alter database app reset default_transaction_isolation",
    ),
  },
  {
    is: "the same behind a pooler",
    name: "session",
    status: "fail",
    detail: /^default_transaction_isolation = serializable for trans_hub_producer$/,
    async plant({ db, url }) {
      await run(db, "alter role trans_hub_producer in database app set default_transaction_isolation = 'serializable'");
      return {
        env: { TH_DIRECT_URL: url("worker"), TH_DATABASE_URL: `${url("worker")}?pooler=none` },
        undo: () => run(db, "alter role trans_hub_producer in database app reset default_transaction_isolation"),
      };
    },
  },
  {
    is: "a short limit on statements",
    name: "session",
    status: "warn",
    detail: /^statement_timeout = 2ms for every role$/,
    plant: sql("alter database app set statement_timeout = '2ms'", "alter database app reset statement_timeout"),
  },
  {
    // A role sees the names of other roles' sessions, and not what they do.
    is: "a statement behind a lock",
    name: "locks",
    status: "warn",
    detail:
      /^server process \d+ has waited \d+ s for a lock on trans_hub\.batch: server process \d+ \(a forgotten one\) is in the way$/,
    async plant({ db, server }) {
      const home = new URL(server.url);
      home.pathname = "/app";
      const [holder, waiter] = [await connect(home.href), await connect(home.href)];
      await holder.query("set application_name = 'a forgotten one'");
      await holder.query("begin; lock table trans_hub.batch in share update exclusive mode");
      const waiting = waiter
        .query("begin; lock table trans_hub.batch in share update exclusive mode; commit")
        .catch(() => undefined);
      const since = "select count(*)::int as n from pg_locks where waitstart < clock_timestamp() - interval '1 second'";
      await expect.poll(async () => (await db.query(since)).rows[0]?.n).toBe(1);
      return {
        undo: async () => {
          await holder.end();
          await waiting;
          await waiter.end();
        },
      };
    },
  },
  {
    // A worker tries such a request for two seconds at a time, so no statement waits for long.
    is: "a request in the inbox behind a lock",
    name: "locks",
    status: "warn",
    detail:
      /^1 row of the inbox waits behind a lock of another session, for up to \d+ s: server process \d+ \(a long one\) holds trans_hub\.translation$/,
    async plant({ db, server }) {
      const home = new URL(server.url);
      home.pathname = "/app";
      const holder = await connect(home.href);
      await holder.query("set application_name = 'a long one'");
      await holder.query("begin; lock table trans_hub.translation in share row exclusive mode");
      await db.query(
        `select trans_hub.append_to_inbox('[{"text": "Behind a lock", "sourceLocale": "en", "targetLocales": ["fr"]}]', '{}')`,
      );
      const waiting = async (condition: string) =>
        (await db.query(`select count(*)::int as n from trans_hub.inbox where ${condition}`)).rows[0]?.n;
      const isOld = "tries > 0 and created_at < clock_timestamp() - interval '2 seconds'";
      await expect.poll(() => waiting(isOld)).toBe(1);
      return {
        undo: async () => {
          await holder.end();
          await expect.poll(() => waiting("true")).toBe(0);
        },
      };
    },
  },
  {
    is: "a primary in the standby's place",
    name: "standby",
    status: "warn",
    detail: /is a primary, not in recovery/,
    plant: ({ url }) => ({ env: { TH_READ_URL: url("reader") } }),
  },
  {
    is: "a standby that is away",
    name: "standby",
    status: "fail",
    detail: /^TH_READ_URL: .*does not answer/,
    plant: withEnv({ TH_READ_URL: "postgres://somebody@127.0.0.1:1/app" }),
  },
  {
    is: "pages that may tear",
    name: "durability",
    status: "warn",
    detail: /full_page_writes is off/,
    plant: sql(
      "alter system set full_page_writes = off;;select pg_reload_conf()",
      "alter system reset full_page_writes;;select pg_reload_conf()",
    ),
  },
  {
    is: "a schema that is behind",
    name: "schema",
    status: "fail",
    detail: /one migration is missing/,
    async plant() {
      const database = await createTestDatabase();
      await revertMigration({ databaseUrl: database.url });
      return { env: { TH_DATABASE_URL: database.url }, undo: () => database.drop() };
    },
  },
  {
    is: "a fleet that wants more connections than there are",
    name: "connections",
    status: "fail",
    detail: /one worker uses up to 500; the server allows 197 of 200/,
    plant: withEnv({ TH_MAX_CONNECTIONS: "500" }),
  },
  {
    is: "a role with hardly any connections",
    name: "connections",
    status: "fail",
    detail: /uses up to 50; the server allows 30 of 200/,
    async plant({ db }) {
      await run(db, "alter role trans_hub_worker connection limit 30");
      return {
        env: { TH_MAX_CONNECTIONS: "50" },
        undo: () => run(db, "alter role trans_hub_worker connection limit -1"),
      };
    },
  },
  {
    is: "a wrong key",
    name: "engine",
    status: "fail",
    detail: /"openai" is not set up right \(status 401/,
    plant: withEnv({ TH_OPENAI_API_KEY: "another-key" }),
  },
  {
    is: "an engine that is nowhere",
    name: "engine",
    status: "fail",
    detail: /connection to engine "openai" failed/,
    plant: withEnv({ TH_OPENAI_ENDPOINT: "http://127.0.0.1:1/v1" }),
  },
  { is: "no engine", name: "engine", status: "fail", detail: /no engine is set/, plant: withEnv({ TH_ENGINES: "" }) },
  {
    is: "an engine at fault",
    name: "circuit",
    status: "warn",
    detail: /engine deepl gets no calls/,
    plant: sql(
      `insert into trans_hub.rate_limit (engine, circuit, reason, open_until)
       values ('deepl', 'open', 'TH_ENGINE_QUOTA', now() + interval '5 min')`,
      "delete from trans_hub.rate_limit where engine = 'deepl'",
    ),
  },
  {
    is: "workers of two releases",
    name: "release",
    status: "warn",
    detail: /workers of 0\.0\.1 and /,
    plant: sql(
      `insert into trans_hub.worker_node (node_id, host, pid, version, concurrency, beat_ms, beat_pid)
       values ('an old one', 'there', 1, '0.0.1', 1, 9000000000000, pg_backend_pid())`,
      "delete from trans_hub.worker_node where node_id = 'an old one'",
    ),
  },
  {
    is: "work that nobody takes",
    name: "backlog",
    status: "warn",
    detail: /ready for 3[67]\d\d s/,
    plant: sql(
      `select trans_hub.request('[{"text": "Add to cart"}]', '{"sourceLocale": "en", "targetLocales": ["es"]}');;
       update trans_hub.batch set created_at = now() - interval '1 h', run_at = now() - interval '1 h'`,
      "select trans_hub.forget('default', null, 'en', 'Add to cart', null, null)",
    ),
  },
  {
    is: "a collection that is overdue",
    name: "gc",
    status: "fail",
    detail: /longer ago than the schedule allows/,
    plant: sql(
      "update trans_hub.gc_run set started_at = started_at - interval '5 days'",
      "update trans_hub.gc_run set started_at = started_at + interval '5 days'",
    ),
  },
  {
    is: "a backup that is old",
    name: "backup",
    status: "fail",
    detail: /the last one began/,
    plant: sql(
      "update trans_hub.backup_run set started_at = started_at - interval '3 days'",
      "update trans_hub.backup_run set started_at = started_at + interval '3 days'",
    ),
  },
  {
    is: "no backup",
    name: "backup",
    status: "warn",
    detail: /no backup was recorded/,
    plant: sql("delete from trans_hub.backup_run", BACKUP),
  },
  {
    is: "archiving that fails",
    name: "archive",
    status: "fail",
    detail: /failing/,
    async plant({ db }) {
      await run(db, "alter system set archive_command = 'false';;select pg_reload_conf();;select pg_switch_wal()");
      const failed = "select failed_count::int as n from pg_stat_archiver";
      await expect.poll(async () => (await db.query(failed)).rows[0].n).toBeGreaterThan(0);
      return {
        async undo() {
          await run(db, "alter system set archive_command = 'true';;select pg_reload_conf()");
          // PostgreSQL 14 updates its statistics late, also those of an earlier failure.
          await expect
            .poll(async () => {
              await run(db, "select pg_stat_reset_shared('archiver')");
              return (await db.query(failed)).rows[0].n;
            })
            .toBe(0);
        },
      };
    },
  },
  {
    is: "a dead letter",
    name: "dead-letters",
    status: "warn",
    detail: /^1 open$/,
    plant: sql(
      `insert into trans_hub.dead_letter
         (content_no, target_locale, context_no, project, revision, priority, code, message, history, kept_text)
       values (1, 'fr', 0, 'default', 1, 0, 'TH_ENGINE_REFUSED', 'No', '[]', true)`,
      "delete from trans_hub.dead_letter",
    ),
  },
  {
    is: "an item that cannot be registered",
    name: "inbox",
    status: "warn",
    detail: /1 item cannot be registered: 1 TH_LOCALE/,
    plant: sql(
      "insert into trans_hub.inbox (items, defaults, refused) values ('[{}]', '{}', 'TH_LOCALE')",
      "delete from trans_hub.inbox",
    ),
  },
  {
    is: "a reviewer whose locale never fits",
    name: "reviewers",
    status: "warn",
    detail: /there is no role mia_of_nowhere/,
    plant: sql(
      "insert into trans_hub.reviewer_locale (role_name, target_locale) values ('mia_of_nowhere', 'fr')",
      "delete from trans_hub.reviewer_locale where role_name = 'mia_of_nowhere'",
    ),
  },
  {
    is: "a pause",
    name: "pause",
    status: "warn",
    detail: /locale de is paused/,
    plant: sql("insert into trans_hub.pause (kind, name) values ('locale', 'de')", "delete from trans_hub.pause"),
  },
  {
    is: "a budget that is nearly used up",
    name: "budget",
    status: "warn",
    detail: /project shop per day: 0\.9 of 1 USD spent/,
    plant: sql(
      `insert into trans_hub.budget (project, per, amount, currency) values ('shop', 'day', 1, 'USD');
       insert into trans_hub.budget_entry values ('shop', (now() at time zone 'UTC')::date, 'USD', 0.9, 0)`,
      "delete from trans_hub.budget; delete from trans_hub.budget_entry",
    ),
  },
  {
    is: "a webhook whose receiver is gone",
    name: "webhooks",
    status: "warn",
    detail: /wh_\w+ of shop is disabled: it answered 410/,
    plant: sql(
      `insert into trans_hub.webhook (webhook_id, project, url, type, epoch, position, disabled_because, disabled_at)
       select 'wh_0123456789abcdef01234567', 'shop', 'https://receiver.invalid/', 'translations.settled', 'drill', h.position, 'gone', now()
       from trans_hub.feed_head as h`,
      "delete from trans_hub.webhook",
    ),
  },
  {
    is: "a table that is not vacuumed",
    name: "bloat",
    status: "fail",
    detail: /off for trans_hub\.translation$/,
    plant: sql(
      "alter table trans_hub.translation set (autovacuum_enabled = false)",
      "alter table trans_hub.translation reset (autovacuum_enabled)",
    ),
  },
  {
    is: "a table of dead rows",
    name: "bloat",
    status: "warn",
    detail: /trans_hub\.target_locale \(\d+ dead, \d+ live\)/,
    async plant({ db }) {
      await run(
        db,
        "insert into trans_hub.target_locale select 'x' || n from generate_series(1, 20000) as n;;delete from trans_hub.target_locale where locale ~ '^x\\d'",
      );
      const dead = "select n_dead_tup::int as n from pg_stat_user_tables where relname = 'target_locale'";
      await expect.poll(async () => (await db.query(dead)).rows[0].n).toBeGreaterThan(10_000);
      return {
        async undo() {
          await run(db, "vacuum analyze trans_hub.target_locale");
          await expect.poll(async () => (await db.query(dead)).rows[0].n).toBe(0);
        },
      };
    },
  },
  {
    is: "a replication slot that nobody reads",
    name: "horizon",
    status: "warn",
    detail: /replication slot 'left', which nobody reads/,
    plant: sql("select pg_create_physical_replication_slot('left', true)", "select pg_drop_replication_slot('left')"),
  },
  {
    is: "a prepared transaction that was forgotten",
    name: "horizon",
    status: "warn",
    detail: /prepared transaction 'forgotten' for \d+ s, across \d+ transactions/,
    async plant({ db }) {
      await run(db, "begin;;create table public.mark ();;prepare transaction 'forgotten'");
      await run(db, "create table public.burn ();;insert into public.burn default values");
      await passTransactions(db);
      return { undo: () => run(db, "rollback prepared 'forgotten';;drop table public.burn") };
    },
  },
  {
    is: "a server's clock that is wrong",
    name: "clock",
    status: "warn",
    detail: /the server's clock is 3[56]\d\d\.\d s ahead/,
    // The original is put back instead.
    plant() {
      const now = Date.now;
      Date.now = () => now() - 3_600_000;
      return {
        undo: async () => {
          Date.now = now;
        },
      };
    },
  },
  {
    is: "no worker",
    name: "worker",
    status: "fail",
    detail: /none is alive/,
    async plant() {
      const database = await createTestDatabase();
      return { env: { TH_DATABASE_URL: database.url }, undo: () => database.drop() };
    },
  },
];

/** Uses up half a million transaction ids quickly: each block with an error handler takes one. */
async function passTransactions(db: pg.Client): Promise<void> {
  await db.query(`do $$ begin
    for n in 1..510000 loop
      begin insert into public.burn default values; exception when division_by_zero then null; end;
    end loop;
  end $$`);
}

test("the doctor reports nothing about a healthy fleet", async ({ fleet, commands }) => {
  const { checks, code } = await doctor(fleet, fleet.env);
  expect(troubles(checks)).toEqual([]);
  expect(code).toBe(0);
  // The checks that appear only on trouble are absent, and that of `doctor --engine`.
  const spoken = new Set(checks.map(({ name }) => name));
  expect(Object.keys(CHECKS).filter((name) => !spoken.has(name as CheckName))).toEqual([
    "probes",
    "circuit",
    "inbox",
    "pause",
    "budget",
    "server",
    "reviewers",
    "tokens",
    "webhooks",
    "standby",
  ]);
  // The engine got no call that costs money.
  expect(fleet.engine.calls).toEqual([]);
  // A new process waits 3 s for its connection. On a busy machine that is too short at times, and no fault of the fleet.
  let { code: exit, stdout } = await commands.run(["doctor"], { env: fleet.env });
  for (let more = 4; more > 0 && /does not answer: timeout expired/.test(stdout); more -= 1) {
    ({ code: exit, stdout } = await commands.run(["doctor"], { env: fleet.env }));
  }
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.not.stringMatching(/warn|fail/) });
});

describe("the doctor finds", () => {
  test.for(FAULTS)("$is", async ({ name, status, detail, cannot, args = [], plant }, { fleet, skip }) => {
    const reason = cannot?.();
    if (reason !== undefined) return skip(reason);
    const { env = {}, undo } = await plant(fleet);
    try {
      const { checks, code } = await doctor(fleet, { ...fleet.env, ...env }, ...args);
      const found = checks.find((check) => check.name === name);
      expect(found).toEqual({ name, status, detail: expect.stringMatching(detail), cure: expect.stringMatching(/./) });
      expect(code).toBe(checks.some((check) => check.status === "fail") ? 1 : 0);
    } finally {
      await undo?.();
    }
    expect(troubles((await doctor(fleet, fleet.env, "--no-engine-call")).checks)).toEqual([]);
  });

  test("a fault of each check is planted, where possible", () => {
    const planted = new Set(FAULTS.map(({ name }) => name));
    // Only one version is available here; packages/cli/src/doctor/server-checks.test.ts covers the others. The probes are
    // those of `doctor --engine`, in engine-quality.test.ts.
    expect(Object.keys(CHECKS).filter((name) => !planted.has(name as CheckName))).toEqual(["version", "probes"]);
  });
});

test("the doctor under a role with few rights shows its permitted findings, and names the missing rights", async ({
  fleet,
}) => {
  for (const role of ["producer", "reader"] as const) {
    const { checks, code } = await doctor(fleet, { ...fleet.env, TH_DATABASE_URL: fleet.url(role) });
    expect(code).toBe(0);
    const names = troubles(checks).map(({ name }) => name);
    expect(names).toEqual(role === "reader" ? ["privileges"] : ["privileges", "backup", "dead-letters", "worker"]);
  }
});

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}
