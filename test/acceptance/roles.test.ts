/**
 * Each role does its own work and nothing else, on a database prepared by `roles create`, each with a password of its
 * own.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Coordinator, type StoreStatus } from "@trans-hub/core";
import { createRoles, ROLE_KINDS, type RoleKind, type RolesReport } from "@trans-hub/core/operations";
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { test as base } from "@trans-hub/test-support/command";
import type { TestDatabase } from "@trans-hub/test-support/database";
import pg from "pg";
import { describe, expect, inject } from "vitest";

interface Roles {
  prefix: string;
  report: RolesReport;
  /** The database's URL, as this role. */
  url: Record<RoleKind, string>;
  env: Record<RoleKind, Record<string, string>>;
}

/** Roles belong to the server, so each test has its own, and drops them. */
const prefixes = base.extend("prefix", async ({ emptyDatabase }, { onCleanup }): Promise<string> => {
  const prefix = `th_${randomBytes(5).toString("hex")}`;
  onCleanup(async () => {
    await emptyDatabase.drop();
    await asSuperuser(inject("testServer").url, async (client) => {
      // Removed at once: a role of which a database has objects cannot be dropped.
      await client.query(`drop database if exists "${new URL(emptyDatabase.url).pathname.slice(1)}" with (force)`);
      const { rows } = await client.query("select rolname from pg_roles where starts_with(rolname, $1) order by 1", [
        prefix,
      ]);
      for (const { rolname } of rows) await client.query(`drop owned by "${rolname}"; drop role "${rolname}"`);
    });
  });
  return prefix;
});

const test = prefixes.extend("roles", async ({ commands, emptyDatabase, prefix }): Promise<Roles> => {
  const passwords = join(commands.cwd, "passwords");
  mkdirSync(passwords);
  for (const kind of ROLE_KINDS) writeFileSync(join(passwords, kind), `secret of ${kind}\n`);
  const report = await commands.json<RolesReport & Record<string, unknown>>(
    ["roles", "create", "--prefix", prefix, "--password-files", passwords, "--migrate"],
    { env: { TH_DATABASE_URL: emptyDatabase.url } },
  );
  const url = Object.fromEntries(
    ROLE_KINDS.map((kind) => [kind, as(emptyDatabase, report.roles[kind], `secret of ${kind}`)]),
  ) as Roles["url"];
  const env = Object.fromEntries(
    ROLE_KINDS.map((kind) => [kind, { TH_DATABASE_URL: url[kind], TH_ENGINES: "pseudo" }]),
  ) as unknown as Roles["env"];
  return { prefix, report, url, env };
});

function as({ url }: TestDatabase, user: string, password: string): string {
  const own = new URL(url);
  own.username = user;
  own.password = password;
  return own.href;
}

async function asSuperuser<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Tries statements as a role; returns the permitted ones. */
async function allowed(url: string, statements: readonly string[]): Promise<string[]> {
  return asSuperuser(url, async (client) => {
    const done: string[] = [];
    for (const statement of statements) {
      await client.query("begin");
      try {
        await client.query(statement);
        done.push(statement);
      } catch (error) {
        // Refused for a missing right, and for no other reason.
        expect({ statement, code: (error as { code?: string }).code }).toEqual({ statement, code: "42501" });
      }
      await client.query("rollback");
    }
    return done;
  });
}

const OUR_TABLES = [
  "content",
  "context",
  "source",
  "translation",
  "batch",
  "inbox",
  "dead_letter",
  "usage",
  "worker_node",
  "gc_run",
  "count_delta",
  "pause",
  "rate_limit",
  "target_locale",
  "fleet_clock",
  "migration",
  "backup_run",
  "api_token",
].map((table) => `trans_hub.${table}`);
const JOB_TABLES = [
  "_private_jobs",
  "_private_job_queues",
  "_private_tasks",
  "_private_known_crontabs",
  "migrations",
].map((table) => `graphile_worker.${table}`);
const TABLES = [...OUR_TABLES, ...JOB_TABLES];

