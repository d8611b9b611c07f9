/** The restore drill: a dump under load is complete on another server, and its unfinished work goes on there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { applyMigrations, Coordinator, type StoreStatus } from "@trans-hub/core";
import { createRoles, migrationStatus, ROLE_KINDS, type RoleKind } from "@trans-hub/core/operations";
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { test as base, type Commands } from "@trans-hub/test-support/command";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { startPostgres } from "@trans-hub/test-support/postgres";
import { findPostgres } from "@trans-hub/test-support/postgres-programs";
import pg from "pg";
import { expect } from "vitest";

const MISSING = "no PostgreSQL server with pg_dump beside it is installed here: apt-get install postgresql";
const SCRIPTS = resolve(import.meta.dirname, "../../deploy/backup");
const LOCALES = ["fr", "de"];

/** Contains every character with a meaning in a URL, in a shell or in awk. */
const PASSWORD = "p@ss:w/rd %41+\\n&'\"$(x)*";

interface Place {
  /** URL of the dumped server or the other one, as a superuser or a role. */
  url(server: "here" | "there", role?: RoleKind): string;
  folder: string;
  programs: string;
}

const test = base.extend("place", async ({ commands: _ }, { onCleanup }): Promise<Place | undefined> => {
  const programs = findPostgres();
  if (programs === undefined) {
    console.warn(MISSING); // some reports do not show the reason of a skip
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "trans-hub-backup-"));
  const servers = { here: await startServer(programs), there: await startServer(programs) };
  onCleanup(async () => {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  });
  const url = (server: keyof typeof servers, role?: RoleKind) => {
    const own = new URL(servers[server].url);
    own.pathname = "/app";
    if (role !== undefined) {
      own.username = `trans_hub_${role}`;
      own.password = encodeURIComponent(PASSWORD);
    }
    return own.href;
  };
  return { url, folder, programs: recorded(join(programs, "bin"), folder) };
});

async function startServer(programs: string) {
  const server = await startPostgres([], { TH_TEST_POSTGRES: programs });
  await execute(server.url, "create database app encoding 'UTF8' template template0");
  return server;
}