/** Statements that only the migrator may run. */
const SCHEMA_CHANGES = [
  "create table trans_hub.mine ()",
  "create function trans_hub.mine() returns int language sql return 1",
  "create table graphile_worker.mine ()",
  "create schema mine",
  ...TABLES.flatMap((table) => [
    `drop table ${table} cascade`,
    `truncate ${table}`,
    `alter table ${table} add column mine int`,
  ]),
  "drop schema trans_hub cascade",
  "create or replace function trans_hub.is_paused(of_project text, of_locale text) returns boolean language sql return false",
  "insert into trans_hub.migration (name, run_on) values ('9999_mine', now())",
  "insert into graphile_worker.migrations (id) values (99)",
  "insert into trans_hub.backup_run (started_at, made_by) values (now(), 'nobody')",
  "create role mine",
];

describe("a role", () => {
  test("that produces registers, reads, waits and notes uses with the library, and calls the SQL functions", async ({
    commands,
    roles,
  }) => {
    const worker = commands.start(["worker"], { env: roles.env.worker });
    await worker.says(/"event":"worker.ready"/);
    const hub = await Coordinator.connect({ databaseUrl: roles.url.producer, sourceLocale: "en", maxBacklog: 1_000 });
    const client = new pg.Client({ connectionString: roles.url.producer });
    await client.connect();
    try {
      const item = {
        text: "Add to cart",
        businessId: "shop.cart",
        context: { screen: "cart" },
        targetLocales: ["fr", "de"],
      };
      expect(await hub.request(item)).toMatchObject({ registered: 2 });
      expect(
        await hub.waitFor({ businessId: "shop.cart", targetLocales: ["fr", "de"], timeoutMs: 30_000 }),
      ).toMatchObject([
        { status: "translated", engine: "pseudo", businessIds: ["shop.cart"] },
        { status: "translated" },
      ]);
      expect(
        await hub.getTranslation({ text: "Add to cart", context: { screen: "cart" }, targetLocale: "fr" }),
      ).toMatchObject({
        status: "translated",
      });
      await client.query("begin");
      expect(await hub.request("In a transaction", { targetLocales: ["fr"], client })).toMatchObject({ accepted: 1 });
      await client.query("commit");
      await hub.waitFor({ text: "In a transaction", targetLocales: ["fr"], timeoutMs: 30_000 });

      const defaults = '{"sourceLocale": "en", "targetLocales": ["es"]}';
      const asked = await client.query(`select trans_hub.request('[{"text": "Pay"}]', '${defaults}') as receipt`);
      expect(asked.rows).toMatchObject([{ receipt: { registered: 1 } }]);
      await client.query(`select trans_hub.enqueue('[{"text": "Back"}]', '${defaults}')`);
      const read = await client.query(
        `select trans_hub.get_translations('[{"businessId": "shop.cart"}]', 'fr') as found`,
      );
      expect(read.rows[0]).toMatchObject({ found: [{ status: "translated" }] });
      await expect
        .poll(async () => (await hub.getTranslation({ text: "Back", targetLocale: "es" }))?.status)
        .toBe("translated");

      // Actions reserved for operators.
      const key = { text: "Add to cart", targetLocale: "fr", context: { screen: "cart" } };
      for (const act of [
        () => hub.approve(key),
        () => hub.forget({ text: "Add to cart" }),
        () => hub.cancel({}),
        () => hub.pause({}),
        () => hub.status(),
        () => hub.runGarbageCollection({ dryRun: true }),
        () => hub.listTranslations({ targetLocale: "fr" }).next(),
      ] as (() => Promise<unknown>)[]) {
        await expect(act(), act.toString()).rejects.toMatchObject({ code: "TH_DATABASE_REFUSED" });
      }
    } finally {
      await hub.close();
      await client.end();
    }
    // The noted uses are written at the close at the latest.
    expect(worker.stderr).not.toMatch(/worker\.fault/);
  });

  test("that produces reads and writes no table, and calls no other function", async ({ roles }) => {
    const calls = [
      "select trans_hub.forget('default', 'x', null, null, null, null)",
      "select trans_hub.cancel_batches('{}', null)",
      "select trans_hub.register_inbox('{}')",
      "select trans_hub.collect_range(0, 1, now(), true, null)",
      "select trans_hub.park_batches('{}')",
      "select graphile_worker.add_job('translate:fr')",
    ];
    const touches = TABLES.flatMap((table) => [`select from ${table}`, `delete from ${table}`]);
    expect(await allowed(roles.url.producer, [...SCHEMA_CHANGES, ...touches, ...calls])).toEqual([]);
  });

  test("that works translates, collects, reviews and controls, and changes no schema", async ({ commands, roles }) => {
    const env = roles.env.worker;
    await commands.json(["request", "Add to cart", "Pay", "--from", "en", "--to", "fr,de"], { env });
    expect(await commands.json(["worker", "--until-empty"], { env })).toEqual({
      translated: 4,
      failed: 0,
      retrying: 0,
    });
    const hub = await Coordinator.connect({ databaseUrl: roles.url.worker, sourceLocale: "en" });
    const handler = await PostgresPersistenceHandler.connect({ databaseUrl: roles.url.worker });
    try {
      await hub.request("Later", { targetLocales: ["fr"] });
      await hub.approve({ text: "Pay", targetLocale: "fr", approvedText: "Payer" });
      await hub.pause({ targetLocale: "de" });
      await hub.resume({});
      expect(await hub.cancel({ targetLocale: "fr" })).toBe(1);
      expect(await hub.forget({ text: "Pay" })).toMatchObject({ forgotten: 1 });
      expect(await hub.runGarbageCollection({ retentionDays: 0 })).toMatchObject({ translations: 2 });
      await handler.replayDeadLetters({});
      await handler.purgeDeadLetters({});
      await hub.status();
    } finally {
      await hub.close();
      await handler.close();
    }
    expect(await allowed(roles.url.worker, SCHEMA_CHANGES)).toEqual([]);
    // An up-to-date schema needs no change; any change is refused.
    expect(await commands.json(["migrate"], { env })).toMatchObject({ applied: [] });
    expect(await commands.json(["migrate", "down", "--yes"], { env, code: 1 })).toMatchObject({
      error: { code: "TH_DATABASE_REFUSED" },
    });
  });

  test("that reads exports, gets and counts, and writes nothing", async ({ commands, roles }) => {
    await commands.json(["request", "Add to cart", "--from", "en", "--to", "fr"], { env: roles.env.worker });
    await commands.json(["worker", "--once"], { env: roles.env.worker });
    const env = roles.env.reader;
    expect(await commands.json<StoreStatus & Record<string, unknown>>(["status"], { env })).toMatchObject({
      translations: { translated: 1 },
    });
    expect(await commands.json(["get", "Add to cart", "--from", "en", "--to", "fr"], { env })).toMatchObject({
      status: "translated",
    });
    expect(await commands.json(["export", "--to", "fr"], { env })).toMatchObject({ sourceText: "Add to cart" });
    await commands.json(["dead-letters", "list"], { env });
    await commands.json(["request", "Mine", "--from", "en", "--to", "fr"], { env, code: 1 });
    const writes = TABLES.flatMap((table) => [`delete from ${table}`, `insert into ${table} default values`]);
    const calls = [
      `select trans_hub.request('[{"text": "x"}]', '{"targetLocales": ["fr"]}')`,
      "select trans_hub.forget('default', 'x', null, null, null, null)",
      "select trans_hub.touch('{}', '{}', '{}', '{}', '{}', '{}', '1 s')",
    ];
    expect(await allowed(roles.url.reader, [...SCHEMA_CHANGES, ...writes, ...calls])).toEqual([]);
  });

  test("that serves registers, reads, reviews and controls, without the queue, the schema and the right to make tokens", async ({
    commands,
    roles,
  }) => {
    const migrator = { env: roles.env.migrator };
    const made = await commands.json(["tokens", "create", "--projects", "*", "--scopes", "read"], migrator);
    await commands.json(["request", "Add to cart", "Pay", "Fail", "--from", "en", "--to", "fr,de"], {
      env: roles.env.worker,
    });
    const hub = await Coordinator.connect({ databaseUrl: roles.url.server, sourceLocale: "en" });
    const handler = await PostgresPersistenceHandler.connect({ databaseUrl: roles.url.server });
    try {
      // Its lane is new: its first job makes graphile-worker's task.
      expect(await hub.request("Later", { targetLocales: ["fr", "es"] })).toMatchObject({ registered: 2 });
      await hub.pause({ targetLocale: "de" });
      expect(await hub.status()).toMatchObject({ translations: { pending: 8 } });
      expect(await commands.json(["worker", "--until-empty"], { env: roles.env.worker })).toMatchObject({
        translated: 5,
      });
      await hub.resume({});
      expect(await commands.json(["worker", "--until-empty"], { env: roles.env.worker })).toMatchObject({
        translated: 3,
      });
      await hub.approve({ text: "Pay", targetLocale: "fr", approvedText: "Payer" });
      const contribution = { text: "New", translation: "Neuf", status: "approved", by: "mia" } as const;
      const place = { project: "default", sourceLocale: "en", targetLocales: ["it"], context: null, format: "auto" };
      const item = { ...place, businessId: "", verbatim: false, priority: 0, force: false, expiresAfterSeconds: null };
      await handler.contribute([{ item: { ...item, text: "New" }, ...contribution } as never]);
      await hub.request("Cancelled", { targetLocales: ["fr"] });
      expect(await hub.cancel({ targetLocale: "fr" })).toBe(1);
      expect(await hub.forget({ text: "Pay" })).toMatchObject({ forgotten: 1 });
      await hub.setBudget({ project: "default", per: "day", amount: "1", currency: "USD" });
      expect(await hub.removeBudget({ project: "default", per: "day" })).toBe(true);
      await hub.replayDeadLetters({});
      await hub.purgeDeadLetters({});
      await hub.usage({});
      const found = await handler.tokens.find(String(made.id));
      expect(found?.token).toMatchObject({ projects: "*", scopes: ["read"] });
      await handler.tokens.noteUse(String(made.id));
      await expect(hub.createToken({ projects: "*", scopes: ["admin"] })).rejects.toMatchObject({
        code: "TH_DATABASE_REFUSED",
      });
      await expect(hub.revokeToken(String(made.id))).rejects.toMatchObject({ code: "TH_DATABASE_REFUSED" });
    } finally {
      await hub.close();
      await handler.close();
    }
    const { tokens } = await commands.json<{ tokens: { lastUsedOn: string }[] }>(["tokens", "list"], migrator);
    expect(tokens).toMatchObject([{ lastUsedOn: expect.stringMatching(/^\d{4}-/) }]);
    const queue = JOB_TABLES.filter((table) => !table.endsWith(".migrations")).flatMap((table) => [
      `select from ${table}`,
      `delete from ${table}`,
    ]);
    const calls = ["select graphile_worker.remove_job('x')", "delete from trans_hub.api_token"];
    expect(await allowed(roles.url.server, [...SCHEMA_CHANGES, ...queue, ...calls])).toEqual([]);
    // A worker or a reader that was taken over leaves itself no token, and reads none.
    for (const kind of ["worker", "reader", "producer"] as const) {
      const touches = ["select from trans_hub.api_token", "delete from trans_hub.api_token"];
      expect(await allowed(roles.url[kind], touches), kind).toEqual([]);
    }
  });

  test("that is the wrong one for a command is told so, with the role that may", async ({ commands, roles }) => {
    const wrong: [RoleKind, string[]][] = [
      ["producer", ["status"]],
      ["producer", ["export", "--to", "fr"]],
      ["reader", ["gc"]],
      ["reader", ["worker", "--once"]],
      ["reader", ["request", "Pay", "--from", "en", "--to", "fr"]],
      ["worker", ["migrate", "down", "--yes"]],
      ["reader", ["migrate"]],
      ["worker", ["tokens", "list"]],
      ["server", ["tokens", "create", "--projects", "shop", "--scopes", "read"]],
    ];
    for (const [kind, command] of wrong) {
      const { code, stderr } = await commands.run(command, { env: roles.env[kind] });
      expect(code, `${kind}: ${command}`).toBe(1);
      const said = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
      expect(said, `${kind}: ${command}`).toEqual([
        expect.stringMatching(
          /^error: (The database refused|Migrating down failed): (permission denied|must be owner)/,
        ),
        "hint: The role of the database URL lacks this right. Operators' commands and workers need a role like trans_hub_worker, reading ones trans_hub_reader, `migrate`, `tokens` and backups trans_hub_migrator. After an upgrade, run trans-hub roles create again.",
      ]);
    }
  });

  test("that migrates goes down and up again, creates everything as the owner role, and the other roles keep working", async ({
    commands,
    emptyDatabase,
    roles,
  }) => {
    const env = roles.env.migrator;
    await commands.json(["migrate", "down", "--yes"], { env });
    expect(await commands.json(["migrate"], { env })).toMatchObject({ pending: [] });
    await asSuperuser(emptyDatabase.url, async (client) => {
      const { rows } = await client.query(
        `select distinct r.rolname from pg_class as c join pg_roles as r on r.oid = relowner
         where relnamespace in ('trans_hub'::regnamespace, 'graphile_worker'::regnamespace)`,
      );
      expect(rows).toEqual([{ rolname: roles.report.roles.owner }]);
      // A simulated change of a later release, after which no roles command is needed.
      await client.query(
        `set role ${roles.report.roles.owner}; create table trans_hub.later (); create function trans_hub.later() returns int language sql return 1`,
      );
    });
    expect(await allowed(roles.url.worker, ["delete from trans_hub.later", "select trans_hub.later()"])).toHaveLength(
      2,
    );
    expect(
      await allowed(roles.url.reader, ["select from trans_hub.later", "delete from trans_hub.later"]),
    ).toHaveLength(1);
    expect(await allowed(roles.url.producer, ["select from trans_hub.later"])).toEqual([]);
    expect(await allowed(roles.url.migrator, ["create role mine"])).toEqual([]);
  });
});

describe("roles create", () => {
  test("adapts existing installations: a superuser's, one with a worker as a member, one with a reading producer", async ({
    commands,
    emptyDatabase,
    prefix,
  }) => {
    const env = { TH_DATABASE_URL: emptyDatabase.url };
    await commands.json(["migrate"], { env });
    await asSuperuser(emptyDatabase.url, (client) =>
      client.query(`
        create role ${prefix}_owner login; create role ${prefix}_worker superuser nologin in role ${prefix}_owner;
        create role ${prefix}_producer login; grant select on trans_hub.inbox to ${prefix}_producer;
        grant all on schema trans_hub to ${prefix}_producer; grant execute on function trans_hub.forget to public`),
    );
    const dry = await commands.run(["roles", "create", "--prefix", prefix, "--dry-run"], { env });
    expect(dry.stdout).toContain(`alter role "${prefix}_worker" nosuperuser login;`);
    expect(
      await commands.json<RolesReport & Record<string, unknown>>(["roles", "create", "--prefix", prefix], { env }),
    ).toMatchObject({
      created: [`${prefix}_migrator`, `${prefix}_reader`, `${prefix}_server`, `${prefix}_reviewer`],
      complete: true,
    });
    await asSuperuser(emptyDatabase.url, async (client) => {
      const may = async (role: string, what: string) =>
        (await client.query(`select ${what.replace("?", `'${prefix}_${role}'`)} as may`)).rows[0].may;
      expect(await may("producer", "has_table_privilege(?, 'trans_hub.inbox', 'select')")).toBe(false);
      expect(await may("producer", "has_schema_privilege(?, 'trans_hub', 'create')")).toBe(false);
      expect(
        await may("reader", "has_function_privilege(?, 'trans_hub.forget(text,text,text,text,text,text)', 'execute')"),
      ).toBe(false);
      expect(await may("worker", `pg_has_role(?, '${prefix}_owner', 'MEMBER')`)).toBe(false);
      expect(await may("worker", `(select rolsuper from pg_roles where rolname = ?)`)).toBe(false);
      const { rows } = await client.query(
        "select distinct proowner::regrole::text as owner from pg_proc where pronamespace = 'trans_hub'::regnamespace",
      );
      expect(rows).toEqual([{ owner: `${prefix}_owner` }]);
    });
    const again = await commands.json<RolesReport & Record<string, unknown>>(["roles", "create", "--prefix", prefix], {
      env,
    });
    expect(again.created).toEqual([]);
    expect(
      again.statements.filter((statement) => !/^(grant|revoke|alter default|alter role .* set role)/.test(statement)),
    ).toEqual([]);
  });

  test("needs no superuser: the right to create roles and the database's ownership are enough", async ({
    commands,
    emptyDatabase,
    prefix,
  }) => {
    const admin = `${prefix}_admin`;
    await asSuperuser(emptyDatabase.url, (client) =>
      client.query(
        `create role ${admin} login createrole password 'secret'; alter database "${new URL(emptyDatabase.url).pathname.slice(1)}" owner to ${admin}`,
      ),
    );
    const env = { TH_DATABASE_URL: as(emptyDatabase, admin, "secret"), TH_ENGINES: "pseudo" };
    const first = await commands.run(["roles", "create", "--prefix", prefix], { env });
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("not migrated yet") });
    expect(await commands.json(["roles", "create", "--prefix", prefix, "--migrate"], { env })).toMatchObject({
      created: [],
      complete: true,
    });
    await asSuperuser(emptyDatabase.url, (client) => client.query(`alter role ${prefix}_worker password 'w'`));
    const worker = { TH_DATABASE_URL: as(emptyDatabase, `${prefix}_worker`, "w"), TH_ENGINES: "pseudo" };
    await commands.json(["request", "Pay", "--from", "en", "--to", "fr"], { env: worker });
    expect(await commands.json(["worker", "--once"], { env: worker })).toMatchObject({ translated: 1 });
  });

  test("may run concurrently, as when several nodes start", async ({ emptyDatabase, prefix }) => {
    const { url: databaseUrl } = emptyDatabase;
    const reports = await Promise.all(
      Array.from({ length: 6 }, () => createRoles({ databaseUrl, prefix, passwords: { worker: "w" }, migrate: true })),
    );
    expect(reports.map(({ complete }) => complete)).toEqual(Array(6).fill(true));
    expect(reports.flatMap(({ created }) => created).sort()).toEqual(
      ["owner", ...ROLE_KINDS].map((kind) => `${prefix}_${kind}`).sort(),
    );
  });

  test("prints no password, and reports a refusal clearly", async ({ commands, emptyDatabase, roles }) => {
    expect(JSON.stringify(roles.report)).not.toMatch(/secret of|SCRAM/);
    const refused = async (args: string[], env: Record<string, string>, code: number) =>
      (await commands.json(["roles", "create", ...args], { env, code })).error;
    const env = { TH_DATABASE_URL: emptyDatabase.url };
    expect(await refused(["--prefix", roles.prefix], roles.env.worker, 1)).toMatchObject({
      code: "TH_DATABASE_REFUSED",
      hint: expect.stringContaining("CREATEROLE"),
    });
    expect(await refused(["--prefix", 'x"; drop'], env, 2)).toMatchObject({ code: "TH_SETTINGS" });
    expect(await refused(["--prefix", "pg_team"], env, 2)).toMatchObject({
      code: "TH_SETTINGS",
      message: expect.stringContaining("pg_"),
    });
    expect(await refused(["--password-files", join(commands.cwd, "nowhere")], env, 2)).toMatchObject({
      message: expect.stringContaining("nowhere"),
    });
  });
});