async function execute(url: string, statement: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** The programs, each wrapped by a script that records how it was called. */
function recorded(bin: string, folder: string): string {
  const shims = join(folder, "bin");
  mkdirSync(shims);
  for (const name of ["pg_dump", "pg_restore", "psql", "awk"]) {
    const real = name === "awk" ? "/usr/bin/awk" : join(bin, name);
    const shim = join(shims, name);
    writeFileSync(shim, `#!/bin/sh\nprintf '%s\\n' "${name} $*" >> '${folder}/calls'\nexec ${real} "$@"\n`);
    chmodSync(shim, 0o755);
  }
  return shims;
}

async function script(place: Place, name: string, args: string[], env: Record<string, string>) {
  const path = `${place.programs}:${process.env.PATH}`;
  const child = spawn("sh", [join(SCRIPTS, name), ...args], { cwd: place.folder, env: { PATH: path, ...env } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const [code] = await once(child, "close");
  return { code, said };
}

/** Registers continuously until stopped; returns the acknowledged texts, in order. */
function produce(databaseUrl: string) {
  const acknowledged: string[] = [];
  let isStopping = false;
  const run = async (lane: number) => {
    const hub = await Coordinator.connect({ databaseUrl, sourceLocale: "en", maxConnections: 2 });
    try {
      for (let chunk = 0; !isStopping; chunk += 1) {
        const texts = Array.from({ length: 10 }, (_, at) => `Text ${lane} ${chunk} ${at}`);
        await hub.request(texts.map((text) => ({ text, targetLocales: LOCALES })));
        acknowledged.push(...texts);
        // A steady load, below the machine's capacity.
        await wait(20);
      }
    } finally {
      await hub.close();
    }
  };
  const running = Promise.all([1, 2].map(run));
  return {
    acknowledged,
    async stop() {
      isStopping = true;
      await running;
    },
  };
}

function startWorkers(commands: Commands, count: number, env: Record<string, string>) {
  return Array.from({ length: count }, () => commands.start(["worker"], { env }));
}

test("every text acknowledged before a dump under load is in the restored database, and its work is finished there", async ({
  commands,
  place,
  skip,
}) => {
  if (place === undefined) return skip(MISSING);
  const passwords = Object.fromEntries(ROLE_KINDS.map((kind) => [kind, PASSWORD]));
  await createRoles({ databaseUrl: place.url("here"), migrate: true, passwords });
  const engine = await startOpenaiServer();
  engine.misbehave({ fault: { kind: "slow", ms: 50 } });
  const env = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: engine.url, TH_BATCH_SIZE: "20", TH_CONCURRENCY: "2" };
  const backups = join(place.folder, "backups");
  const backup = { BACKUP_DIR: backups, TH_DATABASE_URL: place.url("here", "migrator") };
  const producers = produce(place.url("here", "producer"));
  try {
    const workers = startWorkers(commands, 2, { ...env, TH_DATABASE_URL: place.url("here", "worker") });
    await Promise.all(workers.map((worker) => worker.says(/"event":"batch.settled"/)));
    await expect.poll(() => producers.acknowledged.length).toBeGreaterThan(300);

    const before = [...producers.acknowledged];
    const dumped = await script(place, "backup.sh", [], backup);
    expect(dumped).toMatchObject({ code: 0, said: expect.stringMatching(/\.dump: \d+ bytes/) });
    await expect.poll(() => producers.acknowledged.length).toBeGreaterThan(before.length);
    await producers.stop();
    for (const worker of workers) worker.kill("SIGKILL");

    const [file = ""] = readdirSync(backups);
    expect(statSync(join(backups, file)).mode & 0o077).toBe(0);
    const there = { TH_DATABASE_URL: place.url("there") };
    const restored = await script(place, "restore.sh", [join(backups, file)], there);
    expect(restored).toMatchObject({ code: 0, said: expect.stringContaining("trans-hub roles create") });
    await createRoles({ databaseUrl: place.url("there"), passwords });
    expect(await migrationStatus({ databaseUrl: place.url("there") })).toMatchObject({ pending: [] });
    // An extra role with the one right that the guide grants it.
    const scaler = "create role scaler; grant execute on function trans_hub.ready_texts() to scaler; set role scaler";
    await execute(place.url("there"), `${scaler}; select trans_hub.ready_texts()`);

    // In the dump, before any worker runs on it: some texts are translated, and some are not.
    const reader = { env: { TH_DATABASE_URL: place.url("there", "reader") } };
    const { translations } = await commands.json<StoreStatus & Record<string, unknown>>(["status"], reader);
    expect(translations.translated).toBeGreaterThan(0);
    expect(translations.pending).toBeGreaterThan(0);

    const hub = await Coordinator.connect({ databaseUrl: place.url("there", "producer"), sourceLocale: "en" });
    try {
      engine.behave();
      for (const targetLocale of LOCALES) {
        const found = await hub.getTranslations(before, { targetLocale });
        expect(before.filter((_, at) => found[at] === undefined)).toEqual([]);
      }
      const [worker] = startWorkers(commands, 1, {
        ...env,
        TH_DATABASE_URL: place.url("there", "worker"),
        TH_RESCUE_AFTER_SECONDS: "1.5",
        TH_BATCH_SIZE: "100",
        TH_CONCURRENCY: "8",
      });
      await hub.request("After the restore", { targetLocales: LOCALES });
      for (const text of [...before.filter((_, at) => at % 50 === 0), "After the restore"]) {
        for (const each of await hub.waitFor({ text, targetLocales: LOCALES, timeoutMs: 60_000 })) {
          expect(each).toMatchObject({ status: "translated", text: `[${each.targetLocale}] ${text}` });
        }
      }
      const totals = async () =>
        (await commands.json<StoreStatus & Record<string, unknown>>(["status"], reader)).translations;
      await expect.poll(totals).toMatchObject({ pending: 0, failed: 0 });
      expect((await totals()).translated).toBeGreaterThanOrEqual((before.length + 1) * LOCALES.length);
      expect(worker?.stderr).not.toContain("worker.fault");
    } finally {
      await hub.close();
    }
  } finally {
    await producers.stop();
    await engine.close();
  }

  // The first dump is kept while the second fails, and deleted when it succeeds.
  for (const role of ["reader", "worker", "producer"] as const) {
    const wrong = { ...backup, TH_DATABASE_URL: place.url("here", role) };
    expect(await script(place, "backup.sh", [], wrong)).toEqual({
      code: 1,
      said: `backup: trans_hub_${role} may not dump every row: log in as trans_hub_migrator, or as another member of trans_hub_owner\n`,
    });
  }
  expect(
    await script(place, "backup.sh", [], {
      ...backup,
      TH_DATABASE_URL: place.url("here", "migrator").replace("/app", "/postgres"),
    }),
  ).toEqual({
    code: 1,
    said: 'backup: the database "postgres" has no Trans-Hub\n',
  });
  expect(readdirSync(backups)).toHaveLength(1);
  // Remains of killed dumps are deleted after a day: a younger one may belong to a running dump.
  const [left, young] = ["trans-hub-20260101T000000Z-1.dump.part", "trans-hub-20260101T000000Z-2.dump.part"];
  for (const name of [left, young]) writeFileSync(join(backups, name), "");
  utimesSync(join(backups, left), 1, 1);
  expect(await script(place, "backup.sh", [], { ...backup, BACKUP_KEEP: "1" })).toMatchObject({ code: 0 });
  expect(readdirSync(backups).filter((name) => name.endsWith(".part"))).toEqual([young]);
  rmSync(join(backups, young));
  expect(readdirSync(backups)).toHaveLength(1);
  const client = new pg.Client({ connectionString: place.url("here") });
  await client.connect();
  const { rows } = await client.query("select made_by, bytes > 1000 as has_bytes from trans_hub.backup_run");
  await client.end();
  expect(rows).toEqual([1, 2].map(() => ({ made_by: "pg_dump", has_bytes: true })));

  const [last = ""] = readdirSync(backups);
  const again = await script(place, "restore.sh", [join(backups, last)], { TH_DATABASE_URL: place.url("there") });
  expect(again).toEqual({ code: 1, said: expect.stringContaining("has a Trans-Hub already") });

  const worker = place.url("there", "worker").replace("/app", "/postgres");
  expect(await script(place, "restore.sh", [join(backups, last)], { TH_DATABASE_URL: worker })).toEqual({
    code: 1,
    said: 'restore: trans_hub_worker may not make schemas in "postgres": log in as a superuser, or as trans_hub_migrator\n',
  });

  // A file whose name looks like an option, and a database whose name looks like a connection string.
  const named = "it's \\ a=b";
  await execute(place.url("there"), `create database ${pg.escapeIdentifier(named)}`);
  copyFileSync(join(backups, last), join(place.folder, "-odd.dump"));
  const { hostname, port, username, password } = new URL(place.url("there"));
  const byName = { PGHOST: hostname, PGPORT: port, PGUSER: username, PGPASSWORD: password, PGDATABASE: named };
  expect(await script(place, "restore.sh", ["-odd.dump"], byName)).toMatchObject({ code: 0 });
  // A slash in the password ends the address too early, so part of the password would stay in the URL and become
  // visible.
  const torn = { ...backup, TH_DATABASE_URL: "postgres://app:torn/secret@127.0.0.1/app" };
  expect(await script(place, "backup.sh", [], torn)).toEqual({ code: 1, said: expect.stringContaining("%2F") });

  // No program got a password as an argument, where `ps` shows it.
  const calls = readFileSync(join(place.folder, "calls"), "utf8");
  expect(calls).toMatch(/^pg_dump .*postgres(ql)?:\/\/trans_hub_migrator@/m);
  for (const secret of [
    PASSWORD,
    encodeURIComponent(PASSWORD),
    new URL(place.url("here")).password,
    "torn",
    "PGPASSWORD",
  ]) {
    expect(calls).not.toContain(secret);
  }
});

test("a cursor of before a restore is gone, also where its position is another event's by now, and a webhook begins anew", async ({
  place,
  skip,
}) => {
  if (place === undefined) return skip(MISSING);
  const [here, there] = [place.url("here"), place.url("there")];
  await applyMigrations({ databaseUrl: here });
  const approve = async (hub: Coordinator, text: string) => {
    await hub.request({ text, targetLocales: ["fr"] });
    await hub.approve({ text, targetLocale: "fr", approvedText: `${text} (fr)`, by: "mia" });
  };
  const hub = await Coordinator.connect({ databaseUrl: here, sourceLocale: "en" });
  const cursors: string[] = [];
  try {
    const { next: start } = await hub.events({ after: "now" });
    await hub.createWebhook({ url: "https://example.com/hook", type: "translations.settled" });
    await approve(hub, "Before");
    const { next: dumped } = await hub.events({ after: start });
    const backups = join(place.folder, "backups");
    expect(await script(place, "backup.sh", [], { BACKUP_DIR: backups, TH_DATABASE_URL: here })).toMatchObject({
      code: 0,
    });
    await approve(hub, "Lost");
    const { next: lost, events } = await hub.events({ after: dumped });
    expect(events).toHaveLength(1);
    cursors.push(start, dumped, lost);
    const [file = ""] = readdirSync(backups);
    const restored = await script(place, "restore.sh", [join(backups, file)], { TH_DATABASE_URL: there });
    expect(restored).toMatchObject({ code: 0 });
  } finally {
    await hub.close();
  }
  const store = await PostgresPersistenceHandler.connect({ databaseUrl: there });
  const after = new Coordinator(store, { sourceLocale: "en" });
  try {
    const { next: begin } = await after.events({ after: "now" });
    await approve(after, "Other");
    const { events } = await after.events({ after: begin });
    expect(events).toMatchObject([{ kind: "approved", position: Number(cursors[2]?.split(".")[1]) }]);
    for (const cursor of cursors) {
      await expect(after.events({ after: cursor })).rejects.toMatchObject({ code: "TH_CURSOR_GONE" });
    }
    const claim = { limit: 1, failingLimit: 1, leaseMs: 30_000, debounceMs: 0, exportDelayMs: 0 };
    await expect.poll(() => store.claimWebhooks(claim)).toMatchObject([{ isReset: true }]);
  } finally {
    await after.close();
    await store.close();
  }
});

test("both scripts read the database's name in the same way", () => {
  const connect = (name: string) =>
    /^# --- connect: the same.*^# --- connect: end$/ms.exec(readFileSync(join(SCRIPTS, name), "utf8"))?.[0];
  expect(connect("backup.sh")).toBeDefined();
  expect(connect("restore.sh")).toBe(connect("backup.sh"));
});