test("the commands of a reviewer need no right but the reviewer's, and act in its locales alone", async ({
  commands,
  emptyDatabase,
  prefix,
  roles: { env },
}) => {
  const owner = { env: { TH_DATABASE_URL: emptyDatabase.url } };
  await commands.json(["roles", "create", "--prefix", prefix, "--reviewer-locales", "fr"], owner);
  await commands.json(["request", "Pay", "--from", "en", "--to", "fr,de"], { env: env.worker });
  await commands.json(["worker", "--once"], { env: env.worker });
  const review = <Result = { items: { id: string; status: string }[] }>(args: string[], code = 0) =>
    commands.json<Result & Record<string, unknown>>(["review", ...args], { env: env.reviewer, code });
  const [{ id } = { id: "" }] = (await review(["list", "--to", "fr", "--queue", "--sample", "100"])).items;
  expect(await review(["approve", id, "--to", "fr", "--text", "Payer"])).toMatchObject({ status: "approved" });
  expect(await review(["undo", id, "--to", "fr"])).toMatchObject({ status: "translated" });
  expect(await review(["reject", id, "--to", "fr", "--note", "formal"])).toMatchObject({ status: "pending" });
  expect((await review(["history", id, "--to", "fr"])).items).toHaveLength(3);
  expect(await review(["approve", id, "--to", "de"], 1)).toMatchObject({ error: { code: "TH_DATABASE_REFUSED" } });
  expect(await commands.json(["why", "Pay", "--from", "en", "--to", "fr"], { env: env.reviewer })).toMatchObject({
    translation: { status: "pending" },
  });
});
